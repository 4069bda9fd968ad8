package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	exectrace "runtime/trace"
	"strings"
	"testing"
	"time"
	"unicode"
)

// Nothing that comes from outside, and nothing that a user was made to type, reaches a terminal raw.

// evil has whatever a terminal would obey, or show in another order than it is: ESC, C1 as a character and as a
// byte, a title, marks of direction, broken UTF-8.
const evil = "a\x1b[31mred\x1b]0;owned\a\u009b2J\x9b5n\u202egnirts\u2066x\u200f\xff\xfe\xc3z"

// mustBeTame fails on what a terminal obeys. On a screen the program itself writes sequences, so there only those of
// the text above count.
func mustBeTame(t *testing.T, what, text string) {
	t.Helper()
	for _, part := range []string{"\x1b[31mred", "\x1b]0;", "owned\a", "\u009b", "\u202e", "\u2066", "\u200f", "\xff", "\xfe"} {
		if strings.Contains(strings.ToValidUTF8(text, "\xff"), part) {
			t.Errorf("%s has %q of a name in it", what, part)
		}
	}
}

func mustBePlain(t *testing.T, what, text string) {
	t.Helper()
	mustBeTame(t, what, text)
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			t.Errorf("%s: the control character %q in %.200q", what, r, text)
			return
		}
	}
}

// evilTrace is a trace whose tasks, regions and logs are called that.
func evilTrace(t *testing.T) string {
	t.Helper()
	if _, err := recordTrace(); err != nil { // two traces at a time can't be
		t.Fatal(err)
	}
	if _, err := recordSides(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := exectrace.Start(&out); err != nil {
		t.Skipf("no trace can be taken: %v", err)
	}
	ctx, task := exectrace.NewTask(context.Background(), evil)
	exectrace.WithRegion(ctx, evil, func() { exectrace.Log(ctx, evil, evil) })
	task.End()
	exectrace.Stop()
	return writeFile(t, evilName, out.Bytes())
}

// evilName can be the name of a file.
const evilName = "a\x1b[31mred\x1b]0;owned\a\u009b2J\x9b5n\u202egnirts\u2066x\u200f\xff.trace"

func TestHostileNamesInTracesNeverReachATerminal(t *testing.T) {
	path := evilTrace(t)
	for _, args := range [][]string{
		{"stat", path}, {"stat", "--kind", "tasks", path}, {"check", path}, {"doctor", path}, {"diff", path, path},
		{"diff", "--markdown", path, path}, {"stat", "--task", evil, path}, {"stat", path + "x"}, {"doctor", "--explain", evil},
		{"export", "--format", "folded", path}, {"profile", "--kind", evil, path}, {"trace", path + "x"},
	} {
		r := schedtop(t, args...)
		mustBePlain(t, fmt.Sprintf("stdout of %.40q", args), strings.Join(r.stdout, "\n"))
		mustBePlain(t, fmt.Sprintf("stderr of %.40q", args), strings.Join(r.stderr, "\n"))
	}
	for _, keys := range []string{"1", "5", "5\r", "5\r\r", "7", "7\r", "8", ":" + evil} {
		s := sit(t, exec.Command(binary, "trace", path))
		s.waitText("\x1b[?1049h", 0)
		before := len(s.text())
		s.press(keys)
		s.press("\x0c")
		drawn := before
		waitUntil(t, "a picture that is finished", func() bool {
			last := drawn
			drawn = len(s.text())
			time.Sleep(50 * time.Millisecond)
			return drawn > before && drawn == last
		})
		s.press("\x03")
		s.p.wait(t, patience)
		<-s.done
		mustBeTame(t, fmt.Sprintf("the screen after %.10q", keys), s.text())
	}
}

func TestHostileNamesOfProgramsNeverReachATerminal(t *testing.T) {
	t.Parallel()
	exe := filepath.Join(t.TempDir(), strings.TrimSuffix(evilName, ".trace"))
	if err := copyFile(build{}.path(t), exe); err != nil {
		t.Fatal(err)
	}
	w := launch{exe: exe, argv0: evil, args: []string{"-mode", "quiet"}}.run(t)
	for _, args := range [][]string{
		{"-p", w.p(), "--batch", "--detail", "-n", "1"}, {"ls", "-v"},
		{"--batch", "-n", "1", "--", exe, "-for", "1s"}, {"--batch", "-n", "1", "--", exe + "x"},
		{"capture", "-p", w.p(), "-s", "1", "-o", "/nowhere/" + evilName},
	} {
		r := schedtop(t, args...)
		mustBePlain(t, fmt.Sprintf("stdout of %.40q", args), strings.Join(r.stdout, "\n"))
		mustBePlain(t, fmt.Sprintf("stderr of %.40q", args), strings.Join(r.stderr, "\n"))
	}
}

func TestHostileSettingsNeverReachATerminal(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	oneLine := strings.NewReplacer("\n", "", "\r", "").Replace(evil)
	if err := os.WriteFile(config, []byte("theme = "+oneLine+"\ndelay = "+oneLine+"\n"+oneLine+" = 1\n["+oneLine+"]\nx = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--config", config}, {"--config", config + evilName}, {"--theme", evil}, {"--source", evil}, {"--sentinel", evil},
		{"--limit", evil}, {"--" + evil}, {"--log", "/nowhere/" + evilName}, {"--record", "/nowhere/" + evilName + "/x"},
		{"--match", evil, "--prometheus", "http://127.0.0.1:1"}, {"--url", "http://" + evil}, {"--schedtrace", "/nowhere/" + evilName},
	} {
		r := schedtop(t, append([]string{"-p", w.p(), "--batch", "-n", "1"}, args...)...)
		mustBePlain(t, fmt.Sprintf("stdout of %.40q", args), strings.Join(r.stdout, "\n"))
		mustBePlain(t, fmt.Sprintf("stderr of %.40q", args), strings.Join(r.stderr, "\n"))
	}
}

func TestHostileLabelsOfAServerNeverReachATerminal(t *testing.T) {
	t.Parallel()
	label := `a\u001b[31mred\u001b]0;owned\u0007\u009b2J\u202egnirts\u2066x\u200f`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data := `["go_goroutines"]`
		if !strings.Contains(r.URL.Path, "/label/") {
			data = `{"resultType":"vector","result":[{"metric":{"instance":"` + label + `","job":"` + label +
				`","version":"` + label + `"},"value":[1700000000,"1"]}]}`
		}
		_, _ = io.WriteString(w, `{"status":"success","warnings":["`+label+`"],"data":`+data+`}`)
	}))
	t.Cleanup(s.Close)
	r := schedtop(t, "--prometheus", s.URL, "--batch", "-n", "1")
	mustBePlain(t, "stdout", strings.Join(r.stdout, "\n"))
	mustBePlain(t, "stderr", strings.Join(r.stderr, "\n"))
	seat := sit(t, exec.Command(binary, "--prometheus", s.URL, "-d", "100ms"))
	seat.waitText("gnirts", 0)
	seat.press("q")
	seat.p.wait(t, patience)
	<-seat.done
	mustBeTame(t, "the screen", seat.text())
}
