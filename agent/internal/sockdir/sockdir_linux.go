// Package sockdir decides where the agent's socket lies and makes that place safe: a directory that
// belongs to this user alone, in which every file is the socket of one process.
package sockdir

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// pathMax is the longest path that fits into a sockaddr_un with its terminating zero.
const pathMax = 107

// Path returns the directory that the environment asks for: $SCHEDTOP_DIR, else
// $XDG_RUNTIME_DIR/schedtop, else /tmp/schedtop-UID. The client applies the same rule to the
// environment of the process it looks for, so nothing else may decide.
func Path(getenv func(string) string, uid int) (string, error) {
	if dir := getenv("SCHEDTOP_DIR"); dir != "" {
		return absolute("SCHEDTOP_DIR", dir)
	}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		return absolute("XDG_RUNTIME_DIR", filepath.Join(dir, "schedtop"))
	}
	return "/tmp/schedtop-" + strconv.Itoa(uid), nil
}

func absolute(variable, dir string) (string, error) {
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("the directory %q of $%s is not an absolute path: nobody could find the socket there",
			dir, variable)
	}
	return filepath.Clean(dir), nil
}

// Name is the socket's name in its directory. PIDs are unique in one PID namespace only, and containers
// often share the directory.
func Name() (string, error) {
	inode, err := NamespaceInode()
	return fmt.Sprintf("%d-%d.sock", os.Getpid(), inode), err
}

// NamespaceInode identifies this process's PID namespace.
func NamespaceInode() (uint64, error) {
	var st syscall.Stat_t
	if err := syscall.Stat("/proc/self/ns/pid", &st); err != nil {
		return 0, fmt.Errorf("the PID namespace of this process is unknown: /proc/self/ns/pid: %w", err)
	}
	return st.Ino, nil
}

// prepare creates the directory or checks the one that is there: it must be a directory and no link
// to one, belong to this user, and be closed to everybody else.
func prepare(dir string) (syscall.Stat_t, error) {
	var st syscall.Stat_t
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return st, fmt.Errorf("the socket's directory can't be created: %w", err)
	}
	if err := syscall.Lstat(dir, &st); err != nil {
		return st, fmt.Errorf("the socket's directory %s: %w", dir, err)
	}
	switch {
	case st.Mode&syscall.S_IFMT == syscall.S_IFLNK:
		return st, fmt.Errorf("%s is a symbolic link: sockets are put into real directories only", dir)
	case st.Mode&syscall.S_IFMT != syscall.S_IFDIR:
		return st, fmt.Errorf("%s is not a directory", dir)
	case int(st.Uid) != os.Geteuid():
		return st, fmt.Errorf("%s belongs to uid %d, not to uid %d that this process runs as", dir, st.Uid, os.Geteuid())
	case st.Mode&0o077 != 0:
		return st, fmt.Errorf("%s is open to others (mode %04o): chmod 700 it", dir, st.Mode&0o7777)
	}
	return st, nil
}

// Listen prepares the directory, sweeps it and listens on this process's socket. The socket appears
// under its name only when it accepts connections: one that refuses them is stale for certain, and may be
// swept by anybody.
func Listen(dir string) (*net.UnixListener, string, error) {
	name, err := Name()
	if err != nil {
		return nil, "", err
	}
	path := filepath.Join(dir, name)
	if len(path) > pathMax {
		return nil, "", fmt.Errorf("the socket's path has %d bytes, and Unix sockets allow %d: set SCHEDTOP_DIR "+
			"to a shorter directory than %s", len(path), pathMax, dir)
	}
	before, err := prepare(dir)
	if err != nil {
		return nil, "", err
	}
	if alive(path) {
		return nil, "", fmt.Errorf("somebody listens on %s already: is the agent started twice?", path)
	}
	sweep(dir)
	listener, err := bind(path)
	if err != nil {
		return nil, "", err
	}
	// Where a parent is writable for others, the directory may have been exchanged since it was checked.
	if after, err := prepare(dir); err != nil || after.Ino != before.Ino || after.Dev != before.Dev {
		listener.Close()
		return nil, "", fmt.Errorf("%s was replaced while the socket was made", dir)
	}
	return listener, path, nil
}

// bind makes the socket under a temporary name of the same length and renames it.
func bind(path string) (*net.UnixListener, error) {
	hidden := path[:len(path)-len("sock")] + "part"
	_ = os.Remove(hidden) // left over by a process that had our PID and died in here
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: hidden, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("the socket can't be made: %w", err)
	}
	listener.SetUnlinkOnClose(false) // that would remove the temporary name; Remove knows the final one
	if err = os.Chmod(hidden, 0o600); err == nil {
		err = os.Rename(hidden, path)
	}
	if err != nil {
		listener.Close()
		_ = os.Remove(hidden)
		return nil, fmt.Errorf("the socket can't be made: %w", err)
	}
	return listener, nil
}

// isSocketName recognises what Name makes.
func isSocketName(name string) bool {
	pid, rest, _ := strings.Cut(name, "-")
	inode, ok := strings.CutSuffix(rest, ".sock")
	_, err1 := strconv.ParseUint(pid, 10, 32)
	_, err2 := strconv.ParseUint(inode, 10, 64)
	return ok && err1 == nil && err2 == nil
}

// sweep removes the sockets of processes that have died: those that refuse connections, and no others.
// What can't be removed stays; the next agent will try again.
func sweep(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	const most = 4096 // a bound on the time this takes at the start of a program
	names, _ := d.Readdirnames(most)
	for _, name := range names {
		path := filepath.Join(dir, name)
		if isSocketName(name) && refuses(path) {
			_ = os.Remove(path)
		}
	}
}

// probe connects without waiting: a full backlog gives EAGAIN, and then somebody is there.
func probe(path string) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return syscall.Connect(fd, &syscall.SockaddrUnix{Name: path})
}

func refuses(path string) bool {
	var st syscall.Stat_t
	return syscall.Lstat(path, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFSOCK &&
		errors.Is(probe(path), syscall.ECONNREFUSED)
}

func alive(path string) bool {
	err := probe(path)
	return err == nil || errors.Is(err, syscall.EAGAIN)
}

// Remove removes the socket at path after its listener was closed. After a restart with the same PID it
// may be another's, and that one accepts connections.
func Remove(path string) {
	if refuses(path) {
		_ = os.Remove(path)
	}
}
