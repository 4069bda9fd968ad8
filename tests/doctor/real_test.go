package doctor_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A realProgram is one that people run; it serves on a port and its profiles on another, which may be the
// same.
type realProgram struct {
	module, version string
	args            []string // with DIR, ADDRESS, OTHER and PROFILES filled in
	config          string   // of the file DIR/config
	use             func(address string, i int, over <-chan struct{}) error
}

var realPrograms = []realProgram{
	{
		module: "github.com/nats-io/nats-server/v2", version: "v2.11.8",
		args:   []string{"-c", "DIR/config"},
		config: "listen: ADDRESS\nhttp: OTHER\nprof_port: PROFILES\n",
		use:    publish,
	},
	{
		module: "github.com/caddyserver/caddy/v2/cmd/caddy", version: "v2.10.2",
		args:   []string{"run", "--adapter", "caddyfile", "--config", "DIR/config"},
		config: "{\n\tadmin 127.0.0.1:PROFILES\n\tauto_https off\n}\nhttp://ADDRESS {\n\troot * DIR\n\tfile_server\n}\n",
		use:    browse,
	},
	{
		module: "go.etcd.io/etcd/server/v3", version: "v3.6.4",
		args: []string{"--enable-pprof", "--data-dir", "DIR/data",
			"--listen-client-urls", "http://ADDRESS,http://127.0.0.1:PROFILES", "--advertise-client-urls", "http://ADDRESS",
			"--listen-peer-urls", "http://OTHER", "--initial-advertise-peer-urls", "http://OTHER",
			"--initial-cluster", "default=http://OTHER"},
		use: store,
	},
}

// browse fetches a small file now and then.
func browse(address string, _ int, over <-chan struct{}) error {
	return repeat(over, func() (*http.Response, error) { return http.Get("http://" + address + "/page") })
}

// store writes a key and reads it again.
func store(address string, i int, over <-chan struct{}) error {
	turn := 0
	return repeat(over, func() (*http.Response, error) {
		kind, body := "put", `{"key": "Zm9v", "value": "YmFy"}`
		if turn++; (turn+i)%3 > 0 {
			kind, body = "range", `{"key": "Zm9v"}`
		}
		return http.Post("http://"+address+"/v3/kv/"+kind, "application/json", strings.NewReader(body))
	})
}

func repeat(over <-chan struct{}, request func() (*http.Response, error)) error {
	for {
		select {
		case <-over:
			return nil
		case <-time.After(10 * time.Millisecond):
		}
		response, err := request()
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %v", response.Status, err)
		}
	}
}

// publish talks to one of four rooms, all of whose members hear it.
func publish(address string, i int, over <-chan struct{}) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "CONNECT {\"verbose\":false}\r\nSUB room.%d 1\r\n", i%4); err != nil {
		return err
	}
	go func() {
		for lines := bufio.NewScanner(c); lines.Scan(); {
			if lines.Text() == "PING" {
				_, _ = io.WriteString(c, "PONG\r\n")
			}
		}
	}()
	for {
		select {
		case <-over:
			return nil
		case <-time.After(5 * time.Millisecond):
		}
		if _, err := fmt.Fprintf(c, "PUB room.%d 5\r\nhello\r\n", i%4); err != nil {
			return err
		}
	}
}

// install builds a program of a public module as its release is. What can't be fetched skips the test.
func install(t *testing.T, module, version string) string {
	t.Helper()
	dir := t.TempDir()
	run := func(args ...string) ([]byte, error) {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = goEnv("local", false)
		return cmd.CombinedOutput()
	}
	if out, err := run("mod", "init", "example.org/release"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := run("get", module+"@"+version); err != nil {
		t.Skipf("%s@%s can't be fetched: %v\n%s", module, version, err, out)
	}
	program := filepath.Join(dir, "program")
	if out, err := run("build", "-trimpath", "-ldflags", "-s -w", "-o", program, module); err != nil {
		t.Fatalf("%s@%s: %v\n%s", module, version, err, out)
	}
	return program
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

// fetchTrace waits until the program serves its profiles, and lets it trace itself.
func fetchTrace(t *testing.T, port, name string) string {
	t.Helper()
	var response *http.Response
	var err error
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(100 * time.Millisecond) {
		response, err = http.Get("http://127.0.0.1:" + port + "/debug/pprof/trace?seconds=2")
		if err == nil && response.StatusCode == http.StatusOK {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	file := filepath.Join(t.TempDir(), name)
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Programs that people run, at work and idle, are accused of nothing.
func TestRealProgramsAreAccusedOfNothing(t *testing.T) {
	if !isSlow {
		t.Skip("fetches and builds large programs: in the slow tier alone")
	}
	for _, p := range realPrograms {
		t.Run(p.module, func(t *testing.T) {
			profiles, address, dir := freePort(t), "127.0.0.1:"+freePort(t), t.TempDir()
			fill := strings.NewReplacer("DIR", dir, "ADDRESS", address, "OTHER", "127.0.0.1:"+freePort(t),
				"PROFILES", profiles)
			for name, text := range map[string]string{"config": fill.Replace(p.config), "page": strings.Repeat("words\n", 2000)} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(install(t, p.module, p.version))
			for _, arg := range p.args {
				cmd.Args = append(cmd.Args, fill.Replace(arg))
			}
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "HOME="+dir)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}()
			p.judge(t, fetchTrace(t, profiles, "idle"))
			over := make(chan struct{})
			ended := make(chan error)
			for i := range 8 {
				go func() { ended <- p.use(address, i, over) }()
			}
			p.judge(t, fetchTrace(t, profiles, "busy"))
			close(over)
			for range 8 {
				if err := <-ended; err != nil {
					t.Errorf("the load: %v", err)
				}
			}
		})
	}
}

func (p realProgram) judge(t *testing.T, file string) {
	t.Helper()
	got := doctor(t, file)
	sound(t, file, got)
	if slugs := got.accusations(); len(slugs) > 0 {
		keep(t, file, fmt.Sprintf("%s-%s.trace", filepath.Base(p.module), filepath.Base(file)))
		t.Errorf("%s is accused of %v\n%s", filepath.Base(file), slugs, got.text)
	}
}
