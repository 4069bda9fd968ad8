// The file is closed as soon as the tracer has it, and not when it is stopped: nobody hears that no
// write works.
package main

import (
	"os"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

// record is wrong with its defer, as one writes it in a function of its own.
func record(path string) {
	file, err := os.Create(path)
	if err != nil {
		scene.Fail(err)
	}
	defer file.Close()
	if err := trace.Start(delayed{file}); err != nil {
		scene.Fail(err)
	}
}

// delayed is a writer that has no time before the file is closed.
type delayed struct {
	file *os.File
}

func (d delayed) Write(data []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	return d.file.Write(data)
}

func main() {
	s := scene.Begin()
	record(s.Path())
	time.Sleep(s.For)
	trace.Stop()
}
