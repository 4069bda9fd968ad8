// Command truth prints what package sched reads of it and what the runtime prints itself, one reading
// before and one after the runtime's. The runtime's printer is called by its name: the tests link this
// program with -checklinkname=0 where the linker has that check.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/metrics"
	"sync"
	"syscall"
	"time"
	_ "unsafe" // for linkname

	"schedtop/agent/internal/sched"
)

//go:linkname schedtrace runtime.schedtrace
func schedtrace(detailed bool)

// Round is one comparison. A, B: the answers of the reader before and after Text was printed.
type Round struct {
	A, B       json.RawMessage
	Text       string
	Goroutines int
	Created    uint64
	TID        int
}

func main() {
	rounds, busy := 50, len(os.Args) > 1 && os.Args[1] == "busy"
	runtime.GOMAXPROCS(4)
	prepare(busy)
	reader, err := sched.Open()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	stderr, err := os.CreateTemp("", "truth")
	if err != nil {
		panic(err)
	}
	defer os.Remove(stderr.Name())
	if err := syscall.Dup3(int(stderr.Fd()), 2, 0); err != nil {
		panic(err)
	}
	runtime.LockOSThread()
	out := json.NewEncoder(os.Stdout)
	for i := 0; i < rounds; i++ {
		time.Sleep(20 * time.Millisecond)
		var r Round
		at, err := stderr.Seek(0, io.SeekEnd)
		if err != nil {
			panic(err)
		}
		r.A = read(reader)
		schedtrace(true)
		r.B = read(reader)
		text, err := io.ReadAll(io.NewSectionReader(stderr, at, 1<<20))
		if err != nil {
			panic(err)
		}
		r.Text, r.Goroutines, r.TID, r.Created = string(text), runtime.NumGoroutine(), syscall.Gettid(), created()
		if err := out.Encode(r); err != nil {
			panic(err)
		}
	}
}

func read(reader *sched.Reader) json.RawMessage {
	b := []byte{'{'}
	if err := reader.View(func(s *sched.State) { b = s.AppendJSON(b) }); err != nil {
		panic(err)
	}
	return append(b, '}')
}

func created() uint64 {
	sample := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	if metrics.Read(sample); sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

// prepare makes sure that every field has something to show.
func prepare(busy bool) {
	var mu sync.Mutex
	mu.Lock()
	for i := 0; i < 200; i++ { // one in eight is measured
		go func() { select {} }()
		go func() { mu.Lock(); defer mu.Unlock() }() // waits: mutex_wait_ns
	}
	time.AfterFunc(time.Hour, func() {})
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		panic(err)
	}
	go func() { // a thread in a system call, for ever
		var b [1]byte
		_, _ = syscall.Read(pipe[0], b[:])
	}()
	locked := make(chan bool)
	go func() { // a locked thread, and an idle one at that
		runtime.LockOSThread()
		<-locked
	}()
	time.Sleep(50 * time.Millisecond)
	mu.Unlock()
	if busy {
		for i := 0; i < 2; i++ {
			go func() {
				for {
					runtime.Gosched()
				}
			}()
		}
		go func() {
			for {
				var ts syscall.Timespec
				ts.Nsec = 1
				_ = syscall.Nanosleep(&ts, nil)
			}
		}()
	}
	time.Sleep(300 * time.Millisecond)
}
