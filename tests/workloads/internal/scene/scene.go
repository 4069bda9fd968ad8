// Package scene is what the scenarios share: programs with one fault, or none, that the doctor is
// tried on. A scenario starts its goroutines and calls Play, which traces the program for a while and
// ends it.
//
//	func main() {
//		s := scene.Begin()
//		for i := 0; i < 8; i++ {
//			go work(s.Random(i))
//		}
//		s.Play()
//	}
//
// The folder of a scenario may be called after what is wrong with it. Nothing that lands in the trace
// may: the doctor must judge by what a program does. A scenario runs on Go 1.21 and later, uses the
// standard library only, and works by amounts and not by the clock, as programs do.
package scene

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"runtime/trace"
	"strings"
	"sync/atomic"
	"time"
)

// role is the variable that tells a copy of the program what it is to do.
const role = "SCENE_ROLE"

// Scene is one run of a scenario.
type Scene struct {
	For  time.Duration // how long Play lasts
	Warm time.Duration // how long the program works before it is traced
	// Writer, when set, stands between the tracer and its file.
	Writer func(file io.Writer) io.Writer

	path string
	seed int64
	file *os.File
	dir  string
}

// Begin reads the flags.
func Begin() *Scene {
	s := new(Scene)
	flag.StringVar(&s.path, "trace", "", "write an execution trace to `file`")
	flag.DurationVar(&s.For, "for", 2*time.Second, "stop after `duration`")
	flag.DurationVar(&s.Warm, "warm", 200*time.Millisecond, "`duration` of work before the trace begins")
	flag.Int64Var(&s.seed, "seed", 1, "what chance begins with")
	flag.Parse()
	fmt.Printf("READY pid=%d\n", os.Getpid())
	return s
}

// Random is a source of chance for one goroutine, the same for the same -seed and number.
func (s *Scene) Random(number int) *rand.Rand {
	return rand.New(rand.NewSource(s.seed*1000 + int64(number)))
}

// Play traces what the program does from now on, or only lets it work when no trace is wanted, and
// ends the program while everything is still at work.
func (s *Scene) Play() {
	time.Sleep(s.Warm)
	s.Record()
	time.Sleep(s.For)
	s.End()
}

// Record begins the trace; a scenario that must be traced from its first goroutine on calls it instead
// of Play, and End.
func (s *Scene) Record() {
	if s.path == "" {
		return
	}
	var err error
	if s.file, err = os.Create(s.path); err != nil {
		Fail(err)
	}
	var w io.Writer = s.file
	if s.Writer != nil {
		w = s.Writer(w)
	}
	if err := trace.Start(w); err != nil {
		Fail(err)
	}
}

// Path is where the trace is wanted, for a scenario that writes it in its own way; empty: nowhere.
func (s *Scene) Path() string {
	return s.path
}

// Dir makes a folder that goes when the program ends.
func (s *Scene) Dir() string {
	dir, err := os.MkdirTemp("", "scene-")
	if err != nil {
		Fail(err)
	}
	s.dir = dir
	return dir
}

// End ends the trace and the program.
func (s *Scene) End() {
	if s.file != nil {
		trace.Stop()
		if err := s.file.Close(); err != nil {
			Fail(err)
		}
	}
	ending.Store(true)
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
	os.Exit(0)
}

// ending is when work that fails no longer matters: its files and its peer go away.
var ending atomic.Bool

// Fail ends the program with a sentence.
func Fail(err error) {
	if ending.Load() {
		select {}
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
	os.Exit(1)
}

// Role is what this copy of the program is for: empty in the one that is traced.
func Role() string {
	name, _, _ := strings.Cut(os.Getenv(role), " ")
	return name
}

// Argument is what Other was given.
func Argument() string {
	_, argument, _ := strings.Cut(os.Getenv(role), " ")
	return argument
}

// others are the standard inputs of the copies, which end when theirs do: kept from the collector.
var others []io.Closer

// Other starts a copy of the program in another role, the peer that isn't traced: a client that makes
// load, a server that is slow. It returns the first line that the copy prints, which Hello prints, and
// the copy ends with this program.
func Other(name, argument string) string {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), role+"="+name+" "+argument)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		Fail(err)
	}
	others = append(others, in)
	out, err := cmd.StdoutPipe()
	if err != nil {
		Fail(err)
	}
	if err := cmd.Start(); err != nil {
		Fail(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		Fail(fmt.Errorf("the other side ended at once: %w", err))
	}
	return strings.TrimSpace(line)
}

// Hello tells the program that started this copy that it is up, and returns when that has ended.
func Hello(line string) {
	fmt.Println(line)
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

var sink atomic.Uint32

// Compute is work for one P that takes about d on a machine of our days: an amount, so that a slow
// machine takes longer.
func Compute(d time.Duration) {
	x := uint32(d)
	for i := time.Duration(0); i < d; i++ { // a multiplication and an addition in a row: 1 ns or so
		x = x*1664525 + 1013904223
	}
	sink.Store(x)
}

// Pause sleeps about d, by chance half as long to half as long again.
func Pause(random *rand.Rand, d time.Duration) {
	time.Sleep(d/2 + time.Duration(random.Int63n(int64(d)+1)))
}

// In does the work in a task and a region of that name, as an annotated program does.
func In(name string, work func(ctx context.Context)) {
	ctx, task := trace.NewTask(context.Background(), name)
	defer task.End()
	trace.WithRegion(ctx, name, func() { work(ctx) })
}
