// Package flight keeps the last moments of the program in memory, by the flight recorder of
// runtime/trace, so that a trace can be had of what has been already. The runtime allows one recorder in
// a process: where the program has one of its own, ours can't be, and says so.
package flight

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What the zero values of Settings mean.
const (
	DefaultAge   = 10 * time.Second
	DefaultBytes = 16 << 20
)

// Settings say how much is kept. The runtime takes both for hints: it lets go of whole generations, of
// about a second each, and keeps one at the least.
type Settings struct {
	MinAge   time.Duration
	MaxBytes int64
}

func (s Settings) complete() (Settings, error) {
	if s.MinAge < 0 || s.MaxBytes < 0 {
		return s, errors.New("a flight recorder can't keep less than nothing: MinAge and MaxBytes are 0 or more")
	}
	if s.MinAge == 0 {
		s.MinAge = DefaultAge
	}
	if s.MaxBytes == 0 {
		s.MaxBytes = DefaultBytes
	}
	return s, nil
}

// Units of bytes, longest first where one ends like another.
var units = []struct {
	suffix string
	bytes  int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1},
}

// Parse reads a setting as the environment has it: an age, bytes, both ("10s,16MiB"), or "on" for what is
// usual. Nothing, "0" and "off" mean none: then it returns nil.
func Parse(text string) (*Settings, error) {
	text = strings.TrimSpace(text)
	switch text {
	case "", "0", "off":
		return nil, nil
	case "1", "on":
		return &Settings{}, nil
	}
	var s Settings
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if age, err := time.ParseDuration(part); err == nil && age > 0 && s.MinAge == 0 {
			s.MinAge = age
		} else if n := parseBytes(part); n > 0 && s.MaxBytes == 0 {
			s.MaxBytes = n
		} else {
			return nil, fmt.Errorf("a flight recorder is an age, a number of bytes or both, as in 10s,16MiB: not %q", text)
		}
	}
	return &s, nil
}

// parseBytes reads a number with a unit; 0 is none.
func parseBytes(text string) int64 {
	const most = 1 << 40
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || n <= 0 || n > most/u.bytes {
			return 0
		}
		return n * u.bytes
	}
	return 0
}
