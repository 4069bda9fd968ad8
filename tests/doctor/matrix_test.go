package doctor_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

// matrix counts what was found in which scenario.
type matrix struct {
	mu    sync.Mutex
	lines map[string]*line
}

type line struct {
	captures, right int
	places          [3]map[string]int // what came first, what second, what after them
}

func (m *matrix) add(r row, toolchain string, got report, right bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := fmt.Sprintf("%-32s %-9s", r.title(), toolchain)
	l := m.lines[key]
	if l == nil {
		l = new(line)
		for i := range l.places {
			l.places[i] = map[string]int{}
		}
		m.lines[key] = l
	}
	l.captures++
	if right {
		l.right++
	}
	for i, f := range got.findings {
		name := f.Slug
		if !f.accuses() {
			name = "(" + name + ")"
		}
		l.places[min(i, len(l.places)-1)][name]++
	}
}

func tell(counts map[string]int) string {
	var words []string
	for name, n := range counts {
		words = append(words, fmt.Sprintf("%s %d", name, n))
	}
	sort.Strings(words)
	return strings.Join(words, ", ")
}

func (m *matrix) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-32s %-9s right    %-30s %-30s %s\n", "scenario", "Go", "first", "second", "more")
	keys := make([]string, 0, len(m.lines))
	for key := range m.lines {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		l := m.lines[key]
		text := fmt.Sprintf("%s %d of %d   %-30s %-30s %s", key, l.right, l.captures, tell(l.places[0]),
			tell(l.places[1]), tell(l.places[2]))
		fmt.Fprintln(&out, strings.TrimRight(text, " "))
	}
	fmt.Fprint(&out, "(in parentheses: told as info, which accuses nobody)")
	return out.String()
}

// chosen are the rows that this run is about and that the Go version can build.
func chosen(version int, cgo bool) (list []row, names []string) {
	for _, r := range rows {
		if (isSlow || r.quick) && r.since <= version && r.cgo == cgo {
			list = append(list, r)
			names = append(names, r.name)
		}
	}
	slices.Sort(names)
	return list, slices.Compact(names)
}

// A provoked fault is the first or second finding, and a healthy program is accused of nothing.
func TestScenarios(t *testing.T) {
	m := matrix{lines: map[string]*line{}}
	t.Cleanup(func() {
		t.Logf("what was found in which scenario\n%s", m.String())
		checkAllCompared(t)
	})
	for _, toolchain := range toolchains() {
		t.Run(toolchain, func(t *testing.T) {
			version := minor(t, toolchain)
			for _, cgo := range []bool{false, true} {
				list, names := chosen(version, cgo)
				if len(list) == 0 {
					continue
				}
				dir := build(t, toolchain, cgo, names)
				for _, r := range list {
					t.Run(r.title(), func(t *testing.T) {
						t.Parallel()
						r.try(t, &m, toolchain, filepath.Join(dir, r.name))
					})
				}
			}
		})
	}
}

// title tells rows of one scenario apart.
func (r row) title() string {
	words := append(append([]string{r.name}, r.args...), r.flags...)
	if r.edit != nil {
		words = append(words, "as "+r.want)
	}
	return strings.Join(words, " ")
}

// attempts are how often a capture is taken when other programs keep the machine busy, each longer than the one before.
const attempts = 5

func (r row) try(t *testing.T, m *matrix, toolchain, program string) {
	for i := 1; i <= captures(); i++ {
		file, got, problem := r.attempt(t, program, i)
		m.add(r, toolchain, got, problem == "")
		if problem != "" {
			keep(t, file, fmt.Sprintf("%s-%s-%d.trace", r.name, toolchain, i))
			t.Errorf("capture %d: %s\n%s", i, problem, got.text)
		}
	}
}

// attempt captures, asks and judges. What isn't found in a program that got too little of the machine is
// looked for again: the doctor doesn't blame a program for what the machine may have done to it. A machine that
// is slow for other reasons doesn't show that, which the slow tier's many captures make up for. To accuse a
// healthy one there is no excuse.
func (r row) attempt(t *testing.T, program string, seed int) (file string, got report, problem string) {
	for n := 1; ; n++ {
		var others float64
		longer := r
		longer.window = time.Duration(n) * r.length()
		file, others = longer.capture(t, program, seed)
		tellsNothing(t, r, file)
		got = doctor(t, append(slices.Clone(r.flags), file)...)
		sound(t, file, got, r.flags...)
		problem = r.judge(got)
		if problem == "" || r.want == "" || isSlow && others < .1 || n == attempts {
			return file, got, problem
		}
		t.Logf("%s while other programs had %.0f %% of the machine: once more", problem, 100*others)
	}
}
