package main

import (
	"io"
	"net"
	"os"
	"reflect"
	"runtime"
	"sort"
	"sync"
	"syscall"
	"time"

	"schedtop/tests/workloads/internal/stage"
)

var (
	never  = make(chan int)
	never2 = make(chan string)
)

func waitForever() { <-never }

// Each of shapes starts one or more goroutines and returns.
var shapes = []func(){
	channels, selects, locks, sleeps, network, systemCalls, inlined, methods, closures, deferred,
	panicking, deep, large, locked, finalized, reflected, generic, callbacks, timers, exiting,
}

func channels() {
	go waitForever()
	go func() { make(chan int) <- 1 }()
	go func() {
		for range never2 {
		}
	}()
	go func() {
		var none chan int
		<-none
	}()
	go func() {
		var none chan int
		none <- 1
	}()
}

func selects() {
	go func() { select {} }()
	go func(other chan int) {
		select {
		case <-never:
		case other <- 1:
		}
	}(make(chan int))
	go func() {
		select {
		case <-never:
		case <-time.After(time.Hour):
		}
	}()
}

func locks() {
	mutex := new(sync.Mutex)
	mutex.Lock()
	go mutex.Lock()
	go func() {
		mutex.Lock()
		defer mutex.Unlock()
	}()
	both := new(sync.RWMutex)
	both.Lock()
	go both.RLock()
	go both.Lock()
	group := new(sync.WaitGroup)
	group.Add(1)
	go group.Wait()
	go func() {
		cond := sync.NewCond(new(sync.Mutex))
		cond.L.Lock()
		cond.Wait()
	}()
	go func() {
		var once sync.Once
		once.Do(waitForever)
	}()
}

func sleeps() {
	go time.Sleep(time.Hour)
	go func() { time.Sleep(time.Hour) }()
	go func() { <-time.NewTicker(time.Hour).C }()
}

func network() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		stage.Fail(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, conn) }()
		}
	}()
	go func() {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			stage.Fail(err)
		}
		_, _ = conn.Read(make([]byte, 1))
	}()
	r, _, err := os.Pipe()
	if err != nil {
		stage.Fail(err)
	}
	go func() { _, _ = r.Read(make([]byte, 1)) }()
}

func systemCalls() {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		stage.Fail(err)
	}
	go func() { _, _ = syscall.Read(pipe[0], make([]byte, 1)) }()
	go func() {
		runtime.LockOSThread()
		_, _ = syscall.Read(pipe[0], make([]byte, 1))
	}()
}

// What is small is inlined: the frames below exist in the tables alone.
func tiny() { waitForever() }

func tinier() { tiny() }

func twice(f func()) { f() }

func inlined() {
	go tinier()
	go func() {
		func() { tinier() }()
	}()
	go twice(waitForever)
	go func() { twice(func() { tinier() }) }()
}

type waiter interface{ wait(n int) }

type base struct{ c chan int }

func (b base) wait(n int) { <-b.c }

func (b *base) waitByPointer() { <-b.c }

// Its wait is made by the compiler.
type derived struct{ base }

func methods() {
	b := base{never}
	go b.wait(1)
	go b.waitByPointer()
	value := b.wait
	go value(2)
	expression := (*base).waitByPointer
	go expression(&b)
	var through waiter = &derived{b}
	go through.wait(3)
	go func(w waiter) { w.wait(4) }(through)
}

func closures() {
	n := len(os.Args)
	go func() {
		func() {
			func() {
				if n > 0 {
					waitForever()
				}
			}()
		}()
	}()
}

func deferred() {
	go func() {
		defer waitForever()
	}()
	go func() {
		for i := 0; i < 2; i++ {
			defer func() { <-never }()
		}
	}()
}

var (
	nowhere *struct{ big [1 << 20]int }
	nothing map[string]int
)

func panicking() {
	go func() {
		defer waitForever()
		panic("it waits before it ends")
	}()
	go func() {
		defer waitForever()
		nowhere.big[1] = 1
	}()
	go func() {
		defer func() {
			_ = recover()
			waitForever()
		}()
		nothing["x"] = 1
	}()
	go func() {
		defer func() {
			defer waitForever()
			panic("once more")
		}()
		panic("it waits before it ends")
	}()
}

//go:noinline
func recurse(n int) int {
	if n == 0 {
		waitForever()
		return 0
	}
	return recurse(n-1) + 1
}

func odd(n int) {
	if n == 0 {
		waitForever()
		return
	}
	even(n - 1)
}

func even(n int) { odd(n) }

func deep() {
	go recurse(20)
	go odd(30)
	go recurse(500)
}

//go:noinline
func with1K(f func()) byte {
	var room [1 << 10]byte
	f()
	return room[len(os.Args)]
}

//go:noinline
func with100K(f func()) byte {
	var room [100 << 10]byte
	f()
	return room[len(os.Args)]
}

func large() {
	go with1K(waitForever)
	go with100K(waitForever)
	go with100K(func() { with1K(waitForever) })
}

func locked() {
	go func() {
		runtime.LockOSThread()
		waitForever()
	}()
}

type finalizable struct{ _ [64]byte }

func finalized() {
	runtime.SetFinalizer(new(finalizable), func(*finalizable) { waitForever() })
	for i := 0; i < 2; i++ {
		runtime.GC()
	}
}

// Exported has a method that reflection finds.
type Exported struct{ c chan int }

// Wait never returns.
func (e Exported) Wait() { <-e.c }

func reflected() {
	go reflect.ValueOf(waitForever).Call(nil)
	go reflect.ValueOf(Exported{never}).Method(0).Call(nil)
	go func() {
		reflect.Select([]reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(never)}})
	}()
	made := reflect.MakeFunc(reflect.TypeOf(waitForever), func([]reflect.Value) []reflect.Value {
		waitForever()
		return nil
	})
	go made.Interface().(func())()
}

type list[T any] struct{ c chan T }

func (l *list[T]) wait() { <-l.c }

//go:noinline
func waitFor[T any, U comparable](c chan T, u U) T {
	return <-c
}

func generic() {
	go (&list[struct{ a, b int }]{make(chan struct{ a, b int })}).wait()
	go waitFor[string](never2, 5)
	go func() { waitFor(never, struct{ x, y string }{}) }()
}

type slow []int

func (s slow) Len() int           { return len(s) }
func (s slow) Less(i, j int) bool { waitForever(); return false }
func (s slow) Swap(i, j int)      {}

func callbacks() {
	go sort.Sort(slow{3, 2, 1})
	go sort.Slice([]int{3, 2, 1}, func(i, j int) bool { waitForever(); return false })
}

func timers() {
	time.AfterFunc(time.Nanosecond, waitForever)
}

func exiting() {
	go func() {
		defer waitForever()
		runtime.Goexit()
	}()
}
