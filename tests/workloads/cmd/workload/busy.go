package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// compute is work without allocation, system calls or loops that can't be preempted.
func compute(x uint32, rounds int) uint32 {
	for i := 0; i < rounds; i++ {
		x = x*1664525 + 1013904223
	}
	return x
}

var sink uint32

// spin keeps its P for d by the clock.
func spin(d time.Duration) {
	x := uint32(1)
	for begin := time.Now(); time.Since(begin) < d; {
		x = compute(x, 200)
	}
	atomic.StoreUint32(&sink, x)
}

func startSpinners(o *options) {
	for i := 0; i < o.count(4*runtime.GOMAXPROCS(0)); i++ {
		go func() {
			x := uint32(1)
			for {
				x = compute(x, 1<<16)
				atomic.StoreUint32(&sink, x)
			}
		}()
	}
}

// startWaves misbehaves in turns: its goroutines are there and want to run again and again, or they are
// gone.
func startWaves(o *options) {
	go func() {
		for {
			var wave sync.WaitGroup
			end := time.Now().Add(o.every)
			for i := 0; i < o.count(40); i++ {
				wave.Add(1)
				go func() {
					defer wave.Done()
					for time.Now().Before(end) {
						spin(100 * time.Microsecond)
						time.Sleep(20 * time.Millisecond)
					}
				}()
			}
			wave.Wait()
			time.Sleep(o.every)
		}
	}()
}

// startHalf keeps the busy share of every worker at one half of the time that really passed: a sleep
// that ends late is made up for, so the truth stays 50 % on a loaded machine too. The turns are long,
// because before and after each the runtime keeps a P for a while to look for other work.
func startHalf(*options) {
	debug.SetGCPercent(-1)
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		go func() {
			var busy time.Duration
			for begin := time.Now(); ; {
				time.Sleep(100 * time.Millisecond)
				if behind := time.Since(begin) - 2*busy; behind > 0 {
					// Busy for t more makes 2 x (busy + t) = elapsed + t.
					woke := time.Now()
					spin(behind)
					busy += time.Since(woke)
				}
			}
		}()
	}
}

// startMutex makes a convoy: whoever gets the mutex holds it for longer than it takes to come back.
func startMutex(o *options) {
	var held sync.Mutex
	for i := 0; i < o.count(64); i++ {
		go func() {
			for {
				held.Lock()
				spin(50 * time.Microsecond)
				held.Unlock()
				spin(5 * time.Microsecond)
			}
		}()
	}
}

type tree struct {
	left, right *tree
	payload     [4]uint64
}

func plant(depth int) *tree {
	if depth == 0 {
		return &tree{payload: [4]uint64{1, 2, 3, 4}}
	}
	return &tree{left: plant(depth - 1), right: plant(depth - 1)}
}

func startGC(*options) {
	live := plant(17) // about 12 MiB of pointers to follow
	debug.SetGCPercent(25)
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		go func() {
			for {
				plant(10)
				runtime.KeepAlive(live)
			}
		}()
	}
}

// startMixed moves every counter there is: schedtick by hand-offs, syscalltick by reads of a file,
// timers, goroutines that come and go.
func startMixed(*options) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v
		}
	}()
	go func() {
		for i := 0; ; i++ {
			ping <- i
			<-pong
			if i%256 == 0 {
				spin(200 * time.Microsecond)
			}
		}
	}()
	go func() {
		for {
			if _, err := os.ReadFile("/proc/self/statm"); err != nil {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(100 * time.Microsecond)
		}
	}()
	go func() {
		for {
			var all sync.WaitGroup
			for i := 0; i < 8; i++ {
				all.Add(1)
				go func() {
					spin(20 * time.Microsecond)
					all.Done()
				}()
			}
			all.Wait()
			time.Sleep(500 * time.Microsecond)
		}
	}()
}

// A slot counts what one goroutine gets done, on a cache line of its own.
type slot struct {
	ops   uint64
	block [256]byte
	_     [56]byte
}

func (s *slot) work() {
	sum := sha256.Sum256(s.block[:])
	copy(s.block[:], sum[:])
	atomic.AddUint64(&s.ops, 1)
}

func startCounter(o *options) {
	slots := make([]slot, o.count(runtime.GOMAXPROCS(0)))
	for i := range slots {
		mine := &slots[i]
		go func() {
			for {
				mine.work()
			}
		}()
	}
	printOps(slots, o.every)
}

// startRelay has pairs of goroutines hand a baton to and fro, each after some twenty microseconds of work: busy,
// and with much for a trace to tell.
func startRelay(o *options) {
	slots := make([]slot, 2*o.count(runtime.GOMAXPROCS(0)))
	run := func(mine *slot, from <-chan bool, to chan<- bool) {
		for range from {
			for n := 0; n < 100; n++ {
				mine.work()
			}
			to <- true
		}
	}
	for i := 0; i < len(slots); i += 2 {
		to, fro := make(chan bool), make(chan bool)
		go run(&slots[i], to, fro)
		go run(&slots[i+1], fro, to)
		to <- true
	}
	printOps(slots, o.every)
}

// printOps prints `OPS total=N elapsed_ns=N per_s=N` each period; per_s is that of the period.
func printOps(slots []slot, every time.Duration) {
	go func() {
		begin := time.Now()
		last, before := begin, uint64(0)
		for {
			time.Sleep(every)
			var total uint64
			for i := range slots {
				total += atomic.LoadUint64(&slots[i].ops)
			}
			now := time.Now()
			fmt.Printf("OPS total=%d elapsed_ns=%d per_s=%.0f\n", total, now.Sub(begin).Nanoseconds(),
				float64(total-before)/now.Sub(last).Seconds())
			last, before = now, total
		}
	}()
}
