package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"schedtop/tests/bench/seat"
)

const screenWidth, screenHeight = 120, 40

// Keys as an xterm sends them in keypad mode.
const (
	keyUp, keyDown, keyRight, keyLeft = "\x1bOA", "\x1bOB", "\x1bOC", "\x1bOD"
	keyHome, keyEnd                   = "\x1bOH", "\x1bOF"
	keyPageUp, keyPageDown            = "\x1b[5~", "\x1b[6~"
	keyEnter, keyEscape, keyTab       = "\r", "\x1b", "\t"
	keyBackTab, keyBack, keySetup     = "\x1b[Z", "\x7f", "\x1bOQ"
	wheelUp, wheelDown                = "\x1b[<64;20;12M", "\x1b[<65;20;12M"
)

// resized stands for a terminal that becomes smaller and what it was again.
const resized = "resized"

// A gesture is keys in a row that leave the screen where others can begin: without a question that is open.
type gesture []string

// press is a gesture of keys of one letter.
func press(keys string) gesture { return strings.Split(keys, "") }

func click(x, y int) gesture {
	return gesture{fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", x, y, x, y)}
}

// What hands do on every screen.
var anywhere = []gesture{
	press("1"), press("2"), press("3"), press("4"), press("5"), {keyTab}, {keyBackTab},
	{keyDown, keyDown, keyUp}, {keyPageDown, keyPageUp}, press("jkG"), press("gjj"), {wheelDown, wheelDown, wheelUp},
	{keyEnter}, {keyDown, keyEnter}, click(10, 8), click(40, 3), click(8, screenHeight),
	press("s"), press("<"), press("SS"), press("y"),
	{"2", "/", "main", keyEnter, "n", "N"}, {"2", "/", "nothing has this", keyEscape},
	{":", "so", keyTab, keyEscape}, {":", "theme light", keyEnter, ":", "theme dark", keyEnter},
	{"?", keyPageDown, "?"}, {"\f"}, {resized},
}

// What they do beside that on a screen of what is now, where Esc leads nowhere else but one step back.
var live = append([]gesture{
	{keyEscape}, {keyEscape}, {"3", "\\", "main", keyEnter}, {"2", "\\", "!(", keyEnter}, {keyEscape, keyEscape},
	{keySetup, keyDown, keyDown, keyPageDown, keyEscape}, press("b"), press("u"), press("c"), press("z"), press("Z"),
	{"?", keyDown, keyEscape}, {":", "save! FILES/view.txt", keyEnter}, {":", "save! FILES/view.csv", keyEnter},
	{":", "save! FILES/view.json", keyEnter}, {":", "span 2m", keyEnter},
}, anywhere...)

// And where there is a past to go to.
var past = append([]gesture{
	press("  "), {keyLeft, keyLeft, keyRight, keyEnd}, press("[[]"), {keyHome, keyEnd}, {"{", keyEnd}, press("+-"),
}, live...)

// And in a recording.
var replayed = append([]gesture{
	press("  "), {keyLeft, keyRight, " "}, {keyHome}, {keyHome, " "}, {"@", "+1s", keyEnter}, {"@", "-2s", keyEnter},
	press("-+"), {keyEnd}, press("["), press("]"),
}, live...)

// In a trace Esc may leave it.
var browsed = append([]gesture{
	press("6"), press("7"), press("8"), press("7ww"), press("7ss"), press("7wwaadd"), press("7b"), press("7uU"),
	press("70"), press("7mm"), {"7", keyEnter, keyEnter}, {"7", keyRight, keyRight, keyLeft}, {"7", keyBack},
	{"7", keyHome, "w", "w", "w", keyEnd}, press("7o"), {"7", "/", "main", keyEnter, "n"}, {":", "at 1s", keyEnter},
	{"2", "\\", "main", keyEnter}, {"2", "\\", "\x15", keyEnter}, {":", "save! FILES/view.csv", keyEnter}, press("2b"),
	{"2", keyEnter, keyEnter}, {"5", keyEnter, keyEnter}, {"4", keyEnter, keyDown, keyEnter}, press("4b"),
}, anywhere...)

// What is timed: whatever is there, help comes and goes.
var helped = []seat.Stroke{
	seat.Key("?", "help", seat.Shows("Keys of ")),
	seat.Key("?", "no help", seat.Hides("Keys of ")),
}

var viewed = [][]seat.Stroke{
	{seat.Key("tab Threads", "the view of threads", seat.Shows("TID"))},
	{seat.Key("tab Latency", "the view of latency", seat.Shows("p99.9"))},
	{seat.Key("tab Overview", "the first view again", seat.Shows("sched/s"))},
	helped,
}

var pages = [][]seat.Stroke{
	{seat.Key("1", "the summary", seat.Shows("Their time"))},
	{seat.Key("6", "the view of the collector", seat.Shows("Marking, concurrent"))},
	{seat.Key("7", "the timeline", seat.Shows("lanes "))},
	helped,
}

// A hand presses keys, and has a clock in the other.
type hand struct {
	gestures []gesture
	strokes  [][]seat.Stroke // what is timed in one go
	next     int             // of them
	keys     int
	timings           // of the timed ones
	rescue   string   // the key that closes what is open
	home     string   // what is seen where nothing is
	last     []string // what was pressed
	// What the page asks for, after every gesture; nil: nothing.
	react func(s *stand, shows func(text string) bool) error
}

// pressKeys works with the screen until the time is over.
func (s *stand) pressKeys() error {
	h := &s.hand
	for !s.over() {
		if err := s.make(h.gestures[s.random.Intn(len(h.gestures))]); err != nil {
			return err
		}
		if err := s.time(); err != nil {
			return err
		}
		if h.react == nil {
			continue
		}
		if err := h.react(s, s.shows()); err != nil {
			return err
		}
	}
	return nil
}

// pause is what people need at least from one key to the next; after Esc, what a terminal needs to tell it from
// the beginning of another key.
func (s *stand) pause(key string) {
	least := 4
	if key == keyEscape {
		least = 60
	}
	time.Sleep(time.Duration(least+s.random.Intn(24)) * time.Millisecond)
}

func (s *stand) make(g gesture) error {
	for _, key := range g {
		if key == resized {
			if err := s.resize(); err != nil {
				return err
			}
			continue
		}
		s.hand.keys++
		s.remember(key)
		if err := s.child.Term.Type(strings.ReplaceAll(key, "FILES", s.dir)); err != nil {
			return err
		}
		s.pause(key)
	}
	return nil
}

func (s *stand) resize() error {
	width, height := 40+s.random.Intn(160), 10+s.random.Intn(50)
	for _, size := range [][2]int{{width, height}, {screenWidth, screenHeight}} {
		if err := s.child.Term.Resize(size[0], size[1]); err != nil {
			return err
		}
		s.pause("")
	}
	return s.child.Term.Await("a screen", func(p *seat.Page) bool { return strings.TrimSpace(p.Row(0)) != "" })
}

// remember keeps the last keys, for who wants to know how it came to this.
func (s *stand) remember(key string) {
	const most = 40
	h := &s.hand
	h.last = append(h.last, key)
	h.last = h.last[max(0, len(h.last)-most):]
}

// time makes the next strokes.
func (s *stand) time() error {
	h := &s.hand
	strokes := h.strokes[h.next]
	h.next = (h.next + 1) % len(h.strokes)
	for _, stroke := range strokes {
		err := s.timeOne(stroke)
		if err != nil && !errors.Is(err, seat.ErrUntimed) && h.rescue != "" {
			// Where a processor is late by as much as that, a terminal takes Esc and the next key for one.
			h.lost++
			if err = s.calm(); err == nil {
				err = s.timeOne(stroke)
			}
		}
		if err != nil && !errors.Is(err, seat.ErrUntimed) {
			if _, gone := takeLook(s.child.Pid(), 0); gone != nil {
				return fmt.Errorf("it has ended after %q", h.last)
			}
			return fmt.Errorf("%w after %q", err, h.last)
		}
	}
	return nil
}

// calm closes what is open, such as a question that has not heard the key that was to close it.
func (s *stand) calm() error {
	const most = 8
	for i := 0; i < most && !s.shows()(s.hand.home); i++ {
		if err := s.make(gesture{s.hand.rescue}); err != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
	return nil
}

func (s *stand) timeOne(stroke seat.Stroke) error {
	d, err := s.child.Term.Make(stroke)
	if err != nil {
		return err
	}
	s.remember(stroke.Key)
	s.hand.took = append(s.hand.took, float64(d)/1e6)
	s.pause(stroke.Key)
	return nil
}

// shows tells what is on the page now.
func (s *stand) shows() func(text string) bool {
	var text string
	s.child.Term.See(func(p *seat.Page) { text = p.String() })
	return func(part string) bool { return strings.Contains(text, part) }
}
