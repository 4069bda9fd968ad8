package main

import (
	"fmt"
	"math/rand"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"schedtop/tests/bench/rows"
	"schedtop/tests/bench/seat"
)

var timeOfDay = regexp.MustCompile(`\d\d:\d\d:\d\d`)

// otherMoment is the effect of a step in time: the clock of the header, which stands still while the screen
// is frozen, tells another one.
func otherMoment(p *seat.Page) func(p *seat.Page) bool {
	before := timeOfDay.FindString(p.Row(0))
	return func(p *seat.Page) bool {
		now := timeOfDay.FindString(p.Row(0))
		return now != "" && now != before
	}
}

// What hands do: look at every view, freeze the screen, walk back and forth, ask for help. The arrows are
// those of a terminal in keypad mode, two at once because two snapshots can lie in the same second.
var ours = []seat.Stroke{
	seat.Key("tab Threads", "the view of threads", seat.Shows("TID")),
	seat.Key("tab Latency", "the view of latency", seat.Shows("p99.9")),
	seat.Key("tab Overview", "the first view again", seat.Shows("sched/s")),
	seat.Key(" ", "a frozen screen", seat.Shows("paused")),
	seat.Key("\x1bOD\x1bOD", "an earlier moment", otherMoment),
	seat.Key("\x1bOC\x1bOC", "a later moment", otherMoment),
	seat.Key("tab Threads", "the view of threads", seat.Shows("TID")),
	seat.Key("tab Overview", "the lanes", seat.Shows("sched/s")),
	seat.Key("\x1bOD\x1bOD", "an earlier moment", otherMoment),
	seat.Key("\x1bOC\x1bOC", "a later moment", otherMoment), // or a recording is soon at its beginning
	seat.Key(" ", "a screen that goes on", seat.Hides("paused")),
	seat.Key("?", "help", seat.Shows("Keys of ")),
	seat.Key("?", "no help", seat.Hides("Keys of ")),
}

var htops = []seat.Stroke{
	seat.Key("h", "help", seat.Shows("Press any key")),
	seat.Key(" ", "the list again", seat.Hides("Press any key")),
	seat.Key("t", "a tree", seat.Shows("─ ")),
	seat.Key("t", "a list", seat.Hides("─ ")),
}

// What a terminal takes to answer at all: cat sends back every key.
var cats = []seat.Stroke{
	seat.Key("\x1b[2J\x1b[Hx", "an x", seat.Shows("x")),
	seat.Key("\x1b[2J\x1b[Hy", "a y", seat.Shows("y")),
}

// strokes types until there are `count` answers. Keys come at any phase of a refresh.
func strokes(c *seat.Child, script []seat.Stroke, count int) (sample, error) {
	random := rand.New(rand.NewSource(1))
	var took sample
	for len(took) < count {
		for _, s := range script {
			time.Sleep(time.Duration(10+random.Intn(50)) * time.Millisecond)
			d, err := c.Term.Make(s)
			if err != nil {
				return nil, err
			}
			took = append(took, float64(d)/1e6)
		}
	}
	return took, nil
}

// benchKeys measures from outside how long after a key the screen shows what it does.
func benchKeys(p *programs, _ *options) error {
	htop, _ := exec.LookPath("htop") // empty: it is not there
	dir, remove, err := ownSockets()
	if err != nil {
		return err
	}
	defer remove()
	recording := filepath.Join(dir, "recording")
	if err := record(p, recording); err != nil {
		return err
	}

	fmt.Printf("  %-34s %28s %23s %23s\n", "", "schedtop", "htop", "echo (cat)")
	fmt.Printf("  %-34s %5s %6s %7s %7s %7s %7s %7s %7s %7s %7s\n", "key to screen, ms", "keys",
		"p50", "p99", "most", "p50", "p99", "most", "p50", "p99", "most")
	spinners := 4 * runtime.NumCPU()
	for _, scene := range []struct {
		label   string
		target  []string
		stopped bool
		args    []string // of schedtop; by default, to watch the target
	}{
		{"an idle target", []string{"-mode", "quiet", "-agent"}, false, nil},
		{fmt.Sprintf("%d spinners on %d Ps", spinners, runtime.NumCPU()),
			[]string{"-mode", "spinners", "-n", strconv.Itoa(spinners), "-agent"}, false, nil},
		{"a recording of 256 Ps", nil, false, []string{"--replay", recording}},
		{"a stopped target", []string{"-mode", "mixed", "-agent"}, true, nil},
	} {
		var target *seat.Child
		args := scene.args
		if scene.target != nil {
			if target, err = seat.StartReady(p.workload, append(scene.target, "-for", "10m")...); err != nil {
				return err
			}
			args = []string{"-p", strconv.Itoa(target.Pid())}
		}
		err := compareKeys(p, target, scene.label, scene.stopped, args, htop, dir)
		if target != nil {
			target.Stop()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", scene.label, err)
		}
	}
	return nil
}

func compareKeys(p *programs, target *seat.Child, label string, stopped bool, args []string, htop, dir string) error {
	const keys, theirKeys = 360, 100
	us, err := seat.StartScreen(120, 40, nil, p.schedtop, args...)
	if err != nil {
		return err
	}
	defer us.Stop()
	if err := us.Term.Await("lanes", func(p *seat.Page) bool { return p.Has("sched/s") }); err != nil {
		return err
	}
	time.Sleep(4 * time.Second) // so that there is a past to walk through
	if stopped {
		if err := target.Pause(); err != nil {
			return err
		}
		if err := us.Term.Await("a stopped target", func(p *seat.Page) bool { return p.Has("stopped") }); err != nil {
			return err
		}
		time.Sleep(2 * time.Second)
	}
	took := make([]sample, 1, 3)
	if took[0], err = strokes(us, ours, keys); err != nil {
		return err
	}
	us.Stop()
	peers := []struct {
		script []seat.Stroke
		name   string
		args   []string
	}{
		{htops, htop, []string{"-d", "10", "--no-mouse"}},
		{cats, "cat", nil},
	}
	for _, peer := range peers {
		if peer.name == "" {
			took = append(took, nil)
			continue
		}
		c, err := seat.StartScreen(120, 40, []string{"HTOPRC=" + filepath.Join(dir, "htoprc")}, peer.name, peer.args...)
		if err != nil {
			return err
		}
		if peer.name == "cat" {
			err = c.Term.MakeRaw()
		} else {
			err = c.Term.Await("a list", func(p *seat.Page) bool { return p.Has("PID") })
		}
		if err == nil {
			var theirs sample
			time.Sleep(time.Second)
			theirs, err = strokes(c, peer.script, theirKeys)
			took = append(took, theirs)
		}
		c.Stop()
		if err != nil {
			return fmt.Errorf("%s: %w", peer.name, err)
		}
	}
	fmt.Printf("  %-34s %5d", label, len(took[0]))
	for _, s := range took {
		if s == nil {
			fmt.Printf(" %23s", "not there")
			continue
		}
		_, most := s.bounds()
		fmt.Printf(" %7.2f %7.2f %7.2f", s.quantile(0.5), s.quantile(0.99), most)
	}
	fmt.Println()
	row := rows.Row{Part: "key", Figure: "key to screen, p99, " + label, Value: took[0].quantile(0.99), Unit: "ms", Goal: "<=50"}
	row.Peer, row.Other = "htop is not there", rows.Unknown
	if took[1] != nil {
		row.Peer, row.Other = "htop", took[1].quantile(0.99)
	}
	return rows.Add(row)
}

// record takes what a program with 256 Ps does, for longer than the keys take.
func record(p *programs, path string) error {
	const seconds = 25
	target, err := seat.StartReady(p.workload, "-mode", "mixed", "-procs", "256", "-for", "5m")
	if err != nil {
		return err
	}
	defer target.Stop()
	cmd := exec.Command(p.schedtop, "-p", strconv.Itoa(target.Pid()), "--batch", "--record", path, "-d", "1s",
		"-n", strconv.Itoa(seconds))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said, err := cmd.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(said)), "\n")
		return fmt.Errorf("recording 256 Ps: %w: %s", err, lines[len(lines)-1])
	}
	return nil
}
