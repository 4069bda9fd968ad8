package viewer

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strconv"
	"unicode/utf8"
)

// chromeEvent has the fields of the Trace Event Format that are in use.
type chromeEvent struct {
	Phase    string          `json:"ph"`
	Name     string          `json:"name"`
	Category string          `json:"cat"`
	Pid      uint32          `json:"pid"`
	Tid      uint32          `json:"tid"`
	At       json.Number     `json:"ts"`
	Length   json.Number     `json:"dur"`
	ID       json.RawMessage `json:"id"`
	Bind     string          `json:"bp"`
	Scope    string          `json:"s"`
	Stack    string          `json:"sf"`
	Args     map[string]any  `json:"args"`
}

type chromeFile struct {
	Unit   string        `json:"displayTimeUnit"`
	Events []chromeEvent `json:"traceEvents"`
	Frames map[string]struct {
		Name     string `json:"name"`
		Category string `json:"category"`
		Parent   string `json:"parent"`
	} `json:"stackFrames"`
}

type chromeThread struct{ pid, tid uint32 }

type chrome struct {
	*Recording
	names map[chromeThread]string
	tasks map[string]Slice
	file  chromeFile
}

// nanoseconds of a number of microseconds with three decimals, exactly.
func nanoseconds(n json.Number) (int64, error) {
	whole, fraction, ok := cutNumber(string(n))
	if !ok {
		return 0, fmt.Errorf("a time of %q", n)
	}
	us, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseInt(fraction, 10, 64)
	return us*1000 + ns, err
}

func cutNumber(n string) (whole, fraction string, ok bool) {
	if len(n) < 5 || n[len(n)-4] != '.' {
		return "", "", false
	}
	return n[:len(n)-4], n[len(n)-3:], true
}

// ReadChrome reads the object form of the Trace Event Format.
func ReadChrome(r io.Reader) (*Recording, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("it is no UTF-8")
	}
	c := &chrome{Recording: newRecording(), names: map[chromeThread]string{}, tasks: map[string]Slice{}}
	if err := json.Unmarshal(data, &c.file); err != nil {
		return nil, err
	}
	// Viewers, too, read names before they draw.
	for _, e := range c.file.Events {
		if e.Phase == "M" && e.Name == "thread_name" {
			name, _ := e.Args["name"].(string)
			c.names[chromeThread{e.Pid, e.Tid}] = name
			c.Tracks[name]++
		}
	}
	for i, e := range c.file.Events {
		if err := c.event(e); err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
	}
	if len(c.tasks) > 0 {
		return nil, fmt.Errorf("%d async slices do not end", len(c.tasks))
	}
	if err := c.checkNesting(); err != nil {
		return nil, err
	}
	return c.Recording, c.checkArrows()
}

func (c *chrome) event(e chromeEvent) error {
	if e.Phase == "M" {
		return nil
	}
	at, err := nanoseconds(e.At)
	if err != nil {
		return err
	}
	track := c.names[chromeThread{e.Pid, e.Tid}]
	if e.Name == "" {
		return fmt.Errorf("an event without a name")
	}
	if e.Stack != "" {
		stack, err := c.stack(e.Stack)
		if err != nil {
			return err
		}
		if e.Args == nil {
			e.Args = map[string]any{}
		}
		e.Args["stack"] = stack
	}
	s := Slice{Track: track, Category: e.Category, Name: e.Name, Begin: at, Args: e.Args}
	switch e.Phase {
	case "X":
		length, err := nanoseconds(e.Length)
		if err != nil {
			return err
		}
		s.End = at + length
		c.Slices = append(c.Slices, s)
	case "b":
		c.tasks[string(e.ID)+e.Category] = s
	case "e":
		begun, ok := c.tasks[string(e.ID)+e.Category]
		if !ok || begun.Name != e.Name {
			return fmt.Errorf("async slice %s ends that has not begun", e.ID)
		}
		delete(c.tasks, string(e.ID)+e.Category)
		begun.End = at
		c.Slices = append(c.Slices, begun)
	case "i":
		if e.Scope != "t" {
			return fmt.Errorf("an instant of scope %q", e.Scope)
		}
		c.Instants = append(c.Instants, Instant{track, e.Category, e.Name, at, e.Args})
	case "s", "f":
		id, err := strconv.ParseUint(string(e.ID), 10, 64)
		if err != nil {
			return err
		}
		if e.Phase == "s" {
			c.From[id] = End{track, at}
		} else if e.Bind != "e" {
			return fmt.Errorf("an arrow that ends at the next slice")
		} else {
			c.To[id] = End{track, at}
		}
	case "C":
		for _, value := range e.Args {
			number, ok := value.(float64)
			if !ok {
				return fmt.Errorf("a counter that is %v", value)
			}
			c.Counters[e.Name] = append(c.Counters[e.Name], Value{at, int64(number)})
		}
	default:
		return fmt.Errorf("phase %q", e.Phase)
	}
	if e.Phase != "C" && e.Category != "task" && track == "" {
		return fmt.Errorf("an event on a thread that has no name")
	}
	return nil
}

// stack is the text of a stack, innermost frame first.
func (c *chrome) stack(id string) (string, error) {
	text := ""
	for id != "" {
		frame, ok := c.file.Frames[id]
		if !ok {
			return "", fmt.Errorf("frame %q is not there", id)
		}
		if text != "" {
			text += "\n"
		}
		text += frame.Name + " " + frame.Category
		id = frame.Parent
	}
	return text, nil
}

// nests says which categories share a thread. Tasks are async and may overlap.
var nests = map[string]string{
	"running": "states", "runnable": "states", "syscall": "states", "waiting": "states",
	"region": "regions", "assist": "regions",
	"proc": "runs", "sweep": "sweeps", "gc": "collections",
}

// checkNesting makes sure that slices of one thread lie in each other or apart.
func (c *chrome) checkNesting() error {
	byTrack := map[string][]Slice{}
	for _, s := range c.Slices {
		if kind, ok := nests[s.Category]; ok {
			byTrack[kind+" of "+s.Track] = append(byTrack[kind+" of "+s.Track], s)
		}
	}
	for _, slices := range byTrack {
		sort.SliceStable(slices, func(i, j int) bool {
			if slices[i].Begin != slices[j].Begin {
				return slices[i].Begin < slices[j].Begin
			}
			return slices[i].End > slices[j].End
		})
		var open []int64
		for _, s := range slices {
			for len(open) > 0 && open[len(open)-1] <= s.Begin {
				open = open[:len(open)-1]
			}
			if len(open) > 0 && s.End > open[len(open)-1] {
				return fmt.Errorf("%q of %q ends after the slice around it", s.Name, s.Track)
			}
			open = append(open, s.End)
		}
	}
	return nil
}
