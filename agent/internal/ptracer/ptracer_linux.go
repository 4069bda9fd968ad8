// Package ptracer lets clients read this process's memory on machines where Yama forbids it between
// processes of one user. The kernel keeps one such permission per process; the last grant wins.
package ptracer

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

const (
	prSetPtracer = 0x59616d61 // linux/prctl.h: PR_SET_PTRACER
	scopePath    = "/proc/sys/kernel/yama/ptrace_scope"
)

// ErrNamespace is returned for a client whose PID this process can't see: granting PID 0 would mean to
// take the permission back.
var ErrNamespace = errors.New("the client's PID is not visible in the PID namespace of this process: " +
	"it can't be granted anything by number")

// Grants are the permissions that live connections hold.
type Grants struct {
	mu    sync.Mutex
	list  []grant // the last one is in force
	prctl func(pid int) error
}

type grant struct {
	holder any
	pid    int
}

// New makes an empty list.
func New() *Grants { return &Grants{prctl: setPtracer} }

func setPtracer(pid int) error {
	_, _, errno := syscall.Syscall(syscall.SYS_PRCTL, prSetPtracer, uintptr(pid), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// Grant lets pid read this process until Release is called with the same holder.
func (g *Grants) Grant(holder any, pid int) error {
	if pid <= 0 {
		return ErrNamespace
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.prctl(pid); err != nil {
		return err
	}
	g.drop(holder)
	g.list = append(g.list, grant{holder, pid})
	return nil
}

// Release takes back what holder was granted; if somebody else was granted it before and still is
// there, that grant is in force again. Without a grant it does nothing.
func (g *Grants) Release(holder any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := len(g.list)
	if n == 0 {
		return
	}
	inForce := g.list[n-1].holder == holder
	g.drop(holder)
	if !inForce {
		return
	}
	// A process that has died in the meantime can't be granted anything: try the one before it.
	for n = len(g.list); n > 0; n-- {
		if g.prctl(g.list[n-1].pid) == nil {
			return
		}
		g.list = g.list[:n-1]
	}
	_ = g.prctl(0)
}

func (g *Grants) drop(holder any) {
	for i, one := range g.list {
		if one.holder == holder {
			g.list = append(g.list[:i], g.list[i+1:]...)
			return
		}
	}
}

// YamaScope reads kernel.yama.ptrace_scope; ok is false where the kernel has no Yama.
func YamaScope() (scope int, ok bool) {
	text, err := os.ReadFile(scopePath)
	if err != nil {
		return 0, false
	}
	scope, err = strconv.Atoi(strings.TrimSpace(string(text)))
	return scope, err == nil
}
