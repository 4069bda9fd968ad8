package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// habitsScreen shows a recording, for which no program has to run.
func habitsScreen(t *testing.T, env ...string) (*tmux, string) {
	t.Helper()
	dir := t.TempDir()
	m := startTmux(t, 120, 40, append([]string{"XDG_CONFIG_HOME=" + dir}, env...)...)
	recording, err := filepath.Abs("../data/leak.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "schedtop"), 0o700); err != nil {
		t.Fatal(err)
	}
	return m, binary + " --replay " + recording
}

// A keymap of one's own holds on the screen and on its help page, and F9 only leaves.
func TestKeysOfOnesOwn(t *testing.T) {
	dir := t.TempDir()
	m, command := habitsScreen(t, "XDG_CONFIG_HOME="+dir)
	if err := os.MkdirAll(filepath.Join(dir, "schedtop"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := "[keys]\nview 3 = T\nview 2 = T\n"
	if err := os.WriteFile(filepath.Join(dir, "schedtop", "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	m.run("clear; " + command + " 2>" + dir + "/told")
	m.waitText("? help")
	m.keys("T")
	m.waitText("3 Threads")
	m.keys("?")
	m.waitFor("the key on the help page", func(s string) bool {
		return strings.Contains(strings.Join(strings.Fields(s), " "), " T Show Threads.")
	})
	m.keys("Escape")
	m.waitText("TID")
	m.keys("F9")
	m.waitFor("the shell", func(s string) bool { return strings.Contains(s, prompt) && !strings.Contains(s, "help") })
	told, err := os.ReadFile(filepath.Join(dir, "told"))
	if err != nil || !strings.Contains(string(told), "config:3: T is the key of 'view 3' by line 2 already") {
		t.Errorf("%v: %q", err, told)
	}
}

// The selected row reaches the clipboard of the terminal, which is tmux here.
func TestCopyReachesTheTerminal(t *testing.T) {
	m, command := habitsScreen(t)
	m.do("set-option", "-s", "set-clipboard", "on")
	m.run("clear; " + command)
	m.waitText("? help")
	m.keys("3")
	m.waitText("TID")
	m.keys("y")
	m.waitText("sent to the clipboard")
	m.waitFor("a buffer of tmux", func(string) bool { return m.do("list-buffers") != "" })
	if copied := m.do("show-buffer"); strings.Contains(copied, "\x1b") || strings.Contains(copied, "\n") || len(copied) < 10 {
		t.Errorf("copied %q", copied)
	}
	m.keys("q")
}

// What is shown is saved, but not over what is there.
func TestSaveOfAView(t *testing.T) {
	m, command := habitsScreen(t)
	path := filepath.Join(t.TempDir(), "threads.csv")
	m.run("clear; " + command)
	m.waitText("? help")
	m.keys("3")
	m.waitText("TID")
	m.keys("W")
	m.do("send-keys", "-l", path)
	m.keys("Enter")
	m.waitText("saved ")
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\r\n") < 3 || !strings.Contains(string(text), "TID") {
		t.Errorf("%v: %q", err, text)
	}
	m.keys("W")
	m.do("send-keys", "-l", path)
	m.keys("Enter")
	m.waitText("is there already")
	m.keys("q")
}

// The first screen of a user explains itself until a key, and no other one does.
func TestFirstRunExplainsItself(t *testing.T) {
	state := t.TempDir()
	m, command := habitsScreen(t, "XDG_STATE_HOME="+state)
	m.run("clear; " + command)
	m.waitText("New here?")
	m.keys("3")
	m.waitFor("the line gone", func(s string) bool { return strings.Contains(s, "TID") && !strings.Contains(s, "New here?") })
	m.keys("q")
	m.waitShell()
	m.run("clear; " + command)
	screen := m.waitText("? help")
	if strings.Contains(screen, "New here?") {
		t.Error("it explains itself again")
	}
	m.keys("q")
}

// F2 changes a setting, shows the file, writes it, and leaves what it does not know.
func TestSetupWritesWhatItHasShown(t *testing.T) {
	dir := t.TempDir()
	m, command := habitsScreen(t, "XDG_CONFIG_HOME="+dir)
	path := filepath.Join(dir, "schedtop", "config")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("; mine\nlisten = :1 ; here\n\n[keys]\nsort = x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.run("clear; " + command)
	m.waitText("? help")
	m.keys("F2")
	m.waitText("SETTING")
	m.keys("Delete", "w")
	m.waitFor("the file without the line", func(s string) bool {
		return strings.Contains(s, "as it would become") && !strings.Contains(s, "listen") && strings.Contains(s, "; mine")
	})
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), "listen") {
		t.Error("it was written before it was confirmed")
	}
	m.keys("w")
	m.waitText("written: ")
	if text, err := os.ReadFile(path); err != nil || string(text) != "; mine\n\n[keys]\nsort = x\n" {
		t.Errorf("%v: %q", err, text)
	}
	m.keys("q", "q")
}
