// Package unstripped is for tests alone. "go test" strips the binary that it runs at once, and in a
// stripped binary the agent can't find the scheduler: Main builds the tests again with their symbols.
package unstripped

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Main runs the tests of the package in the working directory and returns the exit status.
func Main(m *testing.M) int {
	self, err := os.Executable()
	if err != nil || hasSymbols(self) {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "unstripped")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "tests")
	args := []string{"test", "-c", "-o", binary}
	if race {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, ".")...)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fail(err)
	}
	tests := exec.Command(binary, os.Args[1:]...)
	tests.Stdout, tests.Stderr = os.Stdout, os.Stderr
	if err := tests.Run(); err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func hasSymbols(path string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return f.SectionByType(elf.SHT_SYMTAB) != nil
}
