// Package rows is how the drivers of tests/bench hand their figures on: a line of
// tab-separated columns each, appended to the file that $SCHEDTOP_BENCH_ROWS names.
// tests/bench/all makes one table of them. row.h does the same for programs in C.
package rows

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// Environment names the file; unset, nobody wants the rows.
const Environment = "SCHEDTOP_BENCH_ROWS"

// Unknown is a value that was not measured.
var Unknown = math.NaN()

// Row is a figure of schedtop and, where there is one, the same of somebody else,
// measured in the same run. Of all figures less is better, but where the goal says
// otherwise.
type Row struct {
	Part   string // of the benches
	Figure string
	Value  float64
	Unit   string
	Peer   string // empty: there is none
	Other  float64
	// "<=50" or ">=95" of the value, "ratio<=1.3" of the value divided by the
	// peer's; empty: none.
	Goal string
}

// Ratio is the value divided by the peer's, if both are known.
func (r Row) Ratio() float64 {
	if r.Peer == "" || r.Other == 0 {
		return Unknown
	}
	return r.Value / r.Other
}

func text(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

func number(s string) (float64, error) {
	if s == "" {
		return Unknown, nil
	}
	return strconv.ParseFloat(s, 64)
}

// Columns are the row's, as they are written.
func (r Row) Columns() []string {
	return []string{r.Part, r.Figure, text(r.Value), r.Unit, r.Peer, text(r.Other), text(r.Ratio()), r.Goal}
}

// Add hands the row on, if somebody wants it.
func Add(r Row) error {
	path := os.Getenv(Environment)
	if path == "" {
		return nil
	}
	if r.Peer == "" {
		r.Other = Unknown
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, strings.Join(r.Columns(), "\t"))
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

// Read returns the rows of a file in their order.
func Read(path string) ([]Row, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var all []Row
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		c := strings.Split(lines.Text(), "\t")
		if len(c) != len(Row{}.Columns()) {
			return nil, fmt.Errorf("%s:%d: %d columns instead of %d", path, n, len(c), len(Row{}.Columns()))
		}
		r := Row{Part: c[0], Figure: c[1], Unit: c[3], Peer: c[4], Goal: c[7]}
		if r.Value, err = number(c[2]); err == nil {
			r.Other, err = number(c[5])
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		all = append(all, r)
	}
	return all, lines.Err()
}
