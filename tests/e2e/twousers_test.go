package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Two users on one machine, one of whom means harm: he was in /tmp first, and puts in the way of the other what he
// likes. The victim is `nobody`, the attacker another user without rights.

const (
	victimID   = 65534
	attackerID = 65533
)

func as(id int, args ...string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(id), Gid: uint32(id)}}
	cmd.Dir = "/"
	return cmd
}

// own makes a directory below the tests' own that belongs to a user.
func own(t *testing.T, id int, mode os.FileMode) string {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "u-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, id, id); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, mode); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A socket that another user has put where the victim's agent would be is not believed, whoever owns the directory.
func TestSocketOfAnotherUserIsNotBelieved(t *testing.T) {
	t.Parallel()
	needRoot(t)
	exe := build{}.path(t)
	for name, owner := range map[string]int{
		"his directory": attackerID, "everybody's directory": victimID,
	} {
		dir := own(t, owner, 0o777)
		cmd := as(victimID, exe, "-mode", "quiet", "-for", "1m")
		cmd.Env = append(os.Environ(), "SCHEDTOP_DIR="+dir)
		target := start(t, cmd)
		target.stdout.waitFor(t, "READY", func(text []string) bool { return count(text, "READY") == 1 })
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", target.pid()))
		if err != nil {
			t.Fatal(err)
		}
		inode := strings.TrimSuffix(strings.TrimPrefix(link, "pid:["), "]")
		path := filepath.Join(dir, fmt.Sprintf("%d-%s.sock", target.pid(), inode))
		listener, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		asked := make(chan struct{}, 100)
		server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- struct{}{}
			_, _ = fmt.Fprint(w, info(target.pid(), 1))
		})}
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close() })
		if err := os.Chown(path, attackerID, attackerID); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
		for _, who := range []int{victimID, 0} {
			r := finish(t, start(t, as(who, binary, "-p", itoa(target.pid()), "--batch", "-n", "1", "--source", "agent")))
			r.expect(t, exitPermission)
			if said := r.oneSentence(t); !strings.Contains(said, "another user") {
				t.Errorf("%s: %q", name, said)
			}
		}
		if len(asked) > 0 {
			t.Errorf("%s: the attacker was asked", name)
		}
	}
}

// What stands in the agent's way in /tmp, put there by somebody else, is neither used nor followed.
func TestAgentDoesNotUseADirectoryOfAnotherUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	exe := build{}.path(t)
	goal := own(t, victimID, 0o700)
	for name, prepare := range map[string]func(dir string) error{
		"his directory": func(dir string) error {
			if err := os.Mkdir(dir, 0o777); err != nil {
				return err
			}
			return os.Chown(dir, attackerID, attackerID)
		},
		"his link to the victim's own": func(dir string) error {
			if err := os.Symlink(goal, dir); err != nil {
				return err
			}
			return os.Lchown(dir, attackerID, attackerID)
		},
		"his file": func(dir string) error {
			if err := os.WriteFile(dir, nil, 0o666); err != nil {
				return err
			}
			return os.Chown(dir, attackerID, attackerID)
		},
		"his pipe": func(dir string) error {
			if err := syscall.Mkfifo(dir, 0o666); err != nil {
				return err
			}
			return os.Chown(dir, attackerID, attackerID)
		},
	} {
		dir := filepath.Join(own(t, 0, 0o777|os.ModeSticky), "schedtop")
		if err := prepare(dir); err != nil {
			t.Fatal(err)
		}
		cmd := as(victimID, exe, "-mode", "quiet", "-for", "1m", "-agent")
		cmd.Env = append(os.Environ(), "SCHEDTOP_DIR="+dir)
		p := start(t, cmd)
		waitUntil(t, name+": the end of the start", func() bool {
			select {
			case <-p.ended:
				return true
			default:
				return count(p.stdout.all(), "READY") > 0
			}
		})
		for _, where := range []string{dir, goal} {
			if left, _ := os.ReadDir(where); len(left) > 0 {
				t.Errorf("%s: the agent has made %v there", name, left)
			}
		}
	}
}

// A capture goes neither through what another user has put into a directory that all may write to, nor can he change it.
func TestCapturesAreNotLedAstrayByAnotherUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	exe := build{}.path(t)
	shared := own(t, 0, 0o777|os.ModeSticky)
	target := start(t, as(victimID, exe, "-mode", "quiet", "-for", "1m"))
	target.stdout.waitFor(t, "READY", func(text []string) bool { return count(text, "READY") == 1 })
	private := own(t, attackerID, 0o700)
	precious := filepath.Join(own(t, victimID, 0o755), "precious")
	if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(precious, victimID, victimID); err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(path string) error{
		"a hard link": func(path string) error { return os.Link(precious, path) },
		"a pipe":      func(path string) error { return syscall.Mkfifo(path, 0o666) },
		"a file of his": func(path string) error {
			if err := os.WriteFile(path, nil, 0o666); err != nil {
				return err
			}
			return os.Chown(path, attackerID, attackerID)
		},
		"a link to where he alone reads": func(path string) error {
			if err := os.Symlink(filepath.Join(private, "stolen"), path); err != nil {
				return err
			}
			return os.Lchown(path, attackerID, attackerID)
		},
	}
	number := 0
	for name, prepare := range ways {
		number++
		path := filepath.Join(shared, fmt.Sprintf("out-%d", number))
		if err := prepare(path); err != nil {
			t.Fatal(err)
		}
		// It may write there or refuse: but what comes of it is its own, and what was there before is untouched.
		r := finish(t, start(t, as(victimID, binary, "capture", "-p", itoa(target.pid()), "--sampled", "-s", "1", "-o", path)))
		st, err := os.Stat(path)
		if r.status == exitOK {
			if err != nil || st.Sys().(*syscall.Stat_t).Uid != victimID || st.Mode()&0o022 != 0 || !st.Mode().IsRegular() {
				t.Errorf("%s: the capture is somebody else's: %v %v, schedtop %v", name, st, err, r)
			}
		} else {
			r.oneSentence(t)
		}
		if text, err := os.ReadFile(precious); err != nil || string(text) != "precious" {
			t.Fatalf("%s: another file was written: %q %v", name, text, err)
		}
	}
	if left := names(t, private); len(left) > 0 {
		t.Errorf("in the attacker's own directory: %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(shared, ".schedtop-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
