package main

import (
	"math/rand"
	"testing"
	"time"
)

// looksAt makes looks, twice a second for four minutes, at a process that grows as told.
func looksAt(grown func(l *look, minutes float64)) []look {
	random := rand.New(rand.NewSource(1))
	var looks []look
	for at := time.Duration(0); at < 4*time.Minute; at += 500 * time.Millisecond {
		l := look{at: at, resident: 30000 + random.Intn(600), own: 20000 + random.Intn(600), fds: 20 + random.Intn(6), threads: 3}
		grown(&l, at.Minutes())
		looks = append(looks, l)
	}
	return looks
}

func TestGrowthIsSeen(t *testing.T) {
	for _, test := range []struct {
		name            string
		grown           func(l *look, minutes float64)
		memory, numbers bool // whether the promises are kept
	}{
		{"steady", func(*look, float64) {}, true, true},
		{"fills up first", func(l *look, minutes float64) {
			if minutes < 1.5 {
				l.resident, l.own = l.resident/2, l.own/2
			}
		}, true, true},
		{"a snapshot a second", func(l *look, minutes float64) {
			l.resident += int(minutes * 60 * 8)
			l.own += int(minutes * 60 * 8)
		}, true, true},
		{"8 MiB a minute", func(l *look, minutes float64) {
			l.resident += int(minutes * 8192)
			l.own += int(minutes * 8192)
		}, false, true},
		{"memory in place of pages of a file", func(l *look, minutes float64) { l.own += int(minutes * 8192) }, false, true},
		{"descriptors", func(l *look, minutes float64) { l.fds += int(minutes * 10) }, true, false},
		{"threads", func(l *look, minutes float64) { l.threads += int(minutes * 2) }, true, false},
		{"children", func(l *look, minutes float64) { l.children += int(minutes * 2) }, true, false},
	} {
		g, err := measureGrowth(looksAt(test.grown))
		if err != nil {
			t.Fatal(err)
		}
		p := g.promises("it")
		if p[0].kept != test.memory || p[1].kept != test.numbers {
			t.Errorf("%s: memory %v, numbers %v: %s; %s", test.name, p[0].kept, p[1].kept, p[0].detail, p[1].detail)
		}
	}
}

func TestMoreIsAllowedUntilAHistoryIsFull(t *testing.T) {
	early := allowed(50000, 2*time.Minute, 3*time.Minute) - allowed(50000, 11*time.Minute, 12*time.Minute)
	if early != historyKiB/10 {
		t.Errorf("%d KiB more in a minute of the first ten", early)
	}
	if later := allowed(50000, 11*time.Minute, 50*time.Minute); later != 50000+4000+growthKiB {
		t.Errorf("%d KiB are allowed in the end", later)
	}
}

func TestSlopeIsInKiBAMinute(t *testing.T) {
	g, err := measureGrowth(looksAt(func(l *look, minutes float64) { l.resident += int(minutes * 5000) }))
	if err != nil || g.slope < 4500 || g.slope > 5500 {
		t.Errorf("%v KiB a minute, %v", g.slope, err)
	}
}

func TestTooFewLooksTellNothing(t *testing.T) {
	if _, err := measureGrowth(make([]look, 5)); err == nil {
		t.Error("five looks are enough?")
	}
}
