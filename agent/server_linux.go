package agent

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"schedtop/agent/internal/capture"
	"schedtop/agent/internal/flight"
	"schedtop/agent/internal/ptracer"
	"schedtop/agent/internal/rtmetrics"
	"schedtop/agent/internal/sched"
	"schedtop/agent/internal/sockdir"
	"schedtop/agent/internal/wire"
)

// maxConns bounds what clients can make the program keep: each connection has a goroutine and buffers.
const maxConns = 32

// server is what all connections share.
type server struct {
	options  Options
	path     string
	listener *net.UnixListener
	done     sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[*conn]struct{}

	info    identity
	metrics rtmetrics.Reader
	grants  *ptracer.Grants
	dumping sync.Mutex // held while a goroutine profile is made
	flight  *flight.Recorder

	sched     *sched.Reader
	schedErr  error
	schedOpen sync.Once
}

// listen returns a server that works together with an error where the flight recorder alone has failed.
func listen(options Options) (*server, error) {
	dir := options.Dir
	if dir == "" {
		var err error
		if dir, err = sockdir.Path(os.Getenv, os.Geteuid()); err != nil {
			return nil, err
		}
	}
	if options.MaxTraceBytes <= 0 {
		options.MaxTraceBytes = capture.DefaultBytes
	}
	s := &server{options: options, conns: map[*conn]struct{}{}, grants: ptracer.New()}
	var err error
	if s.info, err = identify(); err != nil {
		return nil, err
	}
	if s.listener, s.path, err = sockdir.Listen(dir); err != nil {
		return nil, err
	}
	if o := options.FlightRecorder; o != nil {
		s.flight, err = flight.Start(flight.Settings{MinAge: o.MinAge, MaxBytes: o.MaxBytes})
	}
	s.done.Add(1)
	go s.accept()
	return s, err
}

func (s *server) accept() {
	defer s.done.Done()
	pause := time.Duration(0)
	for {
		nc, err := s.listener.AcceptUnix()
		switch {
		case err == nil:
			pause = 0
			s.welcome(nc)
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of descriptors, most likely: wait until the program has closed some
			if pause = 2*pause + 10*time.Millisecond; pause > time.Second {
				pause = time.Second
			}
			time.Sleep(pause)
		}
	}
}

// welcome starts serving a connection, if the peer may have one.
func (s *server) welcome(nc *net.UnixConn) {
	c, err := newConn(s, nc)
	if err != nil {
		nc.Close()
		return
	}
	if refusal := s.admit(c); refusal != nil {
		c.fail(refusal, true) // the error is the same: it is closed
		nc.Close()
		return
	}
	go func() {
		defer s.done.Done()
		defer s.dismiss(c)
		c.serve()
	}()
}

// mayEnter: the same user, or root.
func mayEnter(peer *syscall.Ucred) bool {
	return peer.Uid == uint32(os.Geteuid()) || peer.Uid == 0
}

func (s *server) admit(c *conn) *wire.Error {
	if !mayEnter(c.peer) {
		return &wire.Error{Status: 403, Sentence: fmt.Sprintf(
			"uid %d may not use this socket: it is for uid %d and root", c.peer.Uid, os.Geteuid())}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return &wire.Error{Status: 503, Sentence: "the agent is closing"}
	case len(s.conns) >= maxConns:
		return &wire.Error{Status: 503, Sentence: fmt.Sprintf("the agent serves %d connections already", maxConns)}
	}
	s.conns[c] = struct{}{}
	s.done.Add(1)
	return nil
}

func (s *server) dismiss(c *conn) {
	c.nc.Close()
	s.grants.Release(c)
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

func (s *server) close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	for c := range s.conns {
		c.nc.Close()
	}
	s.mu.Unlock()
	err := s.listener.Close()
	sockdir.Remove(s.path)
	s.done.Wait()
	s.flight.Stop()
	return err
}

// openSched finds the runtime's data at the first request for it: programs that nobody looks at never
// pay for it.
func (s *server) openSched() (*sched.Reader, error) {
	s.schedOpen.Do(func() { s.sched, s.schedErr = sched.Open() })
	return s.sched, s.schedErr
}
