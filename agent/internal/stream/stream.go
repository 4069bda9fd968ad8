// Package stream sends an answer whose length is not known, in HTTP's chunked coding, on behalf of a
// writer that must never be held up.
//
// The runtime's trace reader is such a writer: while its io.Writer blocks, the runtime buffers events
// without bound (90 MB a second were measured), trace.Stop does not return, and every later capture
// hangs. So a Stream always accepts what it is given at once: it sends it, or, after an error, a stall
// or the byte cap, throws it away.
package stream

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"schedtop/agent/internal/wire"
)

// End is how a stream ended. It is told to the client in the trailer field Schedtop-End.
type End string

const (
	// Complete means that all has been sent.
	Complete End = "complete"
	// Shortened means that the source was stopped early, near the cap, and all it gave has been sent.
	Shortened End = "shortened"
	// Truncated means that the cap cut the source's output off.
	Truncated End = "truncated"
)

// Limits of a stream.
type Limits struct {
	Bytes int64 // the cap: never more than this is sent
	Soft  int64 // from here on the source is asked to end, 0: never
	// Stall is how long the client may hold up the writer at a stretch. Time held up is given back at half
	// the speed of time, so a client that is always a little too slow is caught as well: what it does
	// not take in time piles up in the process.
	Stall time.Duration
}

// Stream is an io.Writer that never fails and never waits for long.
type Stream struct {
	send   func(b []byte, limit time.Duration) error
	enough func() // called once, when the source should end
	limits Limits

	drain atomic.Int64 // time.Duration that Drain gave, until a Write takes it

	mu        sync.Mutex
	started   bool // the head has been sent
	closed    bool // nothing may be sent any more
	err       error
	end       End
	sent      int64
	buf       []byte
	typ       string
	allowance time.Duration
	last      time.Time
}

// New makes a stream. Send sends bytes to the client or fails within its limit; enough is called from
// within Write when the source should end.
func New(contentType string, limits Limits, send func(b []byte, limit time.Duration) error, enough func()) *Stream {
	return &Stream{
		send: send, enough: enough, limits: limits, end: Complete, typ: contentType,
		allowance: limits.Stall, last: time.Now(),
	}
}

// Start sends the head of the answer, unless a Write has done so.
func (s *Stream) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed && !s.started {
		s.flush(s.head(s.buf[:0]))
	}
}

// Write takes all of p, always.
func (s *Stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(p) == 0 {
		return len(p), nil
	}
	if s.sent+int64(len(p)) > s.limits.Bytes {
		s.end, s.closed = Truncated, true
		s.enough()
		return len(p), nil
	}
	b := s.buf[:0]
	if !s.started {
		b = s.head(b)
	}
	b = strconv.AppendInt(b, int64(len(p)), 16)
	b = append(b, "\r\n"...)
	b = append(b, p...)
	b = append(b, "\r\n"...)
	if s.flush(b) {
		s.sent += int64(len(p))
		if s.limits.Soft > 0 && s.sent >= s.limits.Soft && s.end == Complete {
			s.end = Shortened
			s.enough()
		}
	}
	return len(p), nil
}

// Drain says that the source makes nothing new any more. What it has can't pile up, so the client may take
// its time with it.
func (s *Stream) Drain(limit time.Duration) { s.drain.Store(int64(limit)) }

// Abandon throws away all that is written from now on, unless some of it has been sent: then it is too late
// for another answer, and Abandon returns false.
func (s *Stream) Abandon() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return false
	}
	s.closed = true
	return true
}

// Close ends the answer after the source has ended. The error says why the client has not got it.
func (s *Stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	b := s.buf[:0]
	if !s.started {
		b = s.head(b)
	}
	b = append(b, "0\r\nSchedtop-End: "...)
	b = append(b, s.end...)
	b = append(b, "\r\n\r\n"...)
	s.flush(b)
	s.closed = true
	return s.err
}

func (s *Stream) head(b []byte) []byte {
	s.started = true
	b = wire.AppendStatus(b, 200)
	b = append(b, "Content-Type: "...)
	b = append(b, s.typ...)
	return append(b, "\r\nTransfer-Encoding: chunked\r\nTrailer: Schedtop-End\r\n\r\n"...)
}

// flush sends within what is left of the allowance.
func (s *Stream) flush(b []byte) bool {
	s.buf = b
	before := time.Now()
	if limit := s.drain.Swap(0); limit > 0 {
		s.limits.Stall, s.allowance = time.Duration(limit), time.Duration(limit)
	}
	s.allowance += before.Sub(s.last) / 2
	if s.allowance > s.limits.Stall {
		s.allowance = s.limits.Stall
	}
	err := s.send(b, s.allowance)
	s.last = time.Now()
	s.allowance -= s.last.Sub(before)
	if err == nil && s.allowance > 0 {
		return true
	}
	if err == nil {
		err = fmt.Errorf("the client takes the data too slowly")
	}
	s.err, s.closed = err, true
	s.enough()
	return false
}
