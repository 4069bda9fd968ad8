package e2e

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// groupsBySource reads the groups that the program itself has made: their state, reason, creator and start
// function, and how many there are.
func groupsBySource(t *testing.T, w *workload, source string) map[string]string {
	t.Helper()
	r := schedtop(t, "-p", w.p(), "--json", "-d", "500ms", "-n", "4", "--source", source)
	r.expect(t, exitOK)
	var found map[string]string
	for _, s := range parseSnapshots(t, r.stdout) {
		list, ok := s.at("goroutines", "by_creator", "groups")
		if !ok {
			continue
		}
		if origin, _ := s.at("goroutines", "origin"); origin != source {
			t.Errorf("goroutines come from %v, not from %s", origin, source)
		}
		found = map[string]string{}
		for _, one := range list.([]any) {
			group := snapshot(one.(map[string]any))
			text := func(path ...string) string {
				value, _ := group.at(path...)
				return fmt.Sprint(value)
			}
			if creator := text("creator", "function"); strings.HasPrefix(creator, "main.") {
				key := strings.Join([]string{text("state"), text("reason"), text("system"), creator,
					text("creator", "file"), text("creator", "line"), text("start", "function")}, " ")
				found[key] = text("count")
			}
		}
	}
	return found // nil: they were too expensive for these seconds
}

// The agent reads the same goroutines from inside as schedtop does from outside, stripped or not.
func TestGroupsOfTheAgentAreThoseOfMemory(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		if minor(t, toolchain) < agentFloor {
			continue
		}
		for _, stripped := range []bool{false, true} {
			w := launch{build: build{toolchain: toolchain, stripped: stripped},
				args: []string{"-mode", "blocked", "-n", "3000", "-agent"}}.run(t)
			// Who is about to wait when the program says that it is up may not wait yet.
			var memory, agent map[string]string
			for range 5 {
				memory, agent = groupsBySource(t, w, "memory"), groupsBySource(t, w, "agent")
				if memory != nil && reflect.DeepEqual(memory, agent) {
					break
				}
			}
			if len(memory) < 3 {
				t.Errorf("%s: only %d groups to compare", w.cmd.Path, len(memory))
			}
			if !reflect.DeepEqual(memory, agent) {
				t.Errorf("%s: memory has\n%v\nthe agent\n%v", w.cmd.Path, memory, agent)
			}
		}
	}
}
