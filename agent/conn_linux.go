package agent

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"schedtop/agent/internal/sock"
	"schedtop/agent/internal/wire"
)

const (
	headTime  = 5 * time.Second // for the rest of a request of which a part has arrived
	replyTime = 5 * time.Second // for a client to take an answer
)

// conn is one client. Its goroutine reads a request, answers it, and reads the next one.
type conn struct {
	*server
	nc    *net.UnixConn
	out   *sock.Writer
	peer  *syscall.Ucred
	in    []byte // received and not yet served
	reply wire.Reply
}

func newConn(s *server, nc *net.UnixConn) (*conn, error) {
	peer, err := sock.Peer(nc)
	if err != nil {
		return nil, err
	}
	out, err := sock.NewWriter(nc)
	return &conn{server: s, nc: nc, out: out, peer: peer, in: make([]byte, 0, 512)}, err
}

// serve ends when the connection can't be used any more, for whatever reason.
func (c *conn) serve() {
	// A mistake in the agent costs this client its connection, never the program its life.
	defer func() { _ = recover() }()
	for {
		req, n, bad := wire.Parse(c.in)
		switch {
		case bad != nil:
			c.fail(bad, true)
			return
		case n == 0:
			if c.receive() != nil {
				return
			}
			continue
		}
		if err := c.answer(&req); err != nil || req.Close {
			return
		}
		c.in = c.in[:copy(c.in, c.in[n:])]
	}
}

// receive waits for bytes; for the beginning of a request without limit, which costs no timer.
func (c *conn) receive() error {
	if len(c.in) == cap(c.in) {
		c.in = append(make([]byte, 0, wire.MaxHead), c.in...)
	}
	partial := len(c.in) > 0
	if partial {
		if err := c.nc.SetReadDeadline(time.Now().Add(headTime)); err != nil {
			return err
		}
	}
	n, err := c.nc.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	if partial && err == nil {
		err = c.nc.SetReadDeadline(time.Time{})
	}
	return err
}

// answer serves one request. An error means that the connection is of no use any more.
func (c *conn) answer(req *wire.Request) error {
	handle, bad := find(req)
	if bad == nil {
		err := handle(c, req)
		if err == nil || !errors.As(err, &bad) {
			return err
		}
	}
	return c.fail(bad, req.Close)
}

// fail answers with an error.
func (c *conn) fail(e *wire.Error, closing bool) error {
	c.reply.Fail(e, closing)
	return c.out.Send(c.reply.Bytes(), replyTime)
}

// json answers with what fill appends.
func (c *conn) json(req *wire.Request, fill func(b []byte) []byte) error {
	c.reply.Begin(200, "", req.Close)
	c.reply.SetBody(fill(c.reply.Body()))
	return c.out.Send(c.reply.Bytes(), replyTime)
}

// PID, Send, Wait and SetDeadline make conn a capture.Client.

func (c *conn) PID() int { return int(c.peer.Pid) }

func (c *conn) Send(b []byte, limit time.Duration) error { return c.out.Send(b, limit) }

func (c *conn) SetDeadline(t time.Time) error { return c.nc.SetReadDeadline(t) }

// Wait keeps requests that arrive for later. A client that sends more than one head of them while it waits
// for its answer is not one of ours.
func (c *conn) Wait() error {
	if cap(c.in) < wire.MaxHead {
		c.in = append(make([]byte, 0, wire.MaxHead), c.in...)
	}
	for {
		if len(c.in) == cap(c.in) {
			return io.ErrShortBuffer
		}
		n, err := c.nc.Read(c.in[len(c.in):cap(c.in)])
		c.in = c.in[:len(c.in)+n]
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
