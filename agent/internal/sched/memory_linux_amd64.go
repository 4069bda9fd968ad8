package sched

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sort"
	"syscall"
	"unsafe"
)

const (
	sysProcessVMReadv = 310  // asm/unistd_64.h; package syscall is older than the call
	iovMax            = 1024 // limits.h: IOV_MAX
	mergeGap          = 512  // copying this many bytes costs less than one more iovec
)

// remote is a struct iovec whose base is not a Go pointer: the garbage collector must not look at it.
type remote struct{ base, size uintptr }

// batch collects ranges of this process's memory and copies all of them with one system call (one per
// 1024 ranges). A range that is not mapped makes the read fail; it never faults.
type batch struct {
	ranges []remote
	buf    []byte // the ranges' bytes, one after the other
	size   int
}

func (b *batch) reset() {
	b.ranges = b.ranges[:0]
	b.size = 0
}

// add asks for n bytes at address and returns where in buf they will be.
func (b *batch) add(address uint64, n int) int {
	at := b.size
	b.ranges = append(b.ranges, remote{uintptr(address), uintptr(n)})
	b.size += n
	return at
}

// object asks for the spans of one object; it returns where its packed fields will begin.
func (b *batch) object(address uint64, spans []span) int {
	at := b.size
	for _, s := range spans {
		b.add(address+uint64(s.off), s.size)
	}
	return at
}

// objects asks for the spans of many objects of one type.
func (b *batch) objects(addresses []uint64, spans []span) packed {
	stride := 0
	for _, s := range spans {
		stride += s.size
	}
	o := packed{b, b.size, stride}
	for _, address := range addresses {
		b.object(address, spans)
	}
	return o
}

// packed are objects in the order in which they were asked for, reduced to their spans.
type packed struct {
	b          *batch
	at, stride int
}

// object returns the bytes of the i-th object, for the methods of field. After the read only.
func (o packed) object(i int) []byte {
	at := o.at + i*o.stride
	return o.b.buf[at : at+o.stride]
}

func (b *batch) read() error {
	if cap(b.buf) < b.size {
		b.buf = make([]byte, b.size+b.size/4)
	}
	b.buf = b.buf[:b.size]
	for at, i := 0, 0; i < len(b.ranges); i += iovMax {
		part := b.ranges[i:]
		if len(part) > iovMax {
			part = part[:iovMax]
		}
		want := 0
		for _, r := range part {
			want += int(r.size)
		}
		if want == 0 {
			continue
		}
		local := syscall.Iovec{Base: &b.buf[at], Len: uint64(want)}
		// RawSyscall6: the call takes microseconds and never waits, and telling the scheduler about it
		// would change what is being read.
		n, _, errno := syscall.RawSyscall6(sysProcessVMReadv, uintptr(pid), uintptr(unsafe.Pointer(&local)), 1,
			uintptr(unsafe.Pointer(&part[0])), uintptr(len(part)), 0)
		runtime.KeepAlive(b)
		if errno != 0 {
			return fmt.Errorf("process_vm_readv: %w", errno)
		}
		if int(n) != want {
			return fmt.Errorf("process_vm_readv: only %d of %d bytes are readable", n, want)
		}
		at += want
	}
	return nil
}

var pid = syscall.Getpid()

// peek copies n bytes at address; for the look-ups that are made once.
func peek(address uint64, n int) ([]byte, error) {
	b := batch{buf: make([]byte, n)}
	b.add(address, n)
	if err := b.read(); err != nil {
		return nil, err
	}
	return b.buf, nil
}

type span struct{ off, size int }

// pack merges fields that lie close together into spans to read, and changes every field's offset
// into the one it has in the bytes read. Fields with off < 0 stay as they are.
func pack(fields ...*field) []span {
	sort.Slice(fields, func(i, j int) bool { return fields[i].off < fields[j].off })
	var spans []span
	read := 0 // bytes in the spans before the last one
	for _, f := range fields {
		if f.off < 0 {
			continue
		}
		n := len(spans) - 1
		if n < 0 || f.off > spans[n].off+spans[n].size+mergeGap {
			if n >= 0 {
				read += spans[n].size
			}
			spans = append(spans, span{f.off, f.size})
			n++
		}
		s := &spans[n]
		if end := f.off + f.size - s.off; end > s.size {
			s.size = end
		}
		f.off = read + f.off - s.off
	}
	return spans
}

// unsigned loads the field of an object whose packed bytes begin at b[0].
func (f field) unsigned(b []byte) uint64 {
	switch f.size {
	case 1:
		return uint64(b[f.off])
	case 4:
		return uint64(binary.LittleEndian.Uint32(b[f.off:]))
	}
	return binary.LittleEndian.Uint64(b[f.off:])
}

// signed does the same for int32 and int64; Unknown if this version has no such field.
func (f field) signed(b []byte) int64 {
	switch {
	case f.off < 0:
		return Unknown
	case f.size == 4:
		return int64(int32(f.unsigned(b)))
	}
	return int64(f.unsigned(b))
}

func (f field) boolean(b []byte) bool { return f.unsigned(b) != 0 }
