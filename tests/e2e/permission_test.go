package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"
)

// The tests of this file are about who may read whom. Where the kernel has no yama its levels can't be
// tried; a seccomp filter that refuses process_vm_readv stands for it, for that is all that level 1
// refuses of what schedtop does. What is said at each level is tested in tests/unit/test_goproc_permission.c.

// filterEnv has this program execute its arguments where process_vm_readv is refused.
const filterEnv = "SCHEDTOP_E2E_FILTER"

// execFiltered returns only when it failed.
func execFiltered(args []string) error {
	const (
		setNoNewPrivs  = 38
		setSeccomp     = 22
		modeFilter     = 2
		loadNumber     = 0x20 // BPF_LD | BPF_W | BPF_ABS
		jumpIfEqual    = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
		answer         = 0x06 // BPF_RET | BPF_K
		allow          = 0x7fff0000
		refuse         = 0x00050000 | uint32(syscall.EPERM)
		processVMReadv = 310
	)
	type instruction struct {
		code  uint16
		_, jf uint8
		k     uint32
	}
	program := []instruction{
		{code: loadNumber},
		{code: jumpIfEqual, jf: 1, k: processVMReadv},
		{code: answer, k: refuse},
		{code: answer, k: allow},
	}
	filter := struct {
		n    uint16
		code *instruction
	}{uint16(len(program)), &program[0]}
	runtime.LockOSThread() // the filter is the thread's own, and goes on into what it executes
	for _, call := range [][2]uintptr{{setNoNewPrivs, 1}, {setSeccomp, modeFilter}} {
		var at uintptr
		if call[0] == setSeccomp {
			at = uintptr(unsafe.Pointer(&filter))
		}
		if _, _, errno := syscall.Syscall6(syscall.SYS_PRCTL, call[0], call[1], at, 0, 0, 0); errno != 0 {
			return fmt.Errorf("no seccomp filter: %w", errno)
		}
	}
	return syscall.Exec(args[0], args, os.Environ())
}

// filterProgram is this program, at a path that every user can reach.
var filterProgram = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	copied := filepath.Join(scratch, "filter")
	return copied, copyFile(self, copied)
})

// filtered is a command that may not read the memory of other processes.
func filtered(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	copied, err := filterProgram()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copied, args...)
	cmd.Env = append(os.Environ(), filterEnv+"=1")
	return cmd
}

// nobody are the arguments that run a command as a user who has no rights.
func nobody(args ...string) []string {
	return append([]string{"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"}, args...)
}

func TestRefusalNamesItsReasonAndTheCommandThatHelps(t *testing.T) {
	t.Parallel()
	needRoot(t)
	exe := build{}.path(t)
	// Shared by all users, as a system's directory of sockets would be.
	dir, err := os.MkdirTemp(scratch, "d-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		target, schedtop []string
		says             []string
	}{
		"another user": {
			[]string{exe}, nobody(binary),
			[]string{"belongs to another user (root)", "sudo schedtop -p PID"}},
		"another group": {
			[]string{"setpriv", "--reuid", "65534", "--regid", "1", "--clear-groups", exe}, nobody(binary),
			[]string{"another group (gid 1)", "sudo schedtop -p PID"}},
		"capabilities": {
			append(nobody("--inh-caps", "+net_raw", "--ambient-caps", "+net_raw"), exe), nobody(binary),
			[]string{"has capabilities that schedtop lacks", "sudo schedtop -p PID"}},
		"not dumpable": {
			nobody(exe, "-hide"), nobody(binary),
			[]string{"PR_SET_DUMPABLE 0", "sudo schedtop -p PID"}},
		"root without the capability": {
			[]string{exe}, nobody("--bounding-set", "-sys_ptrace", binary),
			[]string{"another user (root)", "on the host", "--cap-add SYS_PTRACE"}},
	} {
		cmd := exec.Command(c.target[0], append(c.target[1:], "-mode", "quiet", "-for", "1m")...)
		cmd.Env = append(os.Environ(), "SCHEDTOP_DIR="+dir)
		target := start(t, cmd)
		target.stdout.waitFor(t, "READY", func(text []string) bool { return count(text, "READY") == 1 })
		pid := itoa(target.pid())
		r := finish(t, start(t, exec.Command(c.schedtop[0], append(c.schedtop[1:], "-p", pid, "--batch", "-n", "1")...)))
		r.expect(t, exitPermission)
		said := r.oneSentence(t)
		for _, part := range c.says {
			if part = strings.ReplaceAll(part, "PID", pid); !strings.Contains(said, part) {
				t.Errorf("%s: %q is missing in %q", name, part, said)
			}
		}
		// Root may read them all.
		schedtop(t, "-p", pid, "--batch", "-n", "1").expect(t, exitOK)
	}
}

func TestSeccompFilterThatForbidsReadingIsNamed(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	r := finish(t, start(t, filtered(t, binary, "-p", w.p(), "--batch", "-n", "1")))
	r.expect(t, exitPermission)
	if said := r.oneSentence(t); !strings.Contains(said, "a seccomp filter") {
		t.Errorf("the sentence doesn't tell it: %q", said)
	}
}

var setPtracer = regexp.MustCompile(`prctl\((?:PR_SET_PTRACER|0x59616d61)[^,]*, (\d+)\D`)

// Where schedtop may not read the memory of a program it asks the agent for the right to. On a kernel without
// yama that changes nothing, and the agent tells the scheduler's state itself.
func TestAgentIsAskedForTheRightToReadMemory(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("needs strace, to see the system call")
	}
	dir, err := os.MkdirTemp("", "st-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	log := filepath.Join(dir, "log")
	traced := exec.Command("strace", "-f", "-e", "trace=prctl", "-o", log, build{}.path(t), "-mode", "quiet", "-agent", "-for", "1m")
	traced.Env = append(os.Environ(), "SCHEDTOP_DIR="+dir)
	target := start(t, traced)
	target.stdout.waitFor(t, "READY", func(text []string) bool { return count(text, "READY") == 1 })
	pid := readyPID.FindStringSubmatch(target.stdout.all()[0])[1]
	p := start(t, filtered(t, binary, "-p", pid, "--json", "-d", "100ms", "-n", "10"))
	watcher := itoa(p.pid())
	r := finish(t, p)
	r.expect(t, exitOK)

	_, err = os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	yama, grants := err == nil, 1
	if yama {
		grants = 2
	}
	var asked []string
	waitUntil(t, "PR_SET_PTRACER to be given and taken back", func() bool {
		text, _ := os.ReadFile(log)
		asked = nil
		for _, found := range setPtracer.FindAllStringSubmatch(string(text), -1) {
			asked = append(asked, found[1])
		}
		return len(asked) >= grants
	})
	if asked[0] != watcher {
		t.Errorf("the right is given to %v, not to %s alone", asked, watcher)
	}
	if yama && (len(asked) != 2 || asked[1] != "0") {
		t.Errorf("the right is not taken back: %v", asked)
	}
	if !yama {
		t.Log("this kernel has no yama: that the right is enough to read the memory was not verified")
		// strace stops the program for a moment at each of its threads' calls, and that is told as well.
		unread := 0
		for _, said := range r.sentences() {
			if strings.Contains(said, "can't be read") {
				unread++
			}
		}
		if unread != 1 {
			t.Errorf("one sentence on memory expected: %q", r.sentences())
		}
	}
	told := 0
	for _, s := range parseSnapshots(t, r.stdout)[1:] {
		origin, ok := s.at("sources", "sched", "origin")
		if ok && origin != "agent" {
			t.Errorf("the scheduler's state comes from %v", origin)
		}
		if ok {
			told++
		}
	}
	if told == 0 {
		t.Errorf("nobody tells of the scheduler's state: schedtop %v", r)
	}
	if err := syscall.Kill(atoi(t, pid), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	target.wait(t, patience)
}

// yamaInC stands before libc in schedtop: as under yama's level 1, memory can be read while a grant is there,
// which here is a file.
const yamaInC = `#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
ssize_t process_vm_readv(pid_t pid, const struct iovec *to, unsigned long n, const struct iovec *from,
		unsigned long m, unsigned long flags)
{
	if (access(getenv("GRANT"), F_OK) != 0) {
		errno = EPERM;
		return -1;
	}
	return syscall(SYS_process_vm_readv, pid, to, n, from, m, flags);
}
`

// A grant makes memory the source, and its end the agent again, without a gap.
func TestMemoryIsReadAsLongAsTheAgentGrantsIt(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skipf("needs a C compiler: %v", err)
	}
	dir := t.TempDir()
	library, grant := filepath.Join(dir, "yama.so"), filepath.Join(dir, "grant")
	compile := exec.Command("gcc", "-shared", "-fPIC", "-o", library, "-x", "c", "-")
	compile.Stdin = strings.NewReader(yamaInC)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w := launch{args: []string{"-mode", "quiet", "-procs", "3"}}.run(t)
	var asked atomic.Int32
	liar{http: func(rw http.ResponseWriter, r *http.Request, pid int) {
		switch r.URL.Path {
		case "/v1/info":
			_, _ = fmt.Fprint(rw, info(pid, 1))
		case "/v1/attach":
			if r.Method == http.MethodPost && asked.Add(1) == 1 {
				_ = os.WriteFile(grant, nil, 0o600)
				_, _ = fmt.Fprint(rw, `{"schema":1,"granted":true}`)
				return
			}
			rw.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprint(rw, `{"schema":1,"error":"not again"}`)
		case "/v1/sched":
			_, _ = fmt.Fprint(rw, `{"schema":1,"monotonic_ns":1,"wall_ns":1,"sched":{"gomaxprocs":3},"p":[],"m":[]}`)
		default:
			_, _ = fmt.Fprint(rw, `{"schema":1,"monotonic_ns":1,"wall_ns":1,"values":{},"histograms":{}}`)
		}
	}}.serve(t, w)
	cmd := exec.Command(binary, "-p", w.p(), "--json", "-d", "100ms")
	cmd.Env = append(os.Environ(), "LD_PRELOAD="+library, "GRANT="+grant, "ASAN_OPTIONS=verify_asan_link_order=0")
	p := start(t, cmd)
	from := func(origin string, n int) func(text []string) bool {
		return func(text []string) bool { return count(text, `"sched":{"origin":"`+origin+`"`) >= n }
	}
	p.stdout.waitFor(t, "snapshots from memory", from("memory", 3))
	if said := p.stderr.all(); len(said) > count(said, tooSlow) {
		t.Errorf("nothing to say expected while all goes well: %q", said)
	}
	if err := os.Remove(grant); err != nil {
		t.Fatal(err)
	}
	p.stdout.waitFor(t, "snapshots from the agent", from("agent", 3))
	p.stderr.waitFor(t, "why", func(text []string) bool { return len(text) > count(text, tooSlow) })
	p.signal(t, syscall.SIGTERM)
	p.wait(t, patience)
	if n := asked.Load(); n != 2 {
		t.Errorf("the agent was asked %d times, not once before and once after", n)
	}
}

// In a PID namespace the runtime knows its threads by other numbers than we do, and its agent's socket
// bears another PID.
func TestProgramInAContainerIsReadFromOutside(t *testing.T) {
	t.Parallel()
	needRoot(t)
	root, err := os.MkdirTemp(scratch, "root-")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"tmp", "proc"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := copyFile(build{}.path(t), filepath.Join(root, "serve")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "--pid", "--fork", "--kill-child", "--mount-proc=/proc", "--root="+root, "/serve",
		"-mode", "threads", "-n", "6", "-procs", "3", "-agent", "-for", "2m")
	cmd.Env = append(os.Environ(), "SCHEDTOP_DIR=/tmp")
	p := start(t, cmd)
	ready := p.stdout.waitFor(t, "READY", func(text []string) bool { return count(text, "READY") == 1 })
	if readyPID.FindStringSubmatch(ready[0])[1] != "1" {
		t.Fatalf("it is no PID namespace: %q", ready[0])
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.pid(), p.pid()))
	if err != nil {
		t.Fatal(err)
	}
	pid := strings.TrimSpace(string(children))
	for _, source := range []string{"memory", "agent", "auto"} {
		var wrong string
		for range attempts { // until all threads wait, and the agent gets a CPU in time
			if wrong = contained(t, pid, source); wrong == "" {
				break
			}
		}
		if wrong != "" {
			t.Errorf("%s: %s", source, wrong)
		}
	}
	line := ""
	r := schedtop(t, "ls")
	for _, one := range r.stdout {
		if words := strings.Fields(one); len(words) > 0 && words[0] == pid {
			line = one
		}
	}
	mustContain(t, line, "serve", localVersion(t), " 3 ", "yes")
}

// contained reads the program in the container, and tells what is wrong with what it reads.
func contained(t *testing.T, pid, source string) string {
	t.Helper()
	r := schedtop(t, "-p", pid, "--json", "-d", "300ms", "-n", "2", "--source", source)
	r.expect(t, exitOK)
	if len(r.sentences()) > 0 {
		return fmt.Sprintf("nothing to say expected: schedtop %v", r)
	}
	s := parseSnapshots(t, r.stdout)[1]
	if n := s.number(t, "sched", "gomaxprocs"); n != 3 {
		return fmt.Sprintf("gomaxprocs is %v", n)
	}
	derived, _ := s.at("derived", "tasks")
	list, _ := derived.([]any)
	reading := 0
	for _, object := range list {
		if toRow(object)["use"] == "syscall" {
			reading++
		}
	}
	if reading < 6 {
		return fmt.Sprintf("%d threads are known to be in a system call, not 6: %v", reading, list)
	}
	return ""
}

// From a user namespace root's rights end at its border.
func TestRootOfAnotherUserNamespaceIsToldSo(t *testing.T) {
	t.Parallel()
	needRoot(t)
	target := start(t, exec.Command("setpriv", nobody(build{}.path(t), "-mode", "quiet", "-for", "1m")[1:]...))
	target.stdout.waitFor(t, "READY", func(text []string) bool { return count(text, "READY") == 1 })
	p := start(t, exec.Command("setpriv", nobody("unshare", "--user", "--map-root-user", binary, "-p", itoa(target.pid()),
		"--batch", "-n", "1")[1:]...))
	r := finish(t, p)
	if r.status == exitFailed && strings.Contains(strings.Join(r.stderr, " "), "unshare") {
		t.Skipf("no user namespaces here: %v", r.stderr)
	}
	r.expect(t, exitPermission)
	if said := r.oneSentence(t); !strings.Contains(said, "another user namespace") {
		t.Errorf("the sentence doesn't tell it: %q", said)
	}
}
