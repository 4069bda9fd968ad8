package capture

import (
	"fmt"
	"math"
	"sync"
	"time"

	"schedtop/agent/internal/wire"
)

// The pauses between two captures of a kind: for people, and for what captures by itself.
const (
	cooldown     = 2 * time.Second
	autoCooldown = 60 * time.Second
)

// slot lets one client have what there is one of.
type slot struct {
	what string // "a trace"

	sync.Mutex
	busy  bool
	pid   int // who has it, when busy
	ended time.Time
}

// acquire takes the slot or says why not.
func (s *slot) acquire(pid int, auto bool, now time.Time) *wire.Error {
	s.Lock()
	defer s.Unlock()
	if s.busy {
		holder := "a process outside of this PID namespace"
		if s.pid != 0 {
			holder = fmt.Sprintf("PID %d", s.pid)
		}
		return &wire.Error{Status: 409, Sentence: s.what + " is being taken by " + holder + " already"}
	}
	pause := cooldown
	if auto {
		pause = autoCooldown
	}
	if wait := pause - now.Sub(s.ended); !s.ended.IsZero() && wait > 0 {
		seconds := int(math.Ceil(wait.Seconds()))
		return &wire.Error{Status: 429, RetryAfter: seconds,
			Sentence: fmt.Sprintf("%s was taken less than %v ago: try again in %d s", s.what, pause, seconds)}
	}
	s.busy, s.pid = true, pid
	return nil
}

// release gives the slot back; the time when a capture ended starts the cooldown.
func (s *slot) release(ended time.Time) {
	s.Lock()
	defer s.Unlock()
	s.busy = false
	if !ended.IsZero() {
		s.ended = ended
	}
}
