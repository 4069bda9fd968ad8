// Package sock reads from and writes to a Unix stream socket in a way that suits a guest in another
// program: what does not block costs no timer and does not wake the runtime's monitor thread, a write that
// would block has a deadline, and a client that has gone away never raises SIGPIPE (a program may have
// subscribed to it with signal.Notify and act on it).
package sock

import (
	"io"
	"net"
	"syscall"
	"time"
	"unsafe"
)

// Reader reads from one connection. It may be used by one goroutine at a time.
type Reader struct {
	raw  syscall.RawConn
	step func(fd uintptr) bool // the method value pull, made once
	into []byte
	n    int
	err  error
}

// Writer writes to one connection. It may be used by one goroutine at a time.
type Writer struct {
	conn *net.UnixConn
	raw  syscall.RawConn
	step func(fd uintptr) bool // the method value push, made once
	rest []byte
	wait bool // let the poller wait until the socket takes more
	err  error
}

// New makes a Reader and a Writer for a connection.
func New(conn *net.UnixConn) (*Reader, *Writer, error) {
	raw, err := conn.SyscallConn()
	r, w := &Reader{raw: raw}, &Writer{conn: conn, raw: raw}
	r.step, w.step = r.pull, w.push
	return r, w, err
}

// Read waits for bytes, until the connection's read deadline if it has one.
func (r *Reader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	r.into, r.n, r.err = b, 0, nil
	if err := r.raw.Read(r.step); err != nil {
		return 0, err
	}
	return r.n, r.err
}

// pull receives what has arrived. It returns false to be called again when there is something.
func (r *Reader) pull(fd uintptr) bool {
	for {
		n, errno := call(syscall.SYS_READ, fd, r.into, 0)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			return false
		case errno != 0:
			r.err = errno
		case n == 0:
			r.err = io.EOF
		default:
			r.n = n
		}
		return true
	}
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
		part := w.rest
		if len(part) > pieceMax {
			part = part[:pieceMax]
		}
		n, errno := call(sysSendto, fd, part, syscall.MSG_NOSIGNAL|syscall.MSG_DONTWAIT)
		switch errno {
		case 0:
			w.rest = w.rest[n:]
		case syscall.EINTR:
		case syscall.EAGAIN:
			return !w.wait
		default:
			w.err = errno
			return true
		}
	}
	return true
}

// pieceMax bounds the bytes that one system call copies, and with them the time for which it holds its P.
const pieceMax = 64 << 10

// call makes a system call with a buffer on a socket of package net. Those never block, so the scheduler
// need not hear of it. If it did, it would wake its monitor thread, whose rounds cost more than an answer.
func call(number, fd uintptr, b []byte, flags int) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(number, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(flags), 0, 0)
	return int(n), errno
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
