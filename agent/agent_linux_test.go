package agent

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func start(t testing.TB, options Options) *Agent {
	t.Helper()
	if options.Dir == "" {
		options.Dir = filepath.Join(t.TempDir(), "s")
	}
	a, err := Listen(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// client is a connection to an agent.
type client struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, a *Agent) *client {
	t.Helper()
	c, err := net.Dial("unix", a.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &client{t, c, bufio.NewReader(c)}
}

func (c *client) send(format string, args ...any) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c, format, args...); err != nil {
		c.t.Fatal(err)
	}
}

// response reads an answer's head; its body is for the caller.
func (c *client) response() *http.Response {
	c.t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(60 * time.Second)); err != nil {
		c.t.Fatal(err)
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer
}

type object map[string]any

func (c *client) json(answer *http.Response, status int) object {
	c.t.Helper()
	d := json.NewDecoder(answer.Body)
	d.UseNumber()
	var o object
	if err := d.Decode(&o); err != nil {
		c.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		c.t.Fatal(err)
	}
	if answer.StatusCode != status || fmt.Sprint(o["schema"]) != "1" {
		c.t.Fatalf("status %d, not %d: %v", answer.StatusCode, status, o)
	}
	return o
}

func (c *client) ask(method, target string, status int) object {
	c.t.Helper()
	c.send("%s %s HTTP/1.1\r\nHost: x\r\n\r\n", method, target)
	return c.json(c.response(), status)
}

func (c *client) get(target string) object {
	c.t.Helper()
	return c.ask("GET", target, 200)
}

func (c *client) fails(method, target string, status int, sentence string) {
	c.t.Helper()
	if o := c.ask(method, target, status); !strings.Contains(fmt.Sprint(o["error"]), sentence) {
		c.t.Errorf("%s %s: %v, not %q", method, target, o["error"], sentence)
	}
}

// closed expects that the agent closes the connection.
func (c *client) closed() {
	c.t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(60 * time.Second)); err != nil {
		c.t.Fatal(err)
	}
	if b, err := io.ReadAll(c.in); len(b) > 0 || err != nil && !errors.Is(err, syscall.ECONNRESET) {
		c.t.Errorf("%q, %v, not the end", b, err)
	}
}

func Test_info_identifies_the_process(t *testing.T) {
	o := dial(t, start(t, Options{})).get("/v1/info")
	var st syscall.Stat_t
	if err := syscall.Stat("/proc/self/ns/pid", &st); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"pid": os.Getpid(), "pid_namespace": st.Ino, "go_version": runtime.Version(), "program": filepath.Base(os.Args[0]),
		"agent": Version, "sched": runtime.GOARCH == "amd64",
	} {
		if fmt.Sprint(o[key]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, not %v", key, o[key], want)
		}
	}
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	after := string(text[strings.LastIndex(string(text), ")")+2:])
	if want := strings.Fields(after)[19]; fmt.Sprint(o["start_ticks"]) != want {
		t.Errorf("start_ticks is %v, not %s", o["start_ticks"], want)
	}
}

func Test_metrics_and_sched_agree(t *testing.T) {
	c := dial(t, start(t, Options{}))
	metrics, sched := c.get("/v1/metrics"), c.get("/v1/sched")
	procs := fmt.Sprint(runtime.GOMAXPROCS(0))
	if got := metrics["values"].(map[string]any)["/sched/gomaxprocs:threads"]; fmt.Sprint(got) != procs {
		t.Errorf("the metric GOMAXPROCS is %v, not %s", got, procs)
	}
	if got := sched["sched"].(map[string]any)["gomaxprocs"]; fmt.Sprint(got) != procs {
		t.Errorf("the scheduler's GOMAXPROCS is %v, not %s", got, procs)
	}
	for _, key := range []string{"monotonic_ns", "wall_ns"} {
		if number(t, metrics[key]) > number(t, sched[key]) {
			t.Errorf("%s goes backwards", key)
		}
	}
	if d := time.Since(time.Unix(0, number(t, sched["wall_ns"]))); d < 0 || d > time.Minute {
		t.Errorf("the wall clock is off by %v", d)
	}
	for id := range metrics["bounds"].(map[string]any) {
		again := c.get("/v1/metrics?have=" + id)
		if _, ok := again["bounds"].(map[string]any)[id]; ok {
			t.Errorf("the bounds %s are sent again", id)
		}
	}
}

func number(t *testing.T, v any) int64 {
	t.Helper()
	n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func Test_goroutines_are_listed(t *testing.T) {
	stop := make(chan bool)
	defer close(stop)
	for i := 0; i < 7; i++ {
		go waitForTheEnd(stop)
	}
	runtime.Gosched()
	c := dial(t, start(t, Options{}))
	for i := 0; i < 2; i++ {
		c.send("GET /v1/goroutines HTTP/1.1\r\n\r\n")
		answer := c.response()
		b, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != 200 || answer.Trailer.Get("Schedtop-End") != "complete" {
			t.Fatal(answer.StatusCode, err)
		}
		if !strings.HasPrefix(string(b), "goroutine profile: total ") || !strings.Contains(string(b), "waitForTheEnd") {
			t.Errorf("%.200s", b)
		}
	}
}

func waitForTheEnd(stop chan bool) { <-stop }

func Test_unknown_requests_get_a_sentence(t *testing.T) {
	c := dial(t, start(t, Options{RefuseAttach: true, RefuseTrace: true}))
	c.fails("GET", "/", 404, "version 1")
	c.fails("GET", "/v2/info", 404, "version 1")
	c.fails("GET", "/v1/info/", 404, "version 1")
	c.fails("POST", "/v1/info", 405, "GET only")
	c.fails("HEAD_", "/v1/info", 405, "GET only")
	c.fails("GET", "/v1/attach", 405, "POST only")
	c.fails("GET", "/v1/info?x=1", 400, "does not know")
	c.fails("GET", "/v1/sched?x=1", 400, "does not know")
	c.fails("GET", "/v1/goroutines?debug=2", 400, "does not know")
	c.fails("GET", "/v1/metrics?have", 400, "malformed")
	c.fails("GET", "/v1/trace", 400, "from 1 to 30")
	c.fails("GET", "/v1/trace?seconds=31", 400, "from 1 to 30")
	c.fails("GET", "/v1/trace?seconds=0.5", 400, "from 1 to 30")
	c.fails("GET", "/v1/trace?seconds=1&auto=yes", 400, "0 or 1")
	c.fails("GET", "/v1/trace?seconds=1", 403, "refuses traces")
	c.fails("POST", "/v1/attach", 403, "refuses to be attached")
	c.get("/v1/info") // and the connection still works
}

func Test_requests_may_come_in_pieces_and_in_rows(t *testing.T) {
	c := dial(t, start(t, Options{}))
	for _, b := range []byte("GET /v1/info HTTP/1.1\r\nHost: x\r\n\r\n") {
		c.send("%c", b)
		time.Sleep(time.Millisecond)
	}
	c.json(c.response(), 200)
	const n = 50 // more bytes than one buffer
	c.send("%s", strings.Repeat("GET /v1/info HTTP/1.1\r\nX-Filler: "+strings.Repeat("x", 300)+"\r\n\r\n", n))
	for i := 0; i < n; i++ {
		c.json(c.response(), 200)
	}
	c.send("GET /v1/info HTTP/1.1\r\nConnection: close\r\n\r\n")
	if answer := c.response(); !answer.Close {
		t.Error("the answer does not say that it is the last one")
	} else {
		c.json(answer, 200)
	}
	c.closed()
}

func Test_broken_requests_end_the_connection(t *testing.T) {
	a := start(t, Options{})
	for text, status := range map[string]int{
		"BREW /pot HTCPCP/1.0\r\n\r\n":                                     400,
		"POST /v1/attach HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello":       413,
		"GET /v1/info HTTP/1.1\r\nX: " + strings.Repeat("x", 9000):         431,
		"GET /v1/info HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n": 501,
	} {
		c := dial(t, a)
		c.send("%s", text)
		c.json(c.response(), status)
		c.closed()
	}
}

func Test_connections_are_bounded(t *testing.T) {
	a := start(t, Options{})
	var last *client
	for i := 0; i < maxConns; i++ {
		last = dial(t, a)
		last.get("/v1/info")
	}
	c := dial(t, a)
	if o := c.json(c.response(), 503); !strings.Contains(fmt.Sprint(o["error"]), strconv.Itoa(maxConns)) {
		t.Error(o)
	}
	c.closed()
	last.Close()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c := dial(t, a)
		// Who has no place is told so unasked, and may be too late to ask.
		_, _ = fmt.Fprint(c, "GET /v1/info HTTP/1.1\r\n\r\n")
		if answer := c.response(); answer.StatusCode == 200 {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("a free place is not given: status %d", answer.StatusCode)
		}
	}
}

func Test_other_users_are_refused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: only root can become another user")
	}
	// The permissions of files would keep others out before the agent sees them.
	parent, err := os.MkdirTemp("/tmp", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(parent) })
	a := start(t, Options{Dir: filepath.Join(parent, "s")})
	for _, path := range []string{parent, filepath.Dir(a.Path()), a.Path()} {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	dialed := make(chan error)
	var c net.Conn
	go func() {
		// One thread alone becomes somebody else, and ends with this goroutine.
		runtime.LockOSThread()
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, 65534, 65534, 65534); errno != 0 {
			dialed <- errno
			return
		}
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err == nil {
			err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: a.Path()})
			f := os.NewFile(uintptr(fd), "socket")
			defer f.Close()
			if err == nil {
				c, err = net.FileConn(f)
			}
		}
		dialed <- err
	}()
	if err := <-dialed; err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	other := &client{t, c, bufio.NewReader(c)}
	o := other.json(other.response(), 403)
	if got := fmt.Sprint(o["error"]); !strings.Contains(got, "uid 65534 may not") {
		t.Error(got)
	}
	other.closed()
}

func Test_only_the_user_and_root_may_enter(t *testing.T) {
	me := uint32(os.Geteuid())
	for uid, may := range map[uint32]bool{me: true, 0: true, me + 1: false, 65534: false, ^uint32(0): false} {
		if got := mayEnter(&syscall.Ucred{Uid: uid}); got != may {
			t.Errorf("uid %d: %v", uid, got)
		}
	}
}

func Test_attach_tells_the_truth(t *testing.T) {
	a := start(t, Options{})
	c := dial(t, a)
	o := c.ask("POST", "/v1/attach", 200)
	_, err := os.Stat("/proc/sys/kernel/yama")
	yama := err == nil
	if o["granted"] != yama || fmt.Sprint(o["pid"]) != fmt.Sprint(os.Getpid()) {
		t.Errorf("with Yama %v the answer is %v", yama, o)
	}
	if _, note := o["note"]; note == yama {
		t.Errorf("with Yama %v the answer is %v", yama, o)
	}
	c.Close()
	dial(t, a).get("/v1/info")
}

func Test_attach_is_refused_to_PID_0(t *testing.T) {
	a := start(t, Options{})
	path := filepath.Join(t.TempDir(), "socket")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	peer, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	nc, err := listener.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c, err := newConn(a.server, nc)
	if err != nil {
		t.Fatal(err)
	}
	c.peer.Pid = 0 // as the kernel says it of a peer outside of our PID namespace
	go c.serve()
	(&client{t, peer, bufio.NewReader(peer)}).fails("POST", "/v1/attach", 403, "not visible")
}

// servers counts the goroutines that belong to agents.
func servers() int {
	b := make([]byte, 1<<20)
	stacks := strings.Split(string(b[:runtime.Stack(b, true)]), "\n\n")
	n := 0
	for _, stack := range stacks {
		if strings.Contains(stack, "created by schedtop/agent.") && strings.Contains(stack, "agent.(*server).") {
			n++
		}
	}
	return n
}

func settles(t *testing.T, want int) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); servers() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines serve, not %d", servers(), want)
		}
	}
}

func Test_without_clients_one_goroutine_waits(t *testing.T) {
	settles(t, 0)
	a := start(t, Options{})
	settles(t, 1)
	c := dial(t, a)
	c.get("/v1/sched")
	c.get("/v1/metrics")
	settles(t, 2)
	c.Close()
	settles(t, 1)
}

func Test_groups_tell_of_every_goroutine(t *testing.T) {
	c := dial(t, start(t, Options{}))
	answer := c.get("/v1/groups")
	sum := int64(0)
	for _, one := range answer["groups"].([]any) {
		sum += number(t, one.(map[string]any)["count"])
	}
	if all := number(t, answer["count"]) + number(t, answer["system_count"]); sum != all || all < 3 {
		t.Errorf("groups have %v goroutines, in all there are %v", sum, all)
	}
	if len(answer["places"].([]any)) == 0 || number(t, answer["cost_ns"]) < 0 || number(t, answer["monotonic_ns"]) <= 0 {
		t.Errorf("%v", answer)
	}
}

func Test_close_ends_everything(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	a, err := Listen(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "started twice") {
		t.Errorf("a second agent: %v", err)
	}
	c := dial(t, a)
	c.get("/v1/info")
	for i := 0; i < 2; i++ {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
	c.closed()
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("%d files are left, %v", len(names), err)
	}
	if a, err = Listen(Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

func Test_many_clients_at_once(t *testing.T) {
	a := start(t, Options{})
	var done sync.WaitGroup
	for i := 0; i < 8; i++ {
		c := dial(t, a)
		done.Add(1)
		go func() {
			defer done.Done()
			for k := 0; k < 30; k++ {
				for _, path := range []string{"/v1/sched", "/v1/metrics", "/v1/info", "/v1/groups"} {
					if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\n\r\n", path); err != nil {
						t.Error(err)
						return
					}
					answer, err := http.ReadResponse(c.in, nil)
					if err != nil {
						t.Error(err)
						return
					}
					var o object
					if err := json.NewDecoder(answer.Body).Decode(&o); err != nil || answer.StatusCode != 200 {
						t.Errorf("%s: %d %v", path, answer.StatusCode, err)
					}
					answer.Body.Close() // reads what the decoder left of it
				}
			}
		}()
	}
	done.Wait()
}
