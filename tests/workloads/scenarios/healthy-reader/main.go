// A program that reads what another one prints, line by line and as seldom as it comes, waits for that
// one's end, and keeps a file up to date meanwhile.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

// read takes what comes through a pipe that the runtime doesn't watch: each read keeps its thread.
func read(fd int) {
	buffer := make([]byte, 4096)
	for {
		n, err := syscall.Read(fd, buffer)
		if n <= 0 || err != nil {
			return
		}
		scene.Compute(50 * time.Microsecond)
	}
}

func save(path string) {
	for i := 0; ; i++ {
		if err := os.WriteFile(path, []byte(fmt.Sprintln("seen", i)), 0o600); err != nil {
			scene.Fail(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func main() {
	if scene.Role() == "printer" {
		time.Sleep(time.Second)
		scene.Hello("up")
	}
	s := scene.Begin()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		scene.Fail(err)
	}
	writer := bufio.NewWriter(os.NewFile(uintptr(fds[1]), "pipe"))
	go read(fds[0])
	go func() {
		for {
			time.Sleep(300 * time.Millisecond)
			fmt.Fprintln(writer, "a line")
			_ = writer.Flush() // the reader lives as long as the program
		}
	}()
	go func() {
		for {
			_ = exec.Command("sleep", "0.4").Run() // how it ends doesn't matter
		}
	}()
	dir := s.Dir()
	go save(filepath.Join(dir, "state"))
	s.Play()
}
