package sched

import (
	"encoding/json"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

func groups(t testing.TB, r *Reader) *Groups {
	t.Helper()
	g, err := r.Groups()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// waiters starts goroutines that wait in different ways until the test is over.
func waiters(t testing.TB) {
	stop := make(chan bool)
	never := make(chan int)
	t.Cleanup(func() {
		close(stop)
		time.Sleep(10 * time.Millisecond)
	})
	for i := 0; i < 40; i++ {
		go func() { <-stop }()
	}
	for i := 0; i < 7; i++ {
		go func() {
			select {
			case <-never:
			case <-stop:
			}
		}()
	}
	go func() {
		select {
		case never <- 1:
		case <-stop:
		}
	}()
	go func() { time.Sleep(time.Minute) }()
	time.Sleep(50 * time.Millisecond)
}

var (
	dumpHead    = regexp.MustCompile(`^goroutine (\d+)(?: [^\[]*)? \[([^,\]]*)`)
	dumpCreator = regexp.MustCompile(`^created by (\S+)(?: in goroutine \d+)?$`)
	dumpPlace   = regexp.MustCompile(`^\t(\S+):(\d+)`)
)

// dumped counts the goroutines that the runtime prints, which stops the program: "reason|creator|file:line".
func dumped() map[string]int64 {
	text := make([]byte, 1<<20)
	text = text[:runtime.Stack(text, true)]
	counts := map[string]int64{}
	for _, one := range strings.Split(string(text), "\n\n") {
		lines := strings.Split(strings.TrimSpace(one), "\n")
		head := dumpHead.FindStringSubmatch(lines[0])
		key := ""
		for i, line := range lines {
			if made := dumpCreator.FindStringSubmatch(line); made != nil && i+1 < len(lines) {
				place := dumpPlace.FindStringSubmatch(lines[i+1])
				key = made[1] + "|" + place[1] + ":" + place[2]
			}
		}
		if head != nil && head[2] != "running" && head[2] != "runnable" && head[2] != "syscall" {
			counts[head[2]+"|"+key]++
		}
	}
	return counts
}

func Test_groups_are_what_the_runtime_prints_of_its_goroutines(t *testing.T) {
	r := open(t)
	waiters(t)
	var last string
	for attempt := 0; attempt < 100; attempt++ {
		time.Sleep(time.Duration(attempt) * time.Millisecond) // who was started may not wait yet
		before := dumped()
		ours := map[string]int64{}
		for _, g := range groups(t, r).List {
			if g.Status == gWaiting && !g.System {
				place := ""
				if g.Creator.Function != "" {
					place = fmt.Sprintf("%s|%s:%d", g.Creator.Function, g.Creator.File, g.Creator.Line)
				}
				ours[g.Reason+"|"+place] += g.Count
			}
		}
		last = ""
		for key, n := range before {
			if ours[key] != n {
				last += fmt.Sprintf("%s: %d, the runtime has %d\n", key, ours[key], n)
			}
		}
		for key, n := range ours {
			if before[key] == 0 {
				last += fmt.Sprintf("%s: %d, the runtime has none\n", key, n)
			}
		}
		if last == "" {
			if len(before) < 4 {
				t.Errorf("only %d groups were compared: %v", len(before), before)
			}
			return
		}
	}
	t.Error(last)
}

func Test_groups_add_up_to_the_number_of_goroutines(t *testing.T) {
	r := open(t)
	waiters(t)
	var told, want int64
	for attempt := 0; attempt < 100; attempt++ {
		time.Sleep(time.Duration(attempt) * time.Millisecond)
		g := groups(t, r)
		told, want = g.Count, int64(runtime.NumGoroutine())
		sum := int64(0)
		for _, one := range g.List {
			sum += one.Count
			if len(one.GoIDs) == 0 || int64(len(one.GoIDs)) > one.Count {
				t.Errorf("%d goroutines, the IDs %v", one.Count, one.GoIDs)
			}
		}
		if sum != g.Count+g.SystemCount {
			t.Errorf("groups have %d, in all there are %d and %d of the runtime", sum, g.Count, g.SystemCount)
		}
		if g.SystemCount < 2 || g.Dropped != 0 {
			t.Errorf("%d of the runtime, %d dropped", g.SystemCount, g.Dropped)
		}
		if told == want {
			return
		}
	}
	t.Errorf("%d goroutines, runtime.NumGoroutine %d", told, want)
}

func Test_groups_beyond_the_limit_are_told_by_status(t *testing.T) {
	r := open(t)
	groups(t, r) // prepares
	counted := map[groupKey]*Group{}
	for i := 0; i < groupsMax+500; i++ {
		counted[groupKey{status: gWaiting, start: uint64(i)}] = &Group{Status: gWaiting, Count: int64(1 + i%3), System: i%2 == 0}
	}
	want := int64(0)
	for _, g := range counted {
		want += g.Count
	}
	var out Groups
	r.nameGroups(&out, counted)
	sum := int64(0)
	for _, g := range out.List {
		sum += g.Count
	}
	if sum != want || len(out.List) != groupsMax+2 {
		t.Errorf("%d groups of %d goroutines, want %d of %d", len(out.List), sum, groupsMax+2, want)
	}
}

func Test_places_and_reasons_are_told_once(t *testing.T) {
	made := Place{"main.main", "/a b/\"main\".go", 12}
	g := Groups{Count: 3, List: []Group{
		{Status: 4, Reason: "select", Creator: made, Start: Place{"main.f", "f.go", 1}, Count: 2, GoIDs: []int64{5, 6}},
		{Status: 4, Reason: "select", Creator: made, Start: Place{"main.g", "", 0}, Count: 1, GoIDs: []int64{7}},
		{Status: 2, System: true, Count: 1},
	}}
	var answer struct {
		Reasons []string
		Places  []Place
		Groups  []struct {
			Status, Count          int64
			System                 bool
			Reason, Creator, Start *int
			GoIDs                  []int64
		}
	}
	text := append(g.AppendJSON([]byte{'{'}), '}')
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if len(answer.Reasons) != 1 || len(answer.Places) != 3 || len(answer.Groups) != 3 {
		t.Fatalf("%s", text)
	}
	first, second, third := answer.Groups[0], answer.Groups[1], answer.Groups[2]
	if *first.Creator != *second.Creator || answer.Places[*second.Creator] != made ||
		answer.Places[*second.Start].Function != "main.g" || third.Reason != nil || third.Creator != nil || !third.System {
		t.Errorf("%s", text)
	}
}

func BenchmarkGroups(b *testing.B) {
	for _, n := range []int{0, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			r := open(b)
			stop := make(chan bool)
			defer close(stop)
			for i := 0; i < n; i++ {
				go func() { <-stop }()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				groups(b, r)
			}
		})
	}
}
