// Table makes one Markdown table of the rows that the drivers of tests/bench have
// handed on, with the machine above it, and puts it between two lines of a document
// where it is told to. tests/bench/all calls it.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"schedtop/tests/bench/rows"
)

// The table stands between these lines.
const (
	begin = "<!-- performance: begin -->"
	end   = "<!-- performance: end -->"
)

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

func with(v float64, unit string) string {
	if math.IsNaN(v) {
		return "not measured"
	}
	return strings.TrimSpace(number(v) + " " + unit)
}

// goal says what it is and whether it is met.
func goal(r rows.Row) (string, error) {
	if r.Goal == "" {
		return "", nil
	}
	bound, v, unit := r.Goal, r.Value, " "+r.Unit
	if rest, ok := strings.CutPrefix(bound, "ratio"); ok {
		bound, v, unit = rest, r.Ratio(), " ×"
	}
	most, least := strings.CutPrefix(bound, ">=")
	if !least {
		most, _ = strings.CutPrefix(bound, "<=")
	}
	limit, err := strconv.ParseFloat(most, 64)
	if err != nil {
		return "", fmt.Errorf("%q is no goal", r.Goal)
	}
	sign, met := "≤ ", v <= limit
	if least {
		sign, met = "≥ ", v >= limit
	}
	verdict := ", **missed**"
	if math.IsNaN(v) {
		verdict = ""
	} else if met {
		verdict = ", met"
	}
	return sign + strings.TrimSpace(strconv.FormatFloat(limit, 'g', 3, 64)+unit) + verdict, nil
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

func table(all []rows.Row) (string, error) {
	var out strings.Builder
	out.WriteString("| figure | schedtop | peer | schedtop ÷ peer | goal |\n|---|---|---|---|---|\n")
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

// processor is its name, as the kernel tells it.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for _, line := range strings.Split(string(info), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return " (" + strings.TrimSpace(value) + ")"
		}
	}
	return ""
}

// machine is what all of it was measured on.
func machine() string {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	release, _, _ := strings.Cut(strings.TrimSpace(string(kernel)), "-")
	version := runtime.Version()
	if out, err := exec.Command("go", "env", "GOVERSION").Output(); err == nil {
		version = strings.TrimSpace(string(out))
	}
	load, _ := os.ReadFile("/proc/loadavg")
	minutes, _, _ := strings.Cut(string(load), " ")
	return fmt.Sprintf("%d CPUs%s, Linux %s, %s, %s, load average %s at its end.", runtime.NumCPU(), processor(), release,
		version, time.Now().UTC().Format(time.DateOnly), minutes)
}

// replace puts a text between the two lines of a document.
func replace(document, text string) (string, error) {
	before, rest, ok := strings.Cut(document, begin+"\n")
	_, after, too := strings.Cut(rest, end)
	if !ok || !too {
		return "", fmt.Errorf("it has no lines %s and %s", begin, end)
	}
	return before + begin + "\n" + text + end + after, nil
}

func main() {
	log.SetFlags(0)
	file := flag.String("rows", "", "the `file` that the drivers have written")
	document := flag.String("document", "", "put the table into this `file`, too")
	flag.Parse()
	all, err := rows.Read(*file)
	if err != nil {
		log.Fatal(err)
	}
	text, err := table(all)
	if err != nil {
		log.Fatal(err)
	}
	text = machine() + "\n\n" + text
	fmt.Print(text)
	if *document == "" {
		return
	}
	old, err := os.ReadFile(*document)
	if err != nil {
		log.Fatal(err)
	}
	changed, err := replace(string(old), text)
	if err != nil {
		log.Fatalf("%s: %v", *document, err)
	}
	if err := os.WriteFile(*document, []byte(changed), 0o644); err != nil {
		log.Fatal(err)
	}
}
