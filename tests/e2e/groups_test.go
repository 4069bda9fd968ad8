package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The truth of this file is the goroutine profile of runtime/pprof, which the workload writes of itself
// when all of its goroutines wait.

// A profiled goroutine is one block of that profile.
type profiled struct {
	id     string
	reason string // or its state
	group  string // reason, creator and where that is
	stack  []string
}

var (
	profileHead    = regexp.MustCompile(`^goroutine (\d+)(?: gp=\S+ m=\S+(?: mp=\S+)?)? \[([^\],]+)`)
	profileCreator = regexp.MustCompile(`(?m)^created by (\S+)(?: in goroutine \d+)?\n\t(\S+):(\d+) `)
	profileFrame   = regexp.MustCompile(`(?m)^(\S+)\([^\n]*\)\n\t(\S+):(\d+)`)
)

func parseProfile(t *testing.T, path string) []profiled {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []profiled
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		head := profileHead.FindStringSubmatch(block)
		if head == nil {
			t.Fatalf("no goroutine: %q", block)
		}
		g := profiled{id: head[1], reason: head[2], group: head[2]}
		if made := profileCreator.FindStringSubmatch(block); made != nil {
			g.group += fmt.Sprintf(" by %s %s:%s", made[1], filepath.Base(made[2]), made[3])
		}
		for _, frame := range profileFrame.FindAllStringSubmatch(block, -1) {
			if !strings.HasPrefix(frame[0], "created by") {
				g.stack = append(g.stack, fmt.Sprintf("%s %s:%s", frame[1], filepath.Base(frame[2]), frame[3]))
			}
		}
		all = append(all, g)
	}
	return all
}

// groupsOf counts those that main has made: they stand still.
func groupsOf(all []profiled) map[string]int {
	counts := map[string]int{}
	for _, g := range all {
		if strings.Contains(g.group, " by main.") {
			counts[g.group]++
		}
	}
	return counts
}

// place is "function file:line" of one in JSON.
func place(value any) string {
	r := toRow(value)
	return fmt.Sprintf("%s %s:%s", r["function"], filepath.Base(r["file"]), r["line"])
}

func toldGroups(t *testing.T, s snapshot) (counts map[string]int, all int) {
	t.Helper()
	list, ok := s.at("goroutines", "by_creator", "groups")
	if !ok {
		t.Fatalf("no groups of goroutines in %v", s)
	}
	counts = map[string]int{}
	for _, object := range list.([]any) {
		group := object.(map[string]any)
		count := int(toFloat(t, group["count"]))
		if group["system"] == true {
			continue
		}
		all += count
		if creator := place(group["creator"]); strings.HasPrefix(creator, "main.") {
			counts[fmt.Sprintf("%s by %s", group["reason"], creator)] += count
		}
	}
	return counts, all
}

// The newest line that has goroutines: they are read less often than the rest.
func withGoroutines(t *testing.T, pid int) snapshot {
	t.Helper()
	var r result
	for range 3 { // on a machine that is busy one reading takes so long that the next has to wait
		r = schedtop(t, "-p", itoa(pid), "--json", "-d", "0.5", "-n", "5")
		r.expect(t, exitOK)
		all := parseSnapshots(t, r.stdout)
		for i := len(all) - 1; i >= 0; i-- {
			if _, ok := all[i].at("goroutines", "by_creator"); ok {
				return all[i]
			}
		}
	}
	t.Fatalf("goroutines were never read: schedtop %v", r)
	return nil
}

func runProfiled(t *testing.T, l launch) (*workload, []profiled) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profile")
	l.args = append([]string{"-mode", "groups", "-profile", path}, l.args...)
	w := l.run(t)
	return w, parseProfile(t, path)
}

// As many goroutines as the runtime counts, in the groups of its own profile.
func TestGroupsAreThoseOfTheGoroutineProfile(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w, truth := runProfiled(t, launch{build: build{toolchain: version}})
			want := groupsOf(truth)
			if len(want) != 3 {
				t.Fatalf("the workload has other groups than it should: %v", want)
			}
			// The program still gets ready for its end while it is read for the first time.
			var wrong string
			for range 3 {
				if wrong = contradicts(t, withGoroutines(t, w.pid()), want, len(truth)); wrong == "" {
					return
				}
			}
			t.Error(wrong)
		})
	}
}

// contradicts tells in what a snapshot differs from the profile, with its groups and so many goroutines in all.
func contradicts(t *testing.T, s snapshot, want map[string]int, profiled int) string {
	t.Helper()
	told, all := toldGroups(t, s)
	if fmt.Sprint(told) != fmt.Sprint(want) {
		return fmt.Sprintf("groups are %v, the profile has %v", told, want)
	}
	if count := int(s.number(t, "goroutines", "count")); count != all {
		return fmt.Sprintf("%d goroutines in groups, %d in all", all, count)
	}
	// The profile was written before the program waited for its end, for which a goroutine relays signals.
	if more := all - profiled; more < 0 || more > 1 {
		return fmt.Sprintf("%d goroutines, the profile has %d", all, profiled)
	}
	if sched := int(s.number(t, "sched", "goroutines")); sched != all {
		return fmt.Sprintf("%d goroutines in groups, the scheduler counts %d", all, sched)
	}
	return ""
}

// rowWith is the row of the screen with that text.
func rowWith(screen, text string) string {
	for _, row := range strings.Split(screen, "\n") {
		if strings.Contains(row, text) {
			return row
		}
	}
	return ""
}

func TestGoroutinesViewShowsGroupsMembersAndStacks(t *testing.T) {
	t.Parallel()
	w, truth := runProfiled(t, launch{})
	byID := map[string]profiled{}
	for _, g := range truth {
		byID[g.id] = g
	}
	m := startTmux(t, 150, 50)
	m.watch("-p " + w.p())
	m.keys("2")
	screen := m.waitFor("groups", func(s string) bool { return strings.Contains(s, "chan send") })
	for group, count := range groupsOf(truth) {
		reason, creator, _ := strings.Cut(group, " by ")
		function, _, _ := strings.Cut(creator, " ")
		row := rowWith(screen, function)
		if !strings.Contains(row, reason) || !strings.Contains(row, fmt.Sprintf(" %d ", count)) {
			t.Errorf("%d of %s are shown as %q in\n%s", count, group, row, screen)
		}
	}
	mustContain(t, screen, "of the runtime not shown", "sampled every")

	// One by one: each of them is of that group in the profile, with that stack.
	m.keys("Enter")
	title := regexp.MustCompile(`G(\d+) · `)
	screen = m.waitFor("a stack", title.MatchString)
	member := regexp.MustCompile(`(?m)^[> ] +G(\d+) `)
	members := member.FindAllStringSubmatch(screen, -1)
	if len(members) < 20 {
		t.Errorf("%d members are shown:\n%s", len(members), screen)
	}
	for _, match := range members {
		if g := byID[match[1]]; g.reason != "chan send" {
			t.Errorf("G%s is of another group: %v", match[1], g)
		}
	}
	oldest := title.FindStringSubmatch(screen)
	for _, frame := range byID[oldest[1]].stack {
		function, location, _ := strings.Cut(frame, " ")
		if row := rowWith(screen, location); !strings.Contains(row, function) {
			t.Errorf("the stack has no %s:\n%s", frame, screen)
		}
	}
	m.keys("Escape")

	// A filter, and what it leaves out.
	m.keys(`\`)
	m.do("send-keys", "-l", "IO|sleep")
	m.waitFor("two groups", func(s string) bool {
		return strings.Contains(s, "startReaders") && !strings.Contains(s, "startSenders")
	})
	m.keys("Home", "!")
	m.waitFor("the others", func(s string) bool {
		return !strings.Contains(s, "startReaders") && strings.Contains(s, "startSenders")
	})
	m.keys("Escape")
	m.waitFor("all", func(s string) bool {
		return strings.Contains(s, "startReaders") && strings.Contains(s, "startSenders")
	})
	m.keys("u")
	m.waitText("of the runtime too")
	m.keys("b")
	m.waitText("top frame")
	m.keys("q")
	m.expectShell(exitOK)
}
