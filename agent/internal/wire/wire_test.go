package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func Test_requests_are_parsed(t *testing.T) {
	for _, c := range []struct {
		text                string
		method, path, query string
		closing             bool
		n                   int
	}{
		{"GET /v1/info HTTP/1.1\r\n\r\n", "GET", "/v1/info", "", false, 25},
		{"GET /v1/trace?seconds=3&auto=1 HTTP/1.1\r\nHost: x\r\nUser-Agent: curl/8\r\n\r\nGET", "GET", "/v1/trace",
			"seconds=3&auto=1", false, 72},
		{"POST /v1/attach HTTP/1.1\r\nContent-Length: 0\r\nConnection: TE, Close\r\n\r\n", "POST", "/v1/attach", "", true, 70},
		{"GET /?? HTTP/1.1\r\nX:\t\r\n\r\n", "GET", "/", "?", false, 25},
	} {
		req, n, err := Parse([]byte(c.text))
		if err != nil || n != c.n || string(req.Method) != c.method || string(req.Path) != c.path ||
			string(req.Query) != c.query || req.Close != c.closing {
			t.Errorf("%q: %s %s %s close %v, %d bytes, %v", c.text, req.Method, req.Path, req.Query, req.Close, n, err)
		}
	}
}

func Test_a_request_is_whole_only_at_its_end(t *testing.T) {
	text := "GET /v1/info HTTP/1.1\r\nHost: x\r\n\r\n"
	for i := 0; i < len(text); i++ {
		if _, n, err := Parse([]byte(text[:i])); n != 0 || err != nil {
			t.Errorf("%q is a request of %d bytes, %v", text[:i], n, err)
		}
	}
}

func Test_what_is_not_understood_is_refused(t *testing.T) {
	for text, status := range map[string]int{
		"\r\n\r\n":                                                          400,
		"GET /\r\n\r\n":                                                     400,
		"GET  / HTTP/1.1\r\n\r\n":                                           400,
		"GET / HTTP/1.1 \r\n\r\n":                                           505,
		"GET / HTTP/1.0\r\n\r\n":                                            505,
		"GET / HTTP/2\r\n\r\n":                                              505,
		"GET / FTP/1.1\r\n\r\n":                                             400,
		"GET http://x/v1/info HTTP/1.1\r\n\r\n":                             400,
		"GET /%2e HTTP/1.1\r\n\r\n":                                         400,
		"GET /a\x00b HTTP/1.1\r\n\r\n":                                      400,
		"GET /\x80 HTTP/1.1\r\n\r\n":                                        400,
		"G(T / HTTP/1.1\r\n\r\n":                                            400,
		"GET / HTTP/1.1\nHost: x\r\n\r\n":                                   505,
		"GET / HTTP/1.1\r\nHost x\r\n\r\n":                                  400,
		"GET / HTTP/1.1\r\n folded: x\r\n\r\n":                              400,
		"GET / HTTP/1.1\r\nHost : x\r\n\r\n":                                400,
		"GET / HTTP/1.1\r\nHost: a\nb\r\n\r\n":                              400,
		"GET / HTTP/1.1\r\nHost: a\x00\r\n\r\n":                             400,
		"GET / HTTP/1.1\r\n: x\r\n\r\n":                                     400,
		"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx":                     413,
		"POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n": 413,
		"POST / HTTP/1.1\r\ntransfer-ENCODING: chunked\r\n\r\n0\r\n\r\n":    501,
		"POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n":                   417,
		"GET /" + strings.Repeat("a", MaxHead) + " HTTP/1.1\r\n\r\n":        431,
		strings.Repeat("a", MaxHead):                                        431,
	} {
		if _, _, err := Parse([]byte(text)); err == nil || err.Status != status {
			t.Errorf("%.60q: %v, not status %d", text, err, status)
		}
	}
}

func Test_parameters(t *testing.T) {
	for query, ok := range map[string]bool{
		"": true, "a=1": true, "a=1&b=": true, "a=1&&b=2": false, "a": false, "=1": false, "c=1": false, "a=1&": true,
	} {
		req := Request{Query: []byte(query)}
		err := req.Params(func(name, _ []byte) bool { return string(name) == "a" || string(name) == "b" })
		if (err == nil) != ok {
			t.Errorf("%q: %v", query, err)
		}
	}
	for text, want := range map[string]int{"0": 0, "30": 30, "": -1, "-1": -1, "1.5": -1, "9999999999": -1, "+1": -1} {
		if got := SmallInt([]byte(text)); got != want {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func Test_answers_are_HTTP_to_others(t *testing.T) {
	var r Reply
	for _, n := range []int{0, 1, 9, 10, 12345} {
		r.Begin(200, "", n == 9)
		r.SetBody(append(r.Body(), strings.Repeat("x", n)...))
		answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(r.Bytes())), nil)
		if err != nil {
			t.Fatalf("%v: %q", err, r.Bytes())
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || len(body) != n || answer.ContentLength != int64(n) || answer.Close != (n == 9) {
			t.Errorf("%d bytes came as %d, %v, close %v", n, len(body), err, answer.Close)
		}
	}
	r.Fail(&Error{Status: 429, Sentence: "not \"now\"", RetryAfter: 7}, false)
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(r.Bytes())), nil)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Schema int
		Error  string
	}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil || body.Schema != 1 || body.Error != `not "now"` ||
		answer.Header.Get("Retry-After") != "7" || answer.StatusCode != 429 {
		t.Errorf("%v: %+v %v", err, body, answer.Header)
	}
}

// What Parse accepts, net/http accepts too and understands in the same way.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"GET /v1/info HTTP/1.1\r\n\r\n",
		"GET /v1/metrics?have=a,b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /v1/sched HTTP/1.1\r\n\r\n",
		"POST /v1/attach HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
		"GET / HTTP/1.1\r\nA: \t b \t\r\nB:\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		req, n, bad := Parse(b)
		if bad != nil {
			if n != 0 || bad.Status < 400 || reasons[bad.Status] == "" {
				t.Fatalf("%d bytes and %+v", n, bad)
			}
			return
		}
		if n == 0 {
			if len(b) >= MaxHead {
				t.Fatal("waits for more of a head that is too long")
			}
			return
		}
		if n > len(b) || n > MaxHead {
			t.Fatalf("%d bytes of %d", n, len(b))
		}
		text := append([]byte(nil), b[:n]...)
		if !bytes.Contains(bytes.ToLower(text), []byte("\r\nhost:")) { // net/http wants one
			text = append(text[:n-2], "Host: x\r\n\r\n"...)
		}
		theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err != nil {
			if s := err.Error(); strings.Contains(s, "Host") || strings.Contains(s, "invalid method") {
				return // it is stricter about hosts
			}
			t.Fatalf("net/http refuses %q: %v", text, err)
		}
		if theirs.Method != string(req.Method) || theirs.ContentLength != 0 || theirs.Close != req.Close {
			t.Fatalf("%q: net/http sees %s, length %d, close %v; we %s, close %v", text, theirs.Method,
				theirs.ContentLength, theirs.Close, req.Method, req.Close)
		}
		_ = req.Params(func(_, _ []byte) bool { return true })
	})
}
