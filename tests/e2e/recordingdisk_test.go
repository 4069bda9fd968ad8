package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// hangsUntil is a disk that takes so many bytes, and then nothing until it is told to.
func hangsUntil(bytes int64, goesOn <-chan struct{}) func(int64, int) time.Duration {
	return func(total int64, _ int) time.Duration {
		if total >= bytes {
			<-goesOn
		}
		return 0
	}
}

// hangsAfter is a disk that takes so many bytes, then nothing for a while, and then goes on.
func hangsAfter(bytes int64, stall time.Duration) func(int64, int) time.Duration {
	hung := false
	return func(total int64, _ int) time.Duration {
		if hung || total < bytes {
			return 0
		}
		hung = true
		return stall
	}
}

// showsNews checks that new snapshots arrive on the screen.
func (m *tmux) showsNews(w *workload) {
	m.t.Helper()
	w.signal(m.t, syscall.SIGSTOP)
	m.waitFor("a stopped target", func(s string) bool { return strings.Contains(header(s), "stopped") })
	w.signal(m.t, syscall.SIGCONT)
	m.waitFor("a live target", func(s string) bool { return strings.Contains(header(s), "live") })
}

// What is recorded and logged waits for its disk; the screen does not, and nothing is lost.
func TestHungDiskDoesNotHoldUpTheScreen(t *testing.T) {
	t.Parallel()
	goesOn := make(chan struct{})
	goOn := sync.OnceFunc(func() { close(goesOn) })
	disk := &slowDisk{write: hangsUntil(5000, goesOn)}
	disk.mount(t)
	t.Cleanup(goOn) // before it is unmounted
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 120, 30)
	path := filepath.Join(disk.dir, "recording")
	m.watch("-p " + w.p() + " -d 100ms --record " + path + " --log " + disk.dir + "/logs/")
	m.waitText("the disk takes nothing")
	m.showsNews(w)
	goOn()
	m.waitText("the disk goes on, and everything is kept")
	m.keys("q")
	m.expectShell(exitOK)
	// Of a tenth of a second each, without the gap of three seconds after which a disk is said to take nothing.
	var before float64
	for i, line := range replayed(t, path) {
		now := parseSnapshot(t, line).number(t, "monotonic_ns")
		if i > 0 && now-before > 2.9e9 {
			t.Errorf("%.1f s lie between two snapshots", (now-before)/1e9)
		}
		before = now
	}
}

// A view that is saved, and a file of settings that is written, wait for their disk; the screen does not, and says what
// has become of them.
func TestSavingDoesNotHoldUpTheScreen(t *testing.T) {
	t.Parallel()
	goesOn := make(chan struct{})
	goOn := sync.OnceFunc(func() { close(goesOn) })
	disk := &slowDisk{write: hangsUntil(0, goesOn)}
	disk.mount(t)
	t.Cleanup(goOn) // before it is unmounted
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 120, 30, "XDG_CONFIG_HOME="+disk.dir)
	m.watch("-p " + w.p() + " -d 100ms")
	m.run(":save " + filepath.Join(disk.dir, "a.json"))
	m.waitText("is being written: the disk takes its time")
	m.showsNews(w)
	m.keys("F2")
	m.waitText("SETTING")
	m.keys("Enter")
	m.run(":1")
	m.keys("w")
	m.waitText("as it would become")
	m.keys("w")
	m.waitText("the disk takes its time: the file is being written")
	m.keys("Escape")
	m.waitText("SETTING")
	m.keys("Escape")
	m.showsNews(w)
	goOn()
	m.waitText("saved in ")
	m.keys("F2", "w")
	m.waitText("as it would become")
	m.keys("w")
	m.waitText("written: ")
	m.keys("q", "q")
	m.expectShell(exitOK)
	for name, part := range map[string]string{"a.json": `"view": "Overview"`, "schedtop/config": "listen = :1\n"} {
		if text, err := os.ReadFile(filepath.Join(disk.dir, name)); err != nil || !strings.Contains(string(text), part) {
			t.Errorf("%s: %v: %q", name, err, text)
		}
	}
}

// A disk that never comes back holds up neither the screen nor, for longer than was promised, its end.
func TestDeadDiskLetsTheScreenEnd(t *testing.T) {
	t.Parallel()
	if !slow {
		t.Skip("waits for ten seconds: SCHEDTOP_ALL=1")
	}
	disk := &slowDisk{write: hangsAfter(5000, time.Hour)}
	disk.mount(t)
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 120, 30)
	m.watch("-p " + w.p() + " -d 100ms --record " + filepath.Join(disk.dir, "recording"))
	m.waitText("the disk takes nothing")
	m.showsNews(w)
	m.keys("q")
	m.waitText("wait for their disk; Ctrl-C ends without them")
	m.waitText("they are not kept")
	m.expectShell(exitFailed)
}
