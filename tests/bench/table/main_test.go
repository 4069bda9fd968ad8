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
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := replace(string(readme), "new\n"); err != nil {
		t.Error("README.md: ", err)
	}
}

func TestPeerThatIsNotThereIsSaid(t *testing.T) {
	got, err := table([]rows.Row{{Figure: "a|b", Value: 2, Unit: "ms", Peer: "btop is not there", Other: rows.Unknown}})
	if err != nil || !strings.Contains(got, "| a\\|b | 2.00 ms | btop is not there |  |  |\n") {
		t.Error(got, err)
	}
}
