package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// kernelThreads reads /proc/PID/task: the state and the CPU time, in ticks, of every thread.
func kernelThreads(t *testing.T, pid int) map[int]kernelThread {
	t.Helper()
	all := map[int]kernelThread{}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has just ended
		}
		rest := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		user, _ := strconv.Atoi(rest[11])
		system, _ := strconv.Atoi(rest[12])
		tid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		all[tid] = kernelThread{state: rest[0], ticks: user + system}
	}
	return all
}

type kernelThread struct {
	state string
	ticks int
}

// statusThreads is what /proc/PID/status says.
func statusThreads(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if value, ok := strings.CutPrefix(line, "Threads:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no Threads in the status of the process")
	return 0
}

func lastSnapshot(t *testing.T, pid int, count int) snapshot {
	t.Helper()
	r := schedtop(t, "-p", itoa(pid), "--json", "-d", "0.5", "-n", itoa(count))
	r.expect(t, exitOK)
	all := parseSnapshots(t, r.stdout)
	if len(all) == 0 {
		t.Fatalf("no snapshot: schedtop %v", r)
	}
	return all[len(all)-1]
}

// The threads of a process that blocks 24 of them in read(2) are those of /proc, and each is told for
// what it does.
func TestEveryThreadOfTheKernelIsToldAndForWhat(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "threads", "-n", "24"}}.run(t)
	var wrong []string
	for range attempts { // until all of them wait, and none of the runtime's own has something to do meanwhile
		if wrong = wrongThreads(t, w); len(wrong) == 0 {
			return
		}
	}
	t.Error(strings.Join(wrong, "\n"))
}

// wrongThreads tells in what a snapshot differs from what the kernel says before and after it.
func wrongThreads(t *testing.T, w *workload) (wrong []string) {
	t.Helper()
	tell := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	before := kernelThreads(t, w.pid())
	s := lastSnapshot(t, w.pid(), 2)
	after := kernelThreads(t, w.pid())

	seen := map[int]bool{}
	reading := map[int]bool{}
	for _, task := range s.rows("tasks") {
		tid, err := strconv.Atoi(task["tid"])
		if err != nil {
			t.Fatal(err)
		}
		seen[tid] = true
		from, had := before[tid]
		to, has := after[tid]
		if !had && !has {
			tell("thread %d is not the kernel's", tid)
			continue
		}
		if had && has && from == to && from.state == "S" && task["state"] != "S" {
			tell("thread %d is %q, the kernel says S", tid, task["state"])
		}
		if task["syscall_name"] == "read" || strings.Contains(task["wait"], "pipe_read") {
			reading[tid] = true
		}
	}
	for tid := range before {
		if _, has := after[tid]; has && !seen[tid] {
			tell("thread %d is missing", tid)
		}
	}
	if len(before) == len(after) && len(seen) != statusThreads(t, w.pid()) {
		tell("%d threads told, /proc/PID/status says %d", len(seen), statusThreads(t, w.pid()))
	}
	if len(reading) < 24 {
		tell("%d threads wait in read, want 24", len(reading))
	}

	derived, _ := s.at("derived", "tasks")
	list, _ := derived.([]any)
	if len(list) != len(seen) {
		tell("%d threads told for what, of %d", len(list), len(seen))
	}
	uses := map[string]int{}
	for _, object := range list {
		r := toRow(object)
		tid, _ := strconv.Atoi(r["tid"])
		uses[r["use"]]++
		if reading[tid] && r["use"] != "syscall" {
			tell("thread %d waits in read and is told as %s", tid, r["use"])
		}
	}
	if uses["sysmon"] != 1 {
		tell("%d threads are sysmon", uses["sysmon"])
	}
	uses["other"] += uses["sysmon"]
	for _, part := range []string{"running", "syscall", "cgo", "spinning", "idle", "locked", "other"} {
		if told := int(s.number(t, "derived", "threads", part)); told != uses[part] {
			tell("%d threads are %s one by one, %d in all", uses[part], part, told)
		}
	}
	return wrong
}

// The CPU time of spinning threads is the kernel's, and their shares add up to that of the process.
func TestCPUOfThreadsIsTheKernels(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "spinners", "-procs", "2"}}.run(t)
	time.Sleep(time.Second)
	const tries = 5
	threads, whole := 0.0, 0.0
	for range tries {
		// The rate of the process is over half a second, that of threads over two: the machine is shared.
		if threads, whole = threadsAndProcess(t, w); threads > whole/3 && threads < whole*3 {
			return
		}
	}
	t.Errorf("threads use %.2f CPUs together, the process %.2f", threads, whole)
}

// threadsAndProcess are the CPUs that the threads of a program used of late, and the whole of it. What is told
// of each thread lies between two looks at the kernel's own numbers.
func threadsAndProcess(t *testing.T, w *workload) (threads, process float64) {
	t.Helper()
	before := kernelThreads(t, w.pid())
	s := lastSnapshot(t, w.pid(), 6)
	after := kernelThreads(t, w.pid())
	for _, task := range s.rows("tasks") {
		tid, _ := strconv.Atoi(task["tid"])
		told, _ := strconv.ParseFloat(task["cpu_ns"], 64)
		ticks := int(told / 1e7)
		if from, ok := before[tid]; ok && ticks < from.ticks {
			t.Errorf("thread %d: %d ticks, the kernel had %d before", tid, ticks, from.ticks)
		}
		if to, ok := after[tid]; ok && ticks > to.ticks {
			t.Errorf("thread %d: %d ticks, the kernel has %d after", tid, ticks, to.ticks)
		}
	}
	derived, _ := s.at("derived", "tasks")
	list, _ := derived.([]any)
	for _, object := range list {
		ratio, _ := strconv.ParseFloat(toRow(object)["cpu_ratio"], 64)
		threads += ratio
	}
	return threads, s.number(t, "derived", "rates", "cpu_ns_per_s") / 1e9
}
