package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"schedtop/tests/bench/rows"
)

// What the parts of the benches are about, in the order of the document. A part that is
// not here comes last, under its own name.
var headings = []struct {
	title string
	parts []string
}{
	{"The screen", []string{"key", "peers"}},
	{"What it costs the program that is watched", []string{"slowdown", "agent"}},
	{"Reading memory", []string{"snapshot", "attach", "goroutines"}},
	{"Recordings and history", []string{"record", "size"}},
	{"A fleet", []string{"fleet"}},
	{"Traces", []string{"trace"}},
	{"Comparing traces", []string{"diff"}},
}

// number has three digits that count.
func number(v float64) string {
	switch size := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case size >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case size >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case size >= 1 || size == 0:
		return strconv.FormatFloat(v, 'f', 2, 64)
	default:
		return strconv.FormatFloat(v, 'f', 3-int(math.Floor(math.Log10(size)))-2, 64)
	}
}

// In units of which a time has one to three digits before the point.
var times = []string{"ns", "µs", "ms", "s"}

func scaled(v float64, unit string) (float64, string) {
	at := -1
	for i, t := range times {
		if t == unit {
			at = i
		}
	}
	if at < 0 || v == 0 || math.IsNaN(v) {
		return v, unit
	}
	for ; at > 0 && math.Abs(v) < 1; at-- {
		v *= 1000
	}
	for ; at+1 < len(times) && math.Abs(v) >= 1000; at++ {
		v /= 1000
	}
	return v, times[at]
}

func with(v float64, unit string) string {
	if math.IsNaN(v) {
		return "not measured"
	}
	v, unit = scaled(v, unit)
	return strings.TrimSpace(number(v) + " " + unit)
}

// bound is a goal, taken apart.
type bound struct {
	least, ratio bool // of the value, or of the value divided by the peer's
	limit        float64
}

func parse(goal string) (bound, error) {
	var b bound
	rest, ok := strings.CutPrefix(goal, "ratio")
	b.ratio = ok
	text, least := strings.CutPrefix(rest, ">=")
	if b.least = least; !least {
		text, _ = strings.CutPrefix(rest, "<=")
	}
	limit, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return b, fmt.Errorf("%q is no goal", goal)
	}
	b.limit = limit
	return b, nil
}

// of is what the goal is about.
func (b bound) of(r rows.Row) float64 {
	if b.ratio {
		return r.Ratio()
	}
	return r.Value
}

// distance is how much of the goal is used up: more than 1 misses it.
func (b bound) distance(r rows.Row) float64 {
	if b.least {
		return b.limit / b.of(r)
	}
	return b.of(r) / b.limit
}

// goal says what it is and whether it is met.
func goal(r rows.Row) (string, error) {
	if r.Goal == "" {
		return "", nil
	}
	b, err := parse(r.Goal)
	if err != nil {
		return "", err
	}
	limit, unit := b.limit, "×"
	if !b.ratio {
		limit, unit = scaled(b.limit, r.Unit)
	}
	sign, verdict := "≤ ", ", met"
	if b.least {
		sign = "≥ "
	}
	if d := b.distance(r); math.IsNaN(d) {
		verdict = ""
	} else if d > 1 {
		verdict = ", **missed**"
	}
	return sign + strings.TrimSpace(strconv.FormatFloat(limit, 'g', 3, 64)+" "+unit) + verdict, nil
}

func peer(r rows.Row) string {
	if r.Peer == "" {
		return ""
	}
	if math.IsNaN(r.Other) {
		return r.Peer
	}
	return r.Peer + ": " + with(r.Other, r.Unit)
}

func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

const head = "| figure | schedtop | peer | schedtop ÷ peer | goal |\n|---|---|---|---|---|\n"

// lines is a line of a table for each row.
func lines(all []rows.Row) (string, error) {
	var out strings.Builder
	for _, r := range all {
		g, err := goal(r)
		if err != nil {
			return "", err
		}
		ratio := ""
		if q := r.Ratio(); !math.IsNaN(q) {
			ratio = number(q)
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n", cell(r.Figure), cell(with(r.Value, r.Unit)), cell(peer(r)), ratio, g)
	}
	return out.String(), nil
}

// group is what stands below one heading.
type group struct {
	title string
	rows  []rows.Row
}

// grouped sorts by heading; below one, the order stays.
func grouped(all []rows.Row) []group {
	var out []group
	known := map[string]bool{}
	take := func(title string, parts ...string) {
		g := group{title: title}
		for _, r := range all {
			for _, part := range parts {
				if r.Part == part {
					g.rows = append(g.rows, r)
				}
			}
		}
		for _, part := range parts {
			known[part] = true
		}
		if len(g.rows) > 0 {
			out = append(out, g)
		}
	}
	for _, h := range headings {
		take(h.title, h.parts...)
	}
	for _, r := range all {
		if !known[r.Part] {
			take(r.Part, r.Part)
		}
	}
	return out
}

// full has every row, in a table for each heading.
func full(all []rows.Row) (string, error) {
	var out strings.Builder
	for i, g := range grouped(all) {
		text, err := lines(g.rows)
		if err != nil {
			return "", err
		}
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString("### " + g.title + "\n\n" + head + text)
	}
	return out.String(), nil
}

var digits = regexp.MustCompile(`[0-9][0-9.,]*`)

// kind is what rows have in common that measure the same of different things.
func kind(r rows.Row) string {
	what, _, _ := strings.Cut(r.Figure, ", ")
	return strings.Join([]string{r.Part, digits.ReplaceAllString(what, "#"), r.Peer, r.Goal}, "\x00")
}

// badness orders the rows of a kind: one that was not measured comes first, then what is
// nearest to its goal or beyond it, or, without a goal, to its peer.
func badness(r rows.Row) float64 {
	v := r.Ratio()
	if b, err := parse(r.Goal); err == nil {
		v = b.distance(r)
	}
	if math.IsNaN(v) {
		return math.Inf(1)
	}
	return v
}

// worst is, of each kind that has a goal or a peer, the worst row.
func worst(all []rows.Row) []rows.Row {
	var out []rows.Row
	at := map[string]int{}
	for _, r := range all {
		if r.Goal == "" && r.Peer == "" {
			continue
		}
		k := kind(r)
		if i, ok := at[k]; !ok {
			at[k] = len(out)
			out = append(out, r)
		} else if badness(r) > badness(out[i]) {
			out[i] = r
		}
	}
	return out
}

// short is one table of the worst rows, with the headings as rows of their own.
func short(all []rows.Row) (string, error) {
	var out strings.Builder
	out.WriteString(head)
	for _, g := range grouped(worst(all)) {
		text, err := lines(g.rows)
		if err != nil {
			return "", err
		}
		out.WriteString("| **" + g.title + "** | | | | |\n" + text)
	}
	return out.String(), nil
}
