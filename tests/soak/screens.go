package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"schedtop/tests/bench/seat"
)

// The last words of the bottom line, where no question stands.
const liveHome, traceHome = "q quit", "q leave"

// --- a program that is started anew all the time ------------------------------------------------------

const restartEvery = 4 * time.Second

var restarted = []string{"-mode", "mixed", "-agent"}

func startRestarts(s *stand) error {
	// The screen goes on with the newest process of a program, whatever its arguments: nobody else may run this one.
	if err := s.ownWorkload(); err != nil {
		return err
	}
	if err := s.startTarget(s.workload, restarted...); err != nil {
		return err
	}
	s.hand = hand{gestures: past, strokes: viewed, rescue: keyEscape, home: liveHome, react: follow}
	return s.startScreen("-p", s.targetPid(), "-d", "50ms", "--trace-dir", filepath.Join(s.dir, "traces"))
}

// follow goes on with the program that took over, as a person would.
func follow(s *stand, shows func(text string) bool) error {
	if !shows("to follow") && !shows(" follows") {
		return nil
	}
	s.counts["followed"]++
	return s.make(gesture{keyEscape, "1", keyEnter})
}

// workRestarts ends the program in turns as it should be and as it should not.
func workRestarts(s *stand) error {
	react := s.hand.react
	last := time.Now()
	s.hand.react = func(s *stand, shows func(text string) bool) error {
		if time.Since(last) >= restartEvery && time.Until(s.until) > restartEvery {
			last = time.Now()
			s.counts["restarts"]++
			if s.counts["restarts"]%2 == 0 {
				if err := s.target.Cmd.Process.Kill(); err != nil {
					return err
				}
			}
			s.stopTarget()
			if err := s.startTarget(s.workload, restarted...); err != nil {
				return err
			}
		}
		return react(s, shows)
	}
	if err := s.pressKeys(); err != nil {
		return err
	}
	if err := s.calm(); err != nil {
		return err
	}
	// Its successor is looked for every two seconds.
	for i := 0; i < 20 && !s.shows()(s.targetPid()); i++ {
		if err := react(s, s.shows()); err != nil {
			return err
		}
		time.Sleep(500 * time.Millisecond)
	}
	s.child.Term.See(func(p *seat.Page) { s.page = p.String() })
	return s.make(gesture{keyEscape, keyEscape, "1", keyEnd})
}

func endRestarts(s *stand) {
	s.promise(s.counts["followed"] >= s.counts["restarts"]/2 && s.counts["restarts"] > 0,
		"programs_that_are_started_anew_are_followed", "%d were, of %d", s.counts["followed"], s.counts["restarts"])
	kept, detail := s.shows()(s.targetPid()), "it is process "+s.targetPid()
	if !kept {
		detail += ":\n" + s.page
	}
	s.promise(kept, "the_newest_of_them_is_on_the_screen", "%s", detail)
}

// --- 100,000 goroutines ---------------------------------------------------------------------------------

func startGoroutines(s *stand) error {
	if err := s.startTarget(s.workload, "-mode", "waves", "-waiting", "100000"); err != nil {
		return err
	}
	s.hand = hand{gestures: append([]gesture{press("2"), press("2b"), {"2", keyEnter, keyDown, keyEnter}, {"2", "s"},
		{"2", "\\", "wait", keyEnter}, {"2", "u"}}, past...), strokes: viewed, rescue: keyEscape, home: liveHome}
	return s.startScreen("-p", s.targetPid(), "-d", "200ms")
}

// --- a recording of 256 Ps, as fast as it goes -----------------------------------------------------------

func startReplay(s *stand) error {
	if err := s.startTarget(s.workload, "-mode", "mixed", "-procs", "256"); err != nil {
		return err
	}
	defer s.stopTarget()
	recording := filepath.Join(s.dir, "recording")
	said, err := exec.Command(s.schedtop, "-p", s.targetPid(), "--batch", "-d", "50ms", "-n", "200", "--record", recording).CombinedOutput()
	if err != nil {
		return fmt.Errorf("recording 256 Ps: %w: %s", err, lastLine(said))
	}
	s.hand = hand{gestures: replayed, strokes: viewed, rescue: keyEscape, home: liveHome, react: goOn}
	return s.startScreen("--replay", recording, "--speed", "10")
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// goOn lets a recording that has ended or stands still go on.
func goOn(s *stand, shows func(text string) bool) error {
	switch {
	case shows("end of the recording"):
		s.counts["rounds"]++
		return s.make(gesture{keyHome, " "})
	case shows("replay paused"):
		return s.make(gesture{" "})
	}
	return nil
}

func workReplay(s *stand) error { return s.pressKeys() }

func endReplay(s *stand) {
	s.promise(s.counts["rounds"] > 1, "a_recording_is_replayed_again_and_again", "%d times to its end", s.counts["rounds"])
}

// --- one trace after the other ---------------------------------------------------------------------------

const tracesKept = 3

func startCaptures(s *stand) error {
	if err := s.startTarget(s.service, "-load", "100", "-agent", "-flight", "5s"); err != nil {
		return err
	}
	s.hand = hand{gestures: past, strokes: viewed, rescue: keyEscape, home: liveHome}
	return s.startScreen("-p", s.targetPid(), "-d", "100ms", "--source", "agent", "--trace-dir", filepath.Join(s.dir, "traces"),
		"--trace-keep", strconv.Itoa(tracesKept))
}

// workCaptures takes traces, some of them of what has been, gives some up, and looks into some.
func workCaptures(s *stand) error {
	if err := s.child.Term.Await("lanes", func(p *seat.Page) bool { return p.Has("sched/s") }); err != nil {
		return err
	}
	until := s.until
	defer func() { s.until = until }()
	for turn := 0; time.Now().Before(until); turn++ {
		how := gesture{":", "trace 1s", keyEnter, keyEnter}
		if turn%3 == 1 {
			how = gesture{"f"}
		}
		if err := s.calm(); err != nil {
			return err
		}
		if err := s.make(how); err != nil {
			return err
		}
		if turn%5 == 4 { // give it up
			if err := s.make(gesture{keyEscape, keyEscape}); err != nil {
				return err
			}
		} else if err := s.takeTrace(turn%2 == 0); err != nil {
			return err
		}
		// An agent gives no other within two seconds of the end, as it sees that.
		s.until = time.Now().Add(3 * time.Second)
		if err := s.pressKeys(); err != nil {
			return err
		}
	}
	return nil
}

// takeTrace waits for the trace, and looks into it if that is wanted.
func (s *stand) takeTrace(open bool) error {
	term := s.child.Term
	if err := term.Await("the end of a capture", func(p *seat.Page) bool {
		return p.Has("Enter opens it") || p.Has("Esc closes")
	}); err != nil {
		return err
	}
	if !s.shows()("Enter opens it") {
		s.counts["failed"]++
		term.See(func(p *seat.Page) { _, s.why, _ = strings.Cut(p.String(), "\n── ") })
		return s.make(gesture{keyEscape})
	}
	s.counts["taken"]++
	if !open {
		return s.make(gesture{keyEscape})
	}
	if err := s.make(gesture{keyEnter}); err != nil {
		return err
	}
	if err := term.Await("a trace", func(p *seat.Page) bool { return p.Has("Their time") }); err != nil {
		return err
	}
	if err := s.make(gesture{"7", "w", "w", keyRight, "2", keyEnter, "8", "q"}); err != nil {
		return err
	}
	return term.Await("the live screen", func(p *seat.Page) bool { return p.Has(liveHome) })
}

func endCaptures(s *stand) {
	files, bytes, others := s.filesIn("traces", ".trace")
	taken, failed := s.counts["taken"], s.counts["failed"]
	// A machine that is late may ask too soon all the same.
	s.promise(taken > 2 && failed <= 1+taken/10, "traces_are_taken_again_and_again", "%d were, %d failed %s", taken, failed, s.why)
	s.promise(files > 0 && files <= tracesKept && len(others) == 0, "no_more_traces_are_kept_than_shall_be",
		"%d, %d bytes; others: %q", files, bytes, others)
}

// --- a trace that is browsed -----------------------------------------------------------------------------

func startBrowser(s *stand) error {
	if err := s.startTarget(s.service, "-load", "300", "-agent"); err != nil {
		return err
	}
	defer s.stopTarget()
	trace := filepath.Join(s.dir, "service.trace")
	said, err := exec.Command(s.schedtop, "capture", "-p", s.targetPid(), "-s", "5s", "-o", trace).CombinedOutput()
	if err != nil {
		return fmt.Errorf("taking a trace: %w: %s", err, lastLine(said))
	}
	s.hand = hand{gestures: browsed, strokes: pages, rescue: keyEnter, home: traceHome}
	return s.startScreen("trace", trace)
}

// --- what the terminal takes by itself -------------------------------------------------------------------

func startEcho(s *stand) (err error) {
	s.screens = true
	s.child, err = seat.StartScreen(screenWidth, screenHeight, nil, "cat")
	if err != nil {
		return err
	}
	s.hand = hand{strokes: [][]seat.Stroke{{
		seat.Key("\x1b[2J\x1b[Hx", "an x", seat.Shows("x")),
		seat.Key("\x1b[2J\x1b[Hy", "a y", seat.Shows("y")),
	}}}
	return s.child.Term.MakeRaw()
}

func workEcho(s *stand) error {
	for !s.over() {
		if err := s.time(); err != nil {
			return err
		}
		time.Sleep(time.Duration(20+s.random.Intn(60)) * time.Millisecond)
	}
	return nil
}

func endEcho(s *stand) { _ = s.child.Cmd.Process.Signal(syscall.SIGTERM) }
