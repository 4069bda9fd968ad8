package e2e

import (
	"testing"
)

// A goroutine that waits again and again at the same place has not waited since it was first seen there;
// one that never runs has. The runtime keeps neither.
func TestWaitsAreAsOldAsTheyAreSeenToBe(t *testing.T) {
	t.Parallel()
	const interval = 5e8 // ns
	w := launch{args: []string{"-mode", "mixed", "-waiting", "9"}}.run(t)
	r := schedtop(t, "-p", w.p(), "--json", "-d", "500ms", "-n", "8", "--source", "memory")
	r.expect(t, exitOK)
	all := parseSnapshots(t, r.stdout)
	if len(all) != 8 {
		t.Fatalf("8 snapshots expected: schedtop %v", r)
	}
	sleepers, still := 0, 0
	for i, s := range all {
		uptime := s.number(t, "os", "uptime_ns")
		for _, group := range waitingGroups(t, s) {
			wait := group.longest(t)
			if wait > uptime {
				t.Errorf("%v of a program that runs for %v", wait, uptime)
			}
			switch {
			case group.is("main.startMixed", "sleep"): // for less than a millisecond, all the time
				sleepers++
				if i > 3 && wait > 3*interval {
					t.Errorf("snapshot %d: a goroutine that runs all the time waits for %v ns", i, wait)
				}
			case group.is("main.startWaiters", "sleep"):
				still++
				if wait < float64(i)*interval*0.9 {
					t.Errorf("snapshot %d: a goroutine that never runs waits for %v ns", i, wait)
				}
			}
		}
	}
	if sleepers == 0 || still == 0 {
		t.Error("nothing sleeps again and again, or nothing for ever, and nothing is proven")
	}
}

type waitingGroup snapshot

func waitingGroups(t *testing.T, s snapshot) []waitingGroup {
	t.Helper()
	list, ok := s.at("goroutines", "by_creator", "groups")
	if !ok {
		return nil // the budget did not allow it
	}
	var groups []waitingGroup
	for _, group := range list.([]any) {
		if g := waitingGroup(group.(map[string]any)); g["state"] == "waiting" {
			groups = append(groups, g)
		}
	}
	return groups
}

func (g waitingGroup) is(creator, reason string) bool {
	function, _ := snapshot(g).at("creator", "function")
	return function == creator && g["reason"] == reason
}

// longest is how long somebody of the group waits, or longer.
func (g waitingGroup) longest(t *testing.T) float64 {
	t.Helper()
	for _, key := range []string{"longest_ns", "longest_at_least_ns"} {
		if value, ok := g[key]; ok {
			return toFloat(t, value)
		}
	}
	t.Fatalf("nobody knows how long it waits: %v", g)
	return 0
}
