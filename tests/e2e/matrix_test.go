package e2e

import (
	little "encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// How programs are built: as go build does, without DWARF, without symbols, position independent, with C
// code, with the race detector; and what release builds and containers put together.
var matrix = []build{
	{},
	{noDWARF: true},
	{stripped: true},
	{pie: true},
	{cgo: true},
	{race: true},
	{pie: true, stripped: true},
	{cgo: true, stripped: true},
}

// full are the toolchains with which this tier builds programs of every kind: the Go at hand, and in the slow tier the
// oldest and the newest. It is not all of them because each kind takes a standard library of its own to be built.
func full() []string {
	if slow {
		return []string{releases[0], local, releases[len(releases)-1]}
	}
	return []string{local}
}

func flavoursWith(toolchain string) []build {
	if slices.Contains(full(), toolchain) {
		return matrix
	}
	return []build{{}, {stripped: true}}
}

// However a program was built and by whichever Go: in a target in which nothing moves, every field of every
// row is what the runtime prints about itself.
func TestEveryKindOfBinaryReadsAsItsOwnSchedtrace(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		for _, flavour := range flavoursWith(toolchain) {
			flavour.toolchain = toolchain
			t.Run(flavour.String(), func(t *testing.T) {
				w := launch{build: flavour, godebug: "schedtrace=100,scheddetail=1",
					args: []string{"-mode", "quiet", "-procs", "4"}}.run(t)
				w.mustAgree(t, "memory", "--json")
			})
		}
	}
}

// The same when even the table of sections was taken away, as sstrip does.
func TestBinaryWithoutSectionsReadsAsItsOwnSchedtrace(t *testing.T) {
	t.Parallel()
	for _, toolchain := range full() {
		for _, flavour := range []build{{stripped: true}, {pie: true, stripped: true}, {cgo: true}} {
			flavour.toolchain = toolchain
			t.Run(flavour.String(), func(t *testing.T) {
				exe := withoutSections(t, flavour.path(t))
				w := launch{build: flavour, exe: exe, godebug: "schedtrace=100,scheddetail=1",
					args: []string{"-mode", "quiet", "-procs", "4"}}.run(t)
				w.mustAgree(t, "memory", "--json")
			})
		}
	}
}

// withoutSections is a copy of the executable whose header knows of no sections.
func withoutSections(t *testing.T, exe string) string {
	t.Helper()
	content, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	const offsetAt, countAt, namesAt = 0x28, 0x3c, 0x3e // of Elf64_Ehdr
	little.LittleEndian.PutUint64(content[offsetAt:], 0)
	little.LittleEndian.PutUint16(content[countAt:], 0)
	little.LittleEndian.PutUint16(content[namesAt:], 0)
	path := filepath.Join(t.TempDir(), filepath.Base(exe))
	if err := writeProgram(path, content); err != nil {
		t.Fatal(err)
	}
	return path
}
