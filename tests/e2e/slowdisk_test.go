package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// A slowDisk is a real file system (FUSE) whose writes take as long as the test says.
type slowDisk struct {
	dir   string
	write func(total int64, n int) time.Duration // how long the next n bytes take, after a total
	sync  atomic.Int64                           // and how many ns a sync

	total   atomic.Int64
	syncing atomic.Bool // somebody waits for a sync
}

// slowFile is one of its directories or files.
type slowFile struct {
	*fs.LoopbackNode
	disk *slowDisk
}

func (f *slowFile) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	return &slowFile{child.(*fs.LoopbackNode), f.disk}
}

// watched is an open file whose bytes pass through here, not by a way that the kernel finds around us.
type watched struct{ *fs.LoopbackFile }

func (watched) PassthroughFd() (int, bool) { return 0, false }

func (f *slowFile) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (
	*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	inode, h, how, errno := f.LoopbackNode.Create(ctx, name, flags, mode, out)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	return inode, watched{h.(*fs.LoopbackFile)}, how, 0
}

// pause waits, unless the process that waits for it is killed.
func pause(ctx context.Context, d time.Duration) syscall.Errno {
	select {
	case <-time.After(d):
		return 0
	case <-ctx.Done():
		return syscall.EINTR
	}
}

func (f *slowFile) Write(ctx context.Context, h fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	if errno := pause(ctx, f.disk.write(f.disk.total.Load(), len(data))); errno != 0 {
		return 0, errno
	}
	f.disk.total.Add(int64(len(data)))
	return h.(fs.FileWriter).Write(ctx, data, off)
}

func (f *slowFile) Fsync(ctx context.Context, h fs.FileHandle, flags uint32) syscall.Errno {
	f.disk.syncing.Store(true)
	return pause(ctx, time.Duration(f.disk.sync.Load()))
}

// mount makes the disk usable at d.dir until the test ends.
func (d *slowDisk) mount(t *testing.T) {
	t.Helper()
	needRoot(t)
	d.dir = t.TempDir()
	root, err := fs.NewLoopbackRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	node := &slowFile{root.(*fs.LoopbackNode), d}
	server, err := fs.Mount(d.dir, node, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "slow", Name: "slow"}})
	if os.IsNotExist(err) || os.IsPermission(err) {
		t.Skipf("needs /dev/fuse: %v", err)
	}
	if err != nil {
		t.Skipf("needs a file system of its own (FUSE): %v", err)
	}
	t.Cleanup(func() {
		if err := server.Unmount(); err != nil {
			_ = syscall.Unmount(d.dir, syscall.MNT_DETACH)
		}
	})
}

// atRate is a disk of so many bytes a second.
func atRate(perSecond int64) func(int64, int) time.Duration {
	return func(_ int64, n int) time.Duration {
		return time.Duration(int64(n) * int64(time.Second) / perSecond)
	}
}

// A disk that stops for longer than an agent waits, as when another program's data are flushed, and then
// goes on: the trace is whole.
func TestDiskThatStallsCostsNoTrace(t *testing.T) {
	t.Parallel()
	const stall = 3 * time.Second
	disk := &slowDisk{write: func(total int64, _ int) time.Duration {
		if total == 0 {
			return stall
		}
		return 0
	}}
	disk.mount(t)
	w := startTraced(t, build{}, "mutex")
	r := w.capture(t, "--trace-dir", disk.dir)
	r.expect(t, exitOK)
	if r.took < stall {
		t.Errorf("its disk did not stall: over after %v", r.took)
	}
	parse(t, r.stdout[0])
}

// One that is too slow for as long as it takes: what comes piles up, and neither the program nor our
// memory may pay.
func TestDiskThatIsTooSlowIsOneSentence(t *testing.T) {
	t.Parallel()
	disk := &slowDisk{write: atRate(2 << 20)} // a fiftieth of what comes
	disk.mount(t)
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	flooding().serve(t, w)
	r := schedtop(t, "capture", "-p", w.p(), "-s", "20s", "--trace-dir", disk.dir)
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), disk.dir+" is too slow")
	mustBeEmpty(t, disk.dir)
	if r.peak > peakBytes {
		t.Errorf("schedtop grew to %d MiB", r.peak>>20)
	}
}

// All is there but not on the disk, and the disk does not answer: that can be cancelled, too. What can't be
// deleted then, because nothing can, is swept by who comes next.
func TestSavingToAStuckDiskIsCancelled(t *testing.T) {
	t.Parallel()
	disk := &slowDisk{write: atRate(1 << 40)}
	disk.sync.Store(int64(2 * patience))
	disk.mount(t)
	w := startTraced(t, build{}, "quiet")
	p := startSchedtop(t, "capture", "-p", w.p(), "-s", "1s", "--trace-dir", disk.dir)
	waitUntil(t, "the file being brought to the disk", disk.syncing.Load)
	p.signal(t, syscall.SIGINT)
	if status := p.wait(t, patience); status != 128+int(syscall.SIGINT) {
		t.Errorf("exit status %d\n%s", status, tail(p.stderr.all()))
	}
	disk.sync.Store(0)
	old := time.Now().Add(-time.Hour)
	for _, name := range names(t, disk.dir) {
		if !strings.HasSuffix(name, ".tmp") {
			t.Errorf("left behind: %s", name)
		}
		if err := os.Chtimes(filepath.Join(disk.dir, name), old, old); err != nil {
			t.Error(err)
		}
	}
	r := schedtop(t, "capture", "-p", w.p(), "--goroutines", "--trace-dir", disk.dir)
	r.expect(t, exitOK)
	if left := names(t, disk.dir); len(left) != 1 {
		t.Errorf("not swept: %v", left)
	}
}
