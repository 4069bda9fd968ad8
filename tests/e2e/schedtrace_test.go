package e2e

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"
)

// A row is one line of the runtime's schedtrace: NAME=VALUE pairs. The number of a P or an M is its
// "id"; the SCHED line of 1.25 without scheddetail has "runqsizes" too.
type row map[string]string

// A trace is one print of schedtrace with scheddetail.
type trace struct {
	sched row
	p, m  []row
}

var (
	pairPattern  = regexp.MustCompile(`(\w+)=(\[[^\]]*\]|\S*)`)
	schedPattern = regexp.MustCompile(`^SCHED (\d+)ms: (.*)$`)
	partPattern  = regexp.MustCompile(`^  ([PM])(\d+): (.*)$`)
	queuePattern = regexp.MustCompile(` (\[[ \d]*\])`)
)

func parseRow(text string) row {
	r := row{}
	for _, pair := range pairPattern.FindAllStringSubmatch(text, -1) {
		r[pair[1]] = pair[2]
	}
	if queues := queuePattern.FindStringSubmatch(text); queues != nil {
		r["runqsizes"] = queues[1]
	}
	return r
}

// parseTraces reads all prints; the last one may still be growing.
func parseTraces(text []string) []trace {
	var all []trace
	for _, line := range text {
		if sched := schedPattern.FindStringSubmatch(line); sched != nil {
			r := parseRow(sched[2])
			r["ms"] = sched[1]
			all = append(all, trace{sched: r})
			continue
		}
		part := partPattern.FindStringSubmatch(line)
		if part == nil || len(all) == 0 {
			continue
		}
		last := &all[len(all)-1]
		r := parseRow(part[3])
		r["id"] = part[2]
		if part[1] == "P" {
			last.p = append(last.p, r)
		} else {
			last.m = append(last.m, r)
		}
	}
	return all
}

// truth returns the newest print that is complete.
func (w *workload) truth(t *testing.T) trace {
	t.Helper()
	return w.truthAfter(t, 0)
}

// truthAfterNow waits for a print that began after this call. The one that arrives next may have begun
// before, so it is the one after that.
func (w *workload) truthAfterNow(t *testing.T) trace {
	t.Helper()
	return w.truthAfter(t, len(parseTraces(w.stderr.all()))+1)
}

func (w *workload) truthAfter(t *testing.T, skip int) trace {
	t.Helper()
	var all []trace
	w.stderr.waitFor(t, "two prints of schedtrace", func(text []string) bool {
		all = parseTraces(text)
		return len(all) >= skip+2 // The last one has begun, so the one before it is complete.
	})
	return all[len(all)-2].modern()
}

var (
	idFields   = map[string]bool{"m": true, "p": true, "curg": true, "lockedg": true}
	boolFields = map[string]bool{"gcwaiting": true, "sysmonwait": true}
)

// modern puts the values of old releases in today's words: until 1.19, nil was -1 and two flags were
// numbers.
func (tr trace) modern() trace {
	change := func(r row) row {
		out := row{}
		for name, value := range r {
			switch {
			case idFields[name] && value == "-1":
				value = "nil"
			case boolFields[name] && value == "0":
				value = "false"
			case boolFields[name] && value == "1":
				value = "true"
			}
			out[name] = value
		}
		return out
	}
	out := trace{sched: change(tr.sched)}
	for _, r := range tr.p {
		out.p = append(out.p, change(r))
	}
	for _, r := range tr.m {
		out.m = append(out.m, change(r))
	}
	return out
}

// A difference between two traces: where, which field, and both values ("" is absent).
type difference struct {
	where, field, want, got string
	wantRow, gotRow         row
}

func (d difference) String() string {
	return fmt.Sprintf("%s: %s=%s, the target says %s", d.where, d.field, orNone(d.got), orNone(d.want))
}

func orNone(s string) string {
	if s == "" {
		return "(nothing)"
	}
	return s
}

// compare lists every field of want that got does not have with the same value, and the rows that only
// one of them has. The time of the print is not compared.
func compare(want, got trace) []difference {
	all := compareRows("SCHED", want.sched, got.sched)
	all = append(all, compareLists("P", want.p, got.p)...)
	return append(all, compareLists("M", want.m, got.m)...)
}

func compareLists(kind string, want, got []row) []difference {
	var all []difference
	for i := 0; i < len(want) || i < len(got); i++ {
		switch {
		case i >= len(got):
			all = append(all, difference{where: kind + want[i]["id"], field: "row", want: "present"})
		case i >= len(want):
			all = append(all, difference{where: kind + got[i]["id"], field: "row", got: "present"})
		default:
			all = append(all, compareRows(kind+want[i]["id"], want[i], got[i])...)
		}
	}
	return all
}

func compareRows(where string, want, got row) []difference {
	names := make([]string, 0, len(want))
	for name := range want {
		if name != "ms" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var all []difference
	for _, name := range names {
		value, ok := got[name]
		if !ok || value != want[name] {
			all = append(all, difference{where, name, want[name], value, want, got})
		}
	}
	return all
}

func list(differences []difference) string {
	words := make([]string, len(differences))
	for i, d := range differences {
		words[i] = d.String()
	}
	return strings.Join(words, "\n")
}
