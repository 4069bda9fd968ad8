//go:build !(linux && amd64)

package sched

import (
	"fmt"
	"runtime"
)

// Reader reads the scheduler's state; there is none on this system.
type Reader struct{}

// Open always fails here: the reads have been verified on linux/amd64 only.
func Open() (*Reader, error) {
	return nil, fmt.Errorf("the scheduler's state can be read on linux/amd64 only, and this is %s/%s",
		runtime.GOOS, runtime.GOARCH)
}

// Groups fails as Open does.
func (*Reader) Groups() (*Groups, error) {
	_, err := Open()
	return nil, err
}

// View is there so that callers compile; without a Reader it can't be reached.
func (*Reader) View(func(s *State)) error {
	_, err := Open()
	return err
}
