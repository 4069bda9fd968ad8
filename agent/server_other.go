//go:build !linux

package agent

import (
	"errors"
	"runtime"
)

type server struct{ path string }

func listen(Options) (*server, error) {
	return nil, errors.New("the schedtop agent works on Linux only, and this is " + runtime.GOOS)
}

func (*server) close() error { return nil }
