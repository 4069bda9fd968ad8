package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What a call of process_vm_readv is for: the Ps are looked at from gomaxprocs and allp on; what is tens of
// kilobytes is goroutines.
var (
	looksAtProcs   = regexp.MustCompile(`\[\{iov_base=0x[0-9a-f]+, iov_len=4\}, \{iov_base=0x[0-9a-f]+, iov_len=16\}`)
	readsManyBytes = regexp.MustCompile(`= [0-9]{5,}$`)
)

// Reading 100,000 goroutines takes many calls, and between them the Ps are looked at as often as ever.
func TestProcsAreLookedAtWhileGoroutinesAreRead(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("needs strace, to see the system calls")
	}
	const (
		goroutines = 100_000
		perCall    = 512
		printed    = 3
		snapshots  = printed + 1 // the first one has no rates yet
	)
	w := launch{args: []string{"-mode", "quiet", "-waiting", itoa(goroutines)}}.run(t)
	log := filepath.Join(t.TempDir(), "log")
	traced := exec.Command("strace", "-f", "-e", "trace=process_vm_readv", "-o", log,
		binary, "-p", w.p(), "--json", "-n", itoa(printed), "-d", "500ms", "--source", "memory")
	traced.Env = append(os.Environ(), "ASAN_OPTIONS=detect_leaks=0") // which needs ptrace for itself
	finish(t, start(t, traced)).expect(t, exitOK)

	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	pieces, between := 0, 0
	looked := false // since the last piece
	for _, line := range strings.Split(string(text), "\n") {
		switch {
		case looksAtProcs.MatchString(line):
			looked = true
		case readsManyBytes.MatchString(line):
			if looked && pieces > 0 {
				between++
			}
			pieces++
			looked = false
		}
	}
	if pieces < goroutines/perCall {
		t.Fatalf("the goroutines were read in %d pieces, not in several hundred", pieces)
	}
	// There is no more than one reading for each snapshot; from one to the next it happens anyway.
	if between <= snapshots {
		t.Errorf("the Ps were looked at %d times between %d pieces", between, pieces)
	}
}
