package sockdir

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func privateDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "s")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func Test_the_environment_names_the_directory(t *testing.T) {
	for _, c := range []struct{ schedtop, xdg, want string }{
		{"", "", "/tmp/schedtop-42"},
		{"", "/run/user/42", "/run/user/42/schedtop"},
		{"/srv/sockets", "/run/user/42", "/srv/sockets"},
		{"/srv/a/../b//", "", "/srv/b"},
		{"relative", "", ""},
		{"", "relative", ""},
	} {
		env := map[string]string{"SCHEDTOP_DIR": c.schedtop, "XDG_RUNTIME_DIR": c.xdg}
		got, err := Path(func(name string) string { return env[name] }, 42)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}

func Test_the_socket_is_private(t *testing.T) {
	old := syscall.Umask(0) // a umask that hides nothing
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "new")
	listener, path, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var st syscall.Stat_t
	if err := syscall.Stat(dir, &st); err != nil || st.Mode != syscall.S_IFDIR|0o700 {
		t.Errorf("the directory's mode is %o, %v", st.Mode, err)
	}
	if err := syscall.Stat(path, &st); err != nil || st.Mode != syscall.S_IFSOCK|0o600 {
		t.Errorf("the socket's mode is %o, %v", st.Mode, err)
	}
	inode, err := NamespaceInode()
	if want := fmt.Sprintf("%s/%d-%d.sock", dir, os.Getpid(), inode); path != want || err != nil {
		t.Errorf("%s, not %s", path, want)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("%d files in the directory, %v", len(names), err)
	}
}

func Test_directories_that_are_not_safe_are_refused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  string
	}{
		"link": {func(t *testing.T, dir string) {
			check(t, os.Rename(dir, dir+"2"))
			check(t, os.Symlink(dir+"2", dir))
		}, "is a symbolic link"},
		"dangling link": {func(t *testing.T, dir string) {
			check(t, os.Remove(dir))
			check(t, os.Symlink(dir+"2", dir))
		}, "is a symbolic link"},
		"file": {func(t *testing.T, dir string) {
			check(t, os.Remove(dir))
			check(t, os.WriteFile(dir, nil, 0o600))
		}, "is not a directory"},
		"open to the group": {func(t *testing.T, dir string) { check(t, os.Chmod(dir, 0o750)) }, "open to others (mode 0750)"},
		"open to all":       {func(t *testing.T, dir string) { check(t, os.Chmod(dir, 0o777)) }, "open to others (mode 0777)"},
		"no parent": {func(t *testing.T, dir string) { check(t, os.RemoveAll(filepath.Dir(dir))) },
			"can't be created"},
		"somebody else's": {func(t *testing.T, dir string) {
			if os.Geteuid() != 0 {
				t.Skip("needs root: only root can give a directory away")
			}
			check(t, os.Chown(dir, 65534, 65534))
		}, "belongs to uid 65534"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := privateDir(t)
			c.spoil(t, dir)
			_, _, err := Listen(dir)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, not %q", err, c.want)
			}
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func Test_paths_longer_than_a_socket_address_are_reported(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	_, _, err := Listen(dir)
	if err == nil || !strings.Contains(err.Error(), "Unix sockets allow 107") || !strings.Contains(err.Error(), "SCHEDTOP_DIR") {
		t.Error(err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("the directory was made all the same")
	}
}

func Test_the_longest_path_works(t *testing.T) {
	parent, err := os.MkdirTemp("/tmp", "s")
	check(t, err)
	defer os.RemoveAll(parent)
	name, err := Name()
	check(t, err)
	dir := filepath.Join(parent, strings.Repeat("x", pathMax-len(parent)-len(name)-2))
	listener, path, err := Listen(dir)
	if err != nil || len(path) != pathMax {
		t.Fatalf("%d bytes: %v", len(path), err)
	}
	defer listener.Close()
	c, err := net.Dial("unix", path)
	check(t, err)
	c.Close()
}

// leaveStale makes a socket on which nobody listens any more.
func leaveStale(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	check(t, err)
	l.SetUnlinkOnClose(false)
	check(t, l.Close())
}

func Test_only_sockets_that_refuse_connections_are_swept(t *testing.T) {
	dir := privateDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	leaveStale(t, at("1-1.sock"))
	leaveStale(t, at("77-4026531836.sock"))
	leaveStale(t, at("other.sock"))
	check(t, os.WriteFile(at("2-2.sock"), nil, 0o600))
	check(t, os.Symlink(at("1-1.sock"), at("3-3.sock")))
	live, err := net.ListenUnix("unix", &net.UnixAddr{Name: at("4-4.sock"), Net: "unix"})
	check(t, err)
	defer live.Close()

	// A process that is stopped: nobody accepts, and the backlog is full.
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	check(t, err)
	defer syscall.Close(fd)
	check(t, syscall.Bind(fd, &syscall.SockaddrUnix{Name: at("5-5.sock")}))
	check(t, syscall.Listen(fd, 0))
	for probe(at("5-5.sock")) == nil {
	}

	listener, path, err := Listen(dir)
	check(t, err)
	defer listener.Close()
	for name, stays := range map[string]bool{
		"1-1.sock": false, "77-4026531836.sock": false, "other.sock": true, "2-2.sock": true, "3-3.sock": true,
		"4-4.sock": true, "5-5.sock": true, filepath.Base(path): true,
	} {
		if _, err := os.Lstat(at(name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func Test_a_stale_socket_of_our_own_name_is_replaced(t *testing.T) {
	dir := privateDir(t)
	name, err := Name()
	check(t, err)
	leaveStale(t, filepath.Join(dir, name))
	leaveStale(t, filepath.Join(dir, strings.TrimSuffix(name, "sock")+"part"))
	listener, path, err := Listen(dir)
	check(t, err)
	if !alive(path) {
		t.Error("nobody listens")
	}
	check(t, listener.Close())
	Remove(path)
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("%d files are left, %v", len(names), err)
	}
}

func Test_two_agents_of_one_process_are_refused(t *testing.T) {
	dir := privateDir(t)
	first, path, err := Listen(dir)
	check(t, err)
	defer first.Close()
	if _, _, err := Listen(dir); err == nil || !strings.Contains(err.Error(), "started twice") {
		t.Error(err)
	}
	Remove(path)
	if !alive(path) {
		t.Error("Remove removed a socket that is in use")
	}
}
