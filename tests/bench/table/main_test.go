package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"schedtop/tests/bench/rows"
)

func TestRowsComeBackAsTheyWereAdded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows")
	t.Setenv(rows.Environment, path)
	for _, r := range []rows.Row{
		{Part: "key", Figure: "a key", Value: 1.5, Unit: "ms", Peer: "htop", Other: 6, Goal: "<=50"},
		{Part: "key", Figure: "another", Value: rows.Unknown, Unit: "ms"},
	} {
		if err := rows.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	all, err := rows.Read(path)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	if all[0].Ratio() != 0.25 || all[0].Goal != "<=50" || !math.IsNaN(all[1].Value) {
		t.Error(all)
	}
}

func TestGoalsAreOfTheValueOrOfTheRatio(t *testing.T) {
	for _, c := range []struct {
		row  rows.Row
		want string
	}{
		{rows.Row{Value: 3, Unit: "ms", Goal: "<=50"}, "≤ 50 ms, met"},
		{rows.Row{Value: 93, Unit: "%", Goal: ">=95"}, "≥ 95 %, **missed**"},
		{rows.Row{Value: 3, Peer: "stat", Other: 2, Goal: "ratio<=1.3"}, "≤ 1.3 ×, **missed**"},
		{rows.Row{Value: 2.5, Peer: "stat", Other: 2, Goal: "ratio<=1.3"}, "≤ 1.3 ×, met"},
		{rows.Row{Value: rows.Unknown, Unit: "s", Goal: "<=2"}, "≤ 2 s"},
		{rows.Row{}, ""},
	} {
		if got, err := goal(c.row); err != nil || got != c.want {
			t.Errorf("%+v: %q, %v", c.row, got, err)
		}
	}
	if _, err := goal(rows.Row{Goal: "fast"}); err == nil {
		t.Error("a word is no goal")
	}
}

func TestNumbersHaveThreeDigits(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00", 1234: "1234", 12.34: "12.3", 1.234: "1.23", 0.1234: "0.12", 0.01234: "0.012", -0.31: "-0.31"} {
		if got := number(v); got != want {
			t.Errorf("%v: %q", v, got)
		}
	}
}

func TestTableIsPutBetweenItsTwoLines(t *testing.T) {
	old := "# Title\n" + begin + "\nold\n" + end + "\nmore\n"
	got, err := replace(old, "new\n")
	if err != nil || got != "# Title\n"+begin+"\nnew\n"+end+"\nmore\n" {
		t.Error(got, err)
	}
	if _, err := replace("# Title\n", "new\n"); err == nil {
		t.Error("there is nowhere to put it")
	}
	for _, document := range []string{"README.md", "doc/performance.md"} {
		text, err := os.ReadFile(filepath.Join("../../..", document))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := replace(string(text), "new\n"); err != nil {
			t.Errorf("%s: %v", document, err)
		}
	}
}

func TestPeerThatIsNotThereIsSaid(t *testing.T) {
	got, err := lines([]rows.Row{{Figure: "a|b", Value: 2, Unit: "ms", Peer: "btop is not there", Other: rows.Unknown}})
	if err != nil || !strings.Contains(got, "| a\\|b | 2.00 ms | btop is not there |  |  |\n") {
		t.Error(got, err)
	}
}

func TestTimesHaveTheUnitThatSuitsThem(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{0.034, "s", "34.0 ms"}, {1500, "µs", "1.50 ms"}, {0.0000412, "s", "41.2 µs"}, {75.5, "s", "75.5 s"},
		{0, "s", "0.00 s"}, {0.5, "%", "0.50 %"}, {14877, "", "14877"}, {rows.Unknown, "s", "not measured"},
	} {
		if got := with(c.v, c.unit); got != c.want {
			t.Errorf("%v %s: %q", c.v, c.unit, got)
		}
	}
}

func TestRowsStandBelowTheirHeadingInTheOrderTheyCame(t *testing.T) {
	all := []rows.Row{
		{Part: "trace", Figure: "t"}, {Part: "new", Figure: "n"}, {Part: "peers", Figure: "p"}, {Part: "key", Figure: "k"}, {Part: "new", Figure: "m"},
	}
	var got []string
	for _, g := range grouped(all) {
		got = append(got, g.title+":")
		for _, r := range g.rows {
			got = append(got, r.Figure)
		}
	}
	if strings.Join(got, " ") != "The screen: p k Traces: t new: n m" {
		t.Error(got)
	}
}

func TestShortTableHasTheWorstOfEachKind(t *testing.T) {
	got := worst([]rows.Row{
		{Part: "key", Figure: "key to screen, idle", Value: 1, Unit: "ms", Goal: "<=50"},
		{Part: "key", Figure: "key to screen, busy", Value: 60, Unit: "ms", Goal: "<=50"},
		{Part: "size", Figure: "history of 8 Ps at 100 ms", Value: 3, Unit: "MiB", Goal: "<=20"},
		{Part: "size", Figure: "history of 64 Ps at 1000 ms", Value: 2, Unit: "MiB", Goal: "<=20"},
		{Part: "size", Figure: "history of 64 Ps at 1 ms", Value: 99, Unit: "MiB"},
		{Part: "diff", Figure: "found, of 10 tries", Value: 99, Unit: "%", Goal: ">=95"},
		{Part: "diff", Figure: "found, of 20 tries", Value: 96, Unit: "%", Goal: ">=95"},
		{Part: "trace", Figure: "stat, 5 MB", Value: 1, Unit: "s", Peer: "other", Other: 2},
		{Part: "trace", Figure: "stat, 9 MB", Value: rows.Unknown, Unit: "s", Peer: "other", Other: 2},
	})
	var figures []string
	for _, r := range got {
		figures = append(figures, r.Figure)
	}
	want := "key to screen, busy|history of 8 Ps at 100 ms|found, of 20 tries|stat, 9 MB"
	if strings.Join(figures, "|") != want {
		t.Error(figures)
	}
}
