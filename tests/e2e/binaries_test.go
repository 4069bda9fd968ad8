package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// probe runs the program that shows what schedtop finds in an executable file.
func probe(t *testing.T, stdin string, args ...string) (stdout []string, err error) {
	t.Helper()
	source := os.Getenv("SCHEDTOP")
	if source == "" {
		source = "../../out/build/schedtop"
	}
	path := filepath.Join(filepath.Dir(source), "tests/e2e/probe/probe")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("no probe to test with: %v (make e2e-programs builds it)", err)
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("probe %v: %w: %s", args, err, said.String())
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		stdout = append(stdout, lines.Text())
	}
	return stdout, err
}

func mustProbe(t *testing.T, stdin string, args ...string) []string {
	t.Helper()
	stdout, err := probe(t, stdin, args...)
	if err != nil {
		t.Fatal(err)
	}
	return stdout
}

// flavours of binaries that have a symbol table, which tells what disassembly must find. arm64 is never
// run here: it is read as a file.
var flavours = []build{{}, {noDWARF: true}, {cgo: true}, {race: true}, {arch: "arm64"}, {noInlining: true}}

// Where there are symbols both ways must lead to the same addresses.
func TestAddressesFoundInTheCodeAreThoseOfTheSymbols(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		for _, flavour := range flavours {
			flavour.toolchain = toolchain
			flavour.program = "tiny"
			t.Run(flavour.String(), func(t *testing.T) {
				exe := flavour.path(t)
				want := mustProbe(t, "", "symbols", exe)
				got := mustProbe(t, "", "code", exe)
				if len(want) != 7 || len(got) != 8 {
					t.Fatalf("7 addresses and a score expected: %q, %q", want, got)
				}
				for i := range want {
					// The phase is found where setGCPhase was inlined; it is in every release build.
					if flavour.noInlining && got[i] == "gc_phase 0x0" {
						continue
					}
					if got[i] != want[i] {
						t.Errorf("the code says %s, the symbols %s", got[i], want[i])
					}
				}
				var score, of, runnerUp int
				if _, err := fmt.Sscanf(got[7], "score %d %d %d", &score, &of, &runnerUp); err != nil {
					t.Fatal(err)
				}
				if of < 10 || score < of-2 || score-runnerUp < 4 {
					t.Errorf("a poor score: %s", got[7])
				}
			})
		}
	}
}

// DWARF is for releases that the table does not know; of those that it knows it must say the same. What
// the newest release has and an older one lacks is refused: the layout is for newer ones.
func TestLayoutByDWARFIsThatOfTheTable(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		for _, flavour := range []build{{}, {cgo: true}, {arch: "arm64"}} {
			flavour.toolchain = toolchain
			flavour.program = "tiny"
			t.Run(flavour.String(), func(t *testing.T) {
				text, err := probe(t, "", "layout", flavour.path(t))
				if err != nil {
					if minor(t, toolchain) < 26 && strings.Contains(err.Error(), "lacks the field") {
						return
					}
					t.Fatal(err)
				}
				if len(text) < 25 {
					t.Fatalf("hardly any fields: %q", text)
				}
				for _, line := range text {
					words := strings.Fields(line)
					if len(words) != 5 || words[1] != words[3] || words[2] != words[4] {
						t.Errorf("offset and size by DWARF and by the table: %s", line)
					}
				}
			})
		}
	}
}

// A release from the future, made of the newest known one, is read by what its own DWARF says.
func TestUnknownReleaseWithDWARFReadsAsItsOwnSchedtrace(t *testing.T) {
	t.Parallel()
	for _, flavour := range []build{{}, {cgo: true}} {
		flavour.toolchain, flavour.release = releases[len(releases)-1], "go1.99"
		t.Run(flavour.String(), func(t *testing.T) {
			w := launch{build: flavour, godebug: "schedtrace=100,scheddetail=1",
				args: []string{"-mode", "quiet", "-procs", "4"}}.run(t)
			r := schedtop(t, "ls", "-v")
			r.expect(t, exitOK)
			mustContain(t, lineAfter(t, r, w), "runtime found by its symbols, layout by its DWARF")
			w.mustAgree(t, "memory", "--json")
		})
	}
}

// Code that something obfuscated or packed is refused, with a sentence that says what to do.
func TestDamagedTablesOfFunctionsAreRefused(t *testing.T) {
	t.Parallel()
	exe := build{stripped: true, program: "tiny"}.path(t)
	content, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(content, []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8})
	if at < 0 {
		t.Fatal("no table of functions")
	}
	content[at] ^= 0x55
	damaged := filepath.Join(t.TempDir(), "damaged")
	if err := writeProgram(damaged, content); err != nil {
		t.Fatal(err)
	}
	if _, err := probe(t, "", "code", damaged); err == nil || !strings.Contains(err.Error(), "obfuscators") {
		t.Errorf("no refusal: %v", err)
	}
}

// What go tool nm and go tool addr2line say of addresses all over the code.
func TestFunctionsAndLinesAreThoseOfGosOwnTools(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		for _, arch := range []string{"", "arm64"} {
			b := build{toolchain: toolchain, program: "tiny", arch: arch}
			t.Run(b.String(), func(t *testing.T) {
				exe := b.path(t)
				addresses := sampleCode(t, exe)
				stdin := strings.Join(addresses, "\n") + "\n"
				cmd := goCommand(local, "tool", "addr2line", exe)
				cmd.Stdin = strings.NewReader(stdin)
				out, err := cmd.Output()
				if err != nil {
					t.Fatal(err)
				}
				want := strings.Split(strings.TrimSpace(string(out)), "\n")
				got := parseFrames(t, mustProbe(t, stdin, "functions", exe))
				if len(got) != len(addresses) || len(want) != 2*len(addresses) {
					t.Fatalf("%d addresses, %d and %d answers", len(addresses), len(got), len(want)/2)
				}
				wrong := 0
				for i, frames := range got {
					// addr2line names the function whose frame is on the stack, and the innermost line.
					inner, outer := frames[0], frames[len(frames)-1]
					function, line := want[2*i], fmt.Sprintf("%s:%s", inner.file, inner.line)
					if outer.function != function || line != want[2*i+1] && inner.file != "" {
						if wrong++; wrong < 5 {
							t.Errorf("%s: %v; addr2line says %s %s", addresses[i], frames, function, want[2*i+1])
						}
					}
				}
			})
		}
	}
}

type frame struct{ function, file, line string }

// parseFrames reads what the probe prints of addresses.
func parseFrames(t *testing.T, text []string) [][]frame {
	t.Helper()
	var all [][]frame
	for _, line := range text {
		words := strings.Split(line, "\t")
		if len(words) == 1 {
			all = append(all, nil)
			continue
		}
		if len(words) != 4 || len(all) == 0 {
			t.Fatalf("no frame: %q", line)
		}
		all[len(all)-1] = append(all[len(all)-1], frame{words[1], words[2], words[3]})
	}
	for i, frames := range all {
		if len(frames) == 0 {
			t.Fatalf("no frames at address %d", i)
		}
	}
	return all
}

// sampleCode takes addresses from every 20th function that go tool nm knows: its start and its middle.
func sampleCode(t *testing.T, exe string) []string {
	t.Helper()
	out, err := goCommand(local, "tool", "nm", "-n", "-size", exe).Output()
	if err != nil {
		t.Fatal(err)
	}
	var addresses []string
	for i, line := range strings.Split(string(out), "\n") {
		var address, size uint64
		var kind, name string
		if n, _ := fmt.Sscanf(line, "%x %d %s %s", &address, &size, &kind, &name); n != 4 {
			continue
		}
		// go: are the linker's own marks.
		if i%20 != 0 || strings.ToUpper(kind) != "T" || size < 16 || strings.HasPrefix(name, "go:") {
			continue
		}
		addresses = append(addresses, fmt.Sprintf("%#x", address), fmt.Sprintf("%#x", address+size/2))
	}
	if len(addresses) < 100 {
		t.Fatal(errors.New("hardly any functions"))
	}
	return addresses
}
