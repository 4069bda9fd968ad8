// Package sock writes to a Unix stream socket in a way that suits a guest in another program: a write
// that does not block costs no timer, one that would block has a deadline, and a client that has gone
// away never raises SIGPIPE (a program may have subscribed to it with signal.Notify and act on it).
package sock

import (
	"net"
	"syscall"
	"time"
)

// Writer writes to one connection. It may be used by one goroutine at a time.
type Writer struct {
	conn *net.UnixConn
	raw  syscall.RawConn
	step func(fd uintptr) bool // the method value push, made once
	rest []byte
	wait bool // let the poller wait until the socket takes more
	err  error
}

// NewWriter makes a Writer for a connection.
func NewWriter(conn *net.UnixConn) (*Writer, error) {
	raw, err := conn.SyscallConn()
	w := &Writer{conn: conn, raw: raw}
	w.step = w.push
	return w, err
}

// Send writes all of b. When the peer does not take it within the limit, Send gives up; what part of b
// has been sent is then unknown and the connection of no use any more.
func (w *Writer) Send(b []byte, limit time.Duration) error {
	w.rest, w.wait, w.err = b, false, nil
	if err := w.raw.Write(w.step); err != nil {
		return err
	}
	if w.err == nil && len(w.rest) > 0 {
		if err := w.conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
			return err
		}
		w.wait = true
		if err := w.raw.Write(w.step); err != nil {
			return err
		}
		if err := w.conn.SetWriteDeadline(time.Time{}); err != nil {
			return err
		}
	}
	return w.err
}

// push sends as much as the socket takes. It returns false to be called again when there is room.
func (w *Writer) push(fd uintptr) bool {
	for len(w.rest) > 0 {
		n, err := syscall.SendmsgN(int(fd), w.rest, nil, nil, syscall.MSG_NOSIGNAL|syscall.MSG_DONTWAIT)
		switch err {
		case nil:
			w.rest = w.rest[n:]
		case syscall.EINTR:
		case syscall.EAGAIN:
			return !w.wait
		default:
			w.err = err
			return true
		}
	}
	return true
}

// Peer tells who connected, as the kernel knows it.
func Peer(conn *net.UnixConn) (*syscall.Ucred, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var cred *syscall.Ucred
	var errno error
	if err := raw.Control(func(fd uintptr) {
		cred, errno = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil {
		return nil, err
	}
	return cred, errno
}
