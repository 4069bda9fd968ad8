// Package e2e runs the real schedtop on real Go programs and holds it to its promises. Every test's
// name is the promise.
//
//	SCHEDTOP      the binary; default ../../out/build/schedtop
//	SCHEDTOP_ALL  1: the slow tier too (every Go version, longer windows)
//
// The Go programs are those of tests/workloads, built here with as many Go versions as are asked for;
// GOTOOLCHAIN fetches the missing ones through the module proxy.
package e2e

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

var (
	binary  string // schedtop, at a path that every user can reach
	scratch string // likewise, for workloads
	slow    = os.Getenv("SCHEDTOP_ALL") == "1"
	begun   = time.Now()
)

func TestMain(m *testing.M) {
	if socket := os.Getenv(traceClientEnv); socket != "" {
		os.Exit(traceClient(socket))
	}
	if path := os.Getenv(recorderEnv); path != "" {
		os.Exit(recorder(path, os.Getenv(logEnv)))
	}
	if os.Getenv(filterEnv) != "" {
		fmt.Fprintln(os.Stderr, execFiltered(os.Args[1:]))
		os.Exit(1)
	}
	status, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func runTests(m *testing.M) (status int, err error) {
	source := os.Getenv("SCHEDTOP")
	if source == "" {
		source = "../../out/build/schedtop"
	}
	if scratch, err = os.MkdirTemp("", "schedtop-e2e-"); err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if err = os.Chmod(scratch, 0o755); err != nil {
		return 1, err
	}
	binary = filepath.Join(scratch, "schedtop")
	if err = copyFile(source, binary); err != nil {
		return 1, fmt.Errorf("no schedtop to test: %w (build it, or set SCHEDTOP to the binary)", err)
	}
	// Under nohup schedtop would ignore hangups as well; what is handled here is not ignored by who is executed.
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	return m.Run(), nil
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeProgram(to, content)
}

// writeProgram writes a program that can be started at once: a process that another test forks meanwhile
// would hold the file open until it executes, and a file that is open for writing can't be executed.
func writeProgram(path string, content []byte) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, content, 0o755)
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to run schedtop as another user than the target")
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
