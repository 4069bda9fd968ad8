package seat

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// ioctl numbers of <asm-generic/ioctls.h>.
const (
	tcgets     = 0x5401
	tcsets     = 0x5402
	tiocsptlck = 0x40045431
	tiocgptn   = 0x80045430
	tiocswinsz = 0x5414
)

func ioctl(f *os.File, request uintptr, argument unsafe.Pointer) error {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(argument))
	if errno != 0 {
		return errno
	}
	return nil
}

// A Terminal is the end of a pseudo-terminal where a person would sit. Everything that is written to it is
// read at once, counted, and put on a page, so that one can wait for what the person would see.
type Terminal struct {
	end *os.File

	lock   sync.Mutex // for what follows
	page   Page
	bytes  int64
	pieces int64 // that the bytes came in
	wanted func(p *Page) bool
	seen   chan time.Time // when what was wanted stood there
}

func (t *Terminal) close() { _ = t.end.Close() }

// follow reads until the other end is gone.
func (t *Terminal) follow() {
	buffer := make([]byte, 64<<10)
	for {
		n, err := t.end.Read(buffer)
		if err != nil {
			return
		}
		t.lock.Lock()
		t.bytes += int64(n)
		t.pieces++
		t.page.write(buffer[:n])
		if t.wanted != nil && t.wanted(&t.page) {
			t.wanted = nil
			t.seen <- time.Now()
		}
		t.lock.Unlock()
	}
}

// Counts are the bytes so far and the pieces they came in.
func (t *Terminal) Counts() (bytes, pieces int64) {
	t.lock.Lock()
	defer t.lock.Unlock()
	return t.bytes, t.pieces
}

// Await returns when the page is as wanted.
func (t *Terminal) Await(what string, wanted func(p *Page) bool) error {
	_, err := t.press("", what, func(p *Page) func(p *Page) bool { return wanted })
	return err
}

// patience is far more than anything here should take: a key that is lost is told, not waited for.
const patience = 10 * time.Second

// press types a key and tells how long it takes until the page shows its effect. What that is may depend on
// the page as it was.
func (t *Terminal) press(key, what string, effect func(p *Page) func(p *Page) bool) (time.Duration, error) {
	t.lock.Lock()
	wanted := effect(&t.page)
	if wanted(&t.page) {
		t.lock.Unlock()
		if key == "" {
			return 0, nil
		}
		return 0, fmt.Errorf("%w: there is %s before %q", ErrUntimed, what, key)
	}
	t.seen = make(chan time.Time, 1)
	seen := t.seen
	t.wanted = wanted
	t.lock.Unlock()

	began := time.Now()
	if _, err := t.end.WriteString(key); err != nil {
		return 0, err
	}
	select {
	case at := <-seen:
		return at.Sub(began), nil
	case <-time.After(patience):
		t.lock.Lock()
		defer t.lock.Unlock()
		t.wanted = nil
		return 0, fmt.Errorf("no %s within %v of key %q; there is:\n%s", what, patience, key, t.page.String())
	}
}

// StartScreen runs a program on a terminal of this many cells.
func StartScreen(width, height int, env []string, name string, args ...string) (*Child, error) {
	end, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	var number, unlock int32
	size := [4]uint16{uint16(height), uint16(width)}
	for _, call := range []struct {
		request  uintptr
		argument unsafe.Pointer
	}{
		{tiocsptlck, unsafe.Pointer(&unlock)},
		{tiocgptn, unsafe.Pointer(&number)},
		{tiocswinsz, unsafe.Pointer(&size)},
	} {
		if err := ioctl(end, call.request, call.argument); err != nil {
			return nil, fmt.Errorf("a new terminal: %w", err)
		}
	}
	side, err := os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = side.Close() }()
	cmd := exec.Command(name, args...)
	cmd.Env = append(append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8"), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = side, side, side
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	c := &Child{Cmd: cmd, Term: &Terminal{end: end, page: blankPage(width, height)}}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go c.Term.follow()
	return c, nil
}

// Type writes keys as they are.
func (t *Terminal) Type(keys string) error {
	_, err := t.end.WriteString(keys)
	return err
}

// See tells something of the page as it is now.
func (t *Terminal) See(tell func(p *Page)) {
	t.lock.Lock()
	defer t.lock.Unlock()
	tell(&t.page)
}

// Resize makes the terminal another one of this many cells, which are blank until they are drawn.
func (t *Terminal) Resize(width, height int) error {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.page = blankPage(width, height)
	size := [4]uint16{uint16(height), uint16(width)}
	return ioctl(t.end, tiocswinsz, unsafe.Pointer(&size))
}

// MakeRaw lets every byte through as it is, at once.
func (t *Terminal) MakeRaw() error {
	var mode syscall.Termios
	if err := ioctl(t.end, tcgets, unsafe.Pointer(&mode)); err != nil {
		return err
	}
	mode.Iflag, mode.Oflag, mode.Lflag = 0, 0, 0
	mode.Cc[syscall.VMIN], mode.Cc[syscall.VTIME] = 1, 0
	return ioctl(t.end, tcsets, unsafe.Pointer(&mode))
}
