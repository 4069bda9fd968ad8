package doctor_test

import (
	"bufio"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// visit runs a scenario that traces itself and has it looked at while it does: what the doctor says of the
// process, and of the trace.
func (r row) visit(t *testing.T, program string) (live, traced report) {
	t.Helper()
	const watch = 6 * time.Second
	file := filepath.Join(t.TempDir(), "trace")
	args := append([]string{"-trace", file, "-for", (watch + 3*time.Second).String()}, r.args...)
	cmd := exec.Command(program, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "READY ") {
		t.Fatalf("%s says %q: %v", r.name, line, err)
	}
	live = doctor(t, "-p", strconv.Itoa(cmd.Process.Pid), "--for", watch.String())
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v", r.name, err)
	}
	return live, doctor(t, file)
}

func (r report) accusations() []string {
	var slugs []string
	for _, f := range r.findings {
		if f.accuses() && !slices.Contains(slugs, f.Slug) {
			slugs = append(slugs, f.Slug)
		}
	}
	return slugs
}

// find returns nil when there is none of that slug. How sure the doctor is, the severity, may differ: it knows
// how busy the rest of the machine is when it watches a process, and not from a trace.
func (r report) find(slug string) *finding {
	for i := range r.findings {
		if r.findings[i].Slug == slug {
			return &r.findings[i]
		}
	}
	return nil
}

// What both can know, the doctor says of the process as it does of its trace.
func TestLiveAgreesWithTheTrace(t *testing.T) {
	if !isSlow {
		t.Skip("looks at each program for seconds: in the slow tier alone")
	}
	var both []row
	var names []string
	for _, r := range rows {
		if r.live {
			both = append(both, r)
			names = append(names, r.name)
		}
	}
	dir := build(t, "local", false, names)
	for _, r := range both {
		t.Run(r.title(), func(t *testing.T) {
			t.Parallel()
			live, traced := r.visit(t, filepath.Join(dir, r.name))
			for _, f := range live.findings {
				var all engine
				all.Health.Duration = math.MaxInt64 // times are those of the machine's clock
				for _, problem := range f.problems(all) {
					t.Errorf("%s live: %s\n%+v", f.Slug, problem, f)
				}
			}
			told := fmt.Sprintf("live: %s\ntraced: %s", live.text, traced.text)
			if r.want == "" {
				if slugs := append(live.accusations(), traced.accusations()...); len(slugs) > 0 {
					t.Errorf("accused of %v\n%s", slugs, told)
				}
				return
			}
			a, b := live.find(r.want), traced.find(r.want)
			if a == nil || b == nil {
				t.Errorf("%s isn't found in both\n%s", r.want, told)
				return
			}
			for name, rate := range a.Measures {
				other, both := b.Measures[name]
				if both && strings.HasSuffix(name, "_per_s") && (rate > 2*other || other > 2*rate) {
					t.Errorf("%s is %v live and %v in the trace\n%s", name, rate, other, told)
				}
			}
		})
	}
}
