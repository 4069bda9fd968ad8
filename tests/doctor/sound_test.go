package doctor_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// severities, from the least on.
var severities = []string{"info", "warning", "critical"}

// engine is what `schedtop stat --json` tells of a trace, which knows nothing of the doctor.
type engine struct {
	Health struct {
		Duration  int64   `json:"duration_ns"`
		From      int64   `json:"counted_from_ns"`
		To        int64   `json:"counted_to_ns"`
		LostBytes float64 `json:"lost_bytes"`
		Damages   float64 `json:"damages"`
	} `json:"health"`
	Utilization struct {
		Procs float64 `json:"gomaxprocs"`
	} `json:"utilization"`
	Goroutines struct {
		Running float64 `json:"running_ns"`
		Groups  []struct {
			Goroutines int `json:"goroutines"`
		} `json:"groups"`
	} `json:"goroutines"`
	Waits struct {
		Latency spread `json:"scheduling_latency"`
	} `json:"waits"`
	GC struct {
		Cycles spread `json:"cycles"`
		Stops  spread `json:"stops"`
		Assist spread `json:"mark_assist"`
		Heap   struct {
			Min float64 `json:"min_bytes"`
			Max float64 `json:"max_bytes"`
		} `json:"heap"`
		Mutator struct {
			Mean float64 `json:"mean_ratio"`
		} `json:"mutator_utilization"`
	} `json:"gc"`
	Tasks struct {
		Types []struct {
			Ended float64 `json:"ended"`
			Open  float64 `json:"open"`
		} `json:"types"`
		Logs float64 `json:"logs"`
	} `json:"tasks"`
}

type spread struct {
	Count float64 `json:"count"`
	Sum   float64 `json:"sum_ns"`
	P99   float64 `json:"p99_ns"`
	Max   float64 `json:"max_ns"`
}

func stat(t *testing.T, file string, flags ...string) engine {
	t.Helper()
	var e engine
	cmd := exec.Command(os.Getenv("SCHEDTOP"), append([]string{"stat", "--json", file}, flags...)...)
	// A damaged trace has a status of its own; what could be read of it is told, if there is anything.
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() == statusDamaged && len(out) == 0 {
		return e
	}
	if wrong := json.Unmarshal(out, &e); wrong != nil {
		t.Fatalf("stat %s: %v, %v\n%s", file, err, wrong, out)
	}
	return e
}

// sound checks what every finding owes its reader, whatever it is about. part are the flags, such as --from,
// that say of which part of the trace it is.
func sound(t *testing.T, file string, got report, part ...string) {
	t.Helper()
	if len(got.findings) == 0 {
		return
	}
	all := stat(t, file, part...)
	if !slices.IsSortedFunc(got.findings, before) {
		t.Errorf("not ordered by severity and impact:\n%s", got.text)
	}
	times := map[string]int{}
	for _, f := range got.findings {
		if times[f.Slug]++; times[f.Slug] == 4 {
			t.Errorf("%s is told more than three times", f.Slug)
		}
		for _, problem := range f.problems(all) {
			t.Errorf("%s: %s\n%+v", f.Slug, problem, f)
		}
		f.checkGoroutines(t, file)
		checkNumbers(t, f, all)
	}
}

func before(a, b finding) int {
	if d := slices.Index(severities, b.Severity) - slices.Index(severities, a.Severity); d != 0 {
		return d
	}
	switch {
	case a.Impact > b.Impact:
		return -1
	case a.Impact < b.Impact:
		return 1
	}
	return 0
}

func isSentence(text string) bool {
	return strings.HasSuffix(text, ".") && !strings.ContainsFunc(text, unicode.IsControl) &&
		!strings.Contains(text, "..") && !strings.Contains(text, "nan") && !strings.Contains(text, "(null)")
}

func (f finding) problems(all engine) (list []string) {
	tell := func(wrong bool, what string, args ...any) {
		if wrong {
			list = append(list, fmt.Sprintf(what, args...))
		}
	}
	tell(!slices.Contains(severities, f.Severity), "%q is no severity", f.Severity)
	tell(!isSentence(f.Summary), "the summary is no sentence: %q", f.Summary)
	tell(!isSentence(f.Remedy), "the remedy is no sentence: %q", f.Remedy)
	tell(!isSentence(f.Refuted), "what refutes it is no sentence: %q", f.Refuted)
	tell(f.Title == "", "there is no title")
	tell(f.Impact < 0 || f.Impact > 1, "the impact is %v", f.Impact)
	tell(len(f.Measures) == 0, "there are no numbers")
	tell(len(f.Evidence) == 0, "there is no evidence")
	for name, value := range f.Measures {
		tell(math.IsNaN(value) || value < 0, "%s is %v", name, value)
		tell(strings.HasSuffix(name, "_ratio") && value > 1.01, "%s is %v, more than all", name, value)
	}
	for _, e := range f.Evidence {
		tell(e.Text == "", "evidence without words")
		if e.Begin != nil {
			end := all.Health.Duration
			if all.Health.To > 0 {
				end = min(end, all.Health.To)
			}
			tell(e.End == nil || *e.Begin < all.Health.From || *e.Begin > *e.End || *e.End > end,
				"a span outside of the trace, or of the part that was asked for: %q", e.Text)
		}
		for _, place := range e.Stack {
			tell(place.Function == "", "a frame without a function: %q", e.Text)
		}
	}
	return list
}

// checkGoroutines checks that goroutines that are named as evidence are there.
func (f finding) checkGoroutines(t *testing.T, file string) {
	t.Helper()
	for _, e := range f.Evidence {
		if e.Goroutine == 0 {
			continue
		}
		one := stat(t, file, "--kind", "goroutines", "--goroutine", fmt.Sprint(e.Goroutine))
		if len(one.Goroutines.Groups) != 1 || one.Goroutines.Groups[0].Goroutines != 1 {
			t.Errorf("%s: goroutine %d isn't in the trace: %q", f.Slug, e.Goroutine, e.Text)
		}
		return // one is as good as all
	}
}
