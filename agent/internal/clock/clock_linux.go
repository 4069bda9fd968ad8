// Package clock reads CLOCK_MONOTONIC, the clock of the runtime's own time stamps and of the client.
package clock

import (
	"syscall"
	"unsafe"
)

// MonotonicNS is the time of CLOCK_MONOTONIC.
func MonotonicNS() int64 {
	const clockMonotonic = 1
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}
