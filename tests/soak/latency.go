package main

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"syscall"
	"time"
)

// timings are how long answers to keys took.
type timings struct {
	took []float64 // ms
	lost int       // keys that were not answered
}

// alone is how many keys are timed at least while everybody else holds still, and for how long that may take.
const (
	aloneKeys     = 150
	alonePatience = 2 * time.Minute
)

// timeAlone times the keys of a schedtop that has gone through all of it, and still goes on with what it looks at,
// while the others leave the machine to it.
func (s *stand) timeAlone(all []*stand) error {
	for _, other := range all {
		if other != s {
			other.hold(syscall.SIGSTOP)
			defer other.hold(syscall.SIGCONT)
		}
	}
	busy := s.hand.timings
	s.hand.timings, s.hand.next = timings{}, 0
	defer func() { s.alone, s.hand.timings = s.hand.timings, busy }()
	if s.hand.rescue != "" {
		if err := s.calm(); err != nil {
			return err
		}
	}
	for until := time.Now().Add(alonePatience); len(s.hand.took) < aloneKeys && time.Now().Before(until); {
		for range s.hand.strokes { // all of them, so that it ends where it began
			if err := s.time(); err != nil {
				return err
			}
		}
	}
	return nil
}

// hold stops a schedtop and what it looks at, or lets both go on.
func (s *stand) hold(how syscall.Signal) {
	if s.child != nil {
		_ = s.child.Cmd.Process.Signal(how)
	}
	if s.target != nil {
		_ = s.target.Cmd.Process.Signal(how)
	}
}

// quantile is the least value that q of the sorted ones do not exceed.
func quantile(sorted []float64, q float64) float64 {
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// How late an answer may be: to a key whose schedtop has the processors, and where all parts have them at once. Or ten
// times what the terminal takes by itself, where that is more.
const (
	aloneMs     = 50
	busyMs      = 200
	echoFactor  = 10
	answerLeast = 20 // timed keys
)

// latencies are one promise for all screens while they share the processors, and one for each by itself.
func latencies(stands []*stand) []promise {
	return []promise{
		answered(stands, "keys_are_answered_while_all_parts_work", busyMs, func(s *stand) *timings { return &s.hand.timings }),
		answered(stands, "keys_are_answered_at_once_afterwards", aloneMs, func(s *stand) *timings { return &s.alone }),
	}
}

// answered judges the timings of all screens.
func answered(stands []*stand, text string, limit float64, of func(s *stand) *timings) promise {
	kept := true
	var detail strings.Builder
	for _, s := range stands {
		sort.Float64s(of(s).took)
		if s.name == "echo" && len(of(s).took) > 0 {
			limit = max(limit, echoFactor*quantile(of(s).took, 0.99))
		}
	}
	for _, s := range stands {
		took, lost := of(s).took, of(s).lost
		if !s.screens {
			continue
		}
		if len(took) < answerLeast {
			kept = false
			fmt.Fprintf(&detail, "%s: %d keys timed, too few\n", s.name, len(took))
			continue
		}
		p99 := quantile(took, 0.99)
		kept = kept && p99 <= limit && lost <= 1+len(took)/100
		fmt.Fprintf(&detail, "%-10s %5d keys timed: p50 %.2f ms, p99 %.2f ms, most %.2f ms, %d lost\n",
			s.name, len(took), quantile(took, 0.5), p99, took[len(took)-1], lost)
	}
	fmt.Fprintf(&detail, "at most %.0f ms were allowed", limit)
	return promise{text, detail.String(), kept}
}
