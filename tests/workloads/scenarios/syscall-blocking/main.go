// Requests that open a file which takes long to open, as on a share of a slow network. A named pipe does
// here what such a share does: who opens it waits in the kernel until the other side has opened it too.
package main

import (
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func handle(name string) {
	f, err := os.Open(name)
	if err != nil {
		scene.Fail(err)
	}
	scene.Compute(100 * time.Microsecond)
	_ = f.Close() // nothing was written
}

func serve(name string, random *rand.Rand) {
	for {
		handle(name)
		scene.Pause(random, 20*time.Millisecond)
	}
}

// share is the other side: it opens each file for writing, but not before it has thought about it.
func share(dir string) {
	for i := 0; i < 4; i++ {
		go func(name string) {
			for {
				time.Sleep(150 * time.Millisecond)
				if f, err := os.OpenFile(name, os.O_WRONLY, 0); err == nil {
					_ = f.Close()
				}
			}
		}(filepath.Join(dir, strconv.Itoa(i)))
	}
	scene.Hello("up")
}

func main() {
	if scene.Role() == "share" {
		share(scene.Argument())
	}
	s := scene.Begin()
	dir := s.Dir()
	for i := 0; i < 4; i++ {
		if err := syscall.Mkfifo(filepath.Join(dir, strconv.Itoa(i)), 0o600); err != nil {
			scene.Fail(err)
		}
	}
	scene.Other("share", dir)
	for i := 0; i < 4; i++ {
		go serve(filepath.Join(dir, strconv.Itoa(i)), s.Random(i))
	}
	s.Play()
}
