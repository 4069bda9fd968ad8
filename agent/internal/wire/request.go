// Package wire is the small part of HTTP/1.1 that the agent speaks: requests without a body on a
// kept-alive connection, and answers of known length.
//
// It is written by hand because the agent lives in other people's programs. net/http would bring its
// TLS, HTTP/2 and DNS code into programs that have none, starts a goroutine per request to watch the
// connection, and costs several times the CPU of a whole request here (BenchmarkAgainstNetHTTP). What
// is not needed is refused: bodies, transfer codings, percent-encoding, folded lines, bare line feeds.
package wire

import (
	"bytes"
	"strconv"
)

// MaxHead is the longest request head that is accepted, in bytes.
const MaxHead = 8 << 10

// Request is a parsed request head. Its slices point into the buffer that was parsed.
type Request struct {
	Method, Path, Query []byte
	Close               bool // the client wants the connection closed after the answer
}

// Error is a request that can't be served.
type Error struct {
	Status     int
	Sentence   string
	RetryAfter int    // seconds, 0: not said
	Allow      string // the method that the path understands, for 405
}

func (e *Error) Error() string { return e.Sentence }

var (
	errHead     = &Error{Status: 400, Sentence: "the request is not HTTP/1.1"}
	errHeader   = &Error{Status: 400, Sentence: "a header line of the request is malformed"}
	errTarget   = &Error{Status: 400, Sentence: "the request's target must be a plain path, such as /v1/info"}
	errTooLong  = &Error{Status: 431, Sentence: "the request's head is longer than 8192 bytes"}
	errVersion  = &Error{Status: 505, Sentence: "this agent speaks HTTP/1.1"}
	errBody     = &Error{Status: 413, Sentence: "requests to this agent have no body"}
	errCoding   = &Error{Status: 501, Sentence: "requests with a Transfer-Encoding are not supported"}
	errExpect   = &Error{Status: 417, Sentence: "this agent meets no expectations"}
	errParam    = &Error{Status: 400, Sentence: "a query parameter of the request is malformed: name=value&name=value without escapes"}
	headEnd     = []byte("\r\n\r\n")
	lineEnd     = []byte("\r\n")
	versionText = []byte("HTTP/1.1")
	versionHead = []byte("HTTP/")
)

// Parse parses the request that begins at b[0]. It returns how many bytes the request has, or 0 if
// its end has not arrived. After an error the connection can't be used any more.
func Parse(b []byte) (req Request, n int, err *Error) {
	end := bytes.Index(b, headEnd)
	if end < 0 {
		if len(b) >= MaxHead {
			return req, 0, errTooLong
		}
		return req, 0, nil
	}
	n = end + len(headEnd)
	if n > MaxHead {
		return req, 0, errTooLong
	}
	line, rest := cut(b[:end])
	if err = req.parseLine(line); err != nil {
		return req, 0, err
	}
	for len(rest) > 0 {
		line, rest = cut(rest)
		if err = req.parseHeader(line); err != nil {
			return req, 0, err
		}
	}
	return req, n, nil
}

func cut(b []byte) (line, rest []byte) {
	if i := bytes.Index(b, lineEnd); i >= 0 {
		return b[:i], b[i+len(lineEnd):]
	}
	return b, nil
}

func (r *Request) parseLine(line []byte) *Error {
	method, rest, ok1 := bytes.Cut(line, []byte{' '})
	target, version, ok2 := bytes.Cut(rest, []byte{' '})
	switch {
	case !ok1 || !ok2 || !isToken(method) || !bytes.HasPrefix(version, versionHead):
		return errHead
	case !bytes.Equal(version, versionText):
		return errVersion
	case len(target) == 0 || target[0] != '/':
		return errTarget
	}
	for _, c := range target {
		if c <= ' ' || c >= 0x7f || c == '%' || c == '#' {
			return errTarget
		}
	}
	r.Method = method
	r.Path, r.Query, _ = bytes.Cut(target, []byte{'?'})
	return nil
}

func (r *Request) parseHeader(line []byte) *Error {
	name, value, ok := bytes.Cut(line, []byte{':'})
	if !ok || !isToken(name) {
		return errHeader
	}
	value = bytes.Trim(value, " \t")
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return errHeader
		}
	}
	switch {
	case is(name, "content-length"):
		if !is(value, "0") {
			return errBody
		}
	case is(name, "transfer-encoding"):
		return errCoding
	case is(name, "expect"):
		return errExpect
	case is(name, "connection"):
		for len(value) > 0 {
			var option []byte
			option, value, _ = bytes.Cut(value, []byte{','})
			r.Close = r.Close || is(bytes.Trim(option, " \t"), "close")
		}
	}
	return nil
}

// is compares without regard to case; lower is in lower case.
func is(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// isToken implements RFC 9110's token.
func isToken(b []byte) bool {
	for _, c := range b {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c > ' ' && c < 0x7f && bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) >= 0:
		default:
			return false
		}
	}
	return len(b) > 0
}

// Params calls do for every parameter of the query; do says whether it knows the name.
func (r *Request) Params(do func(name, value []byte) bool) *Error {
	query := r.Query
	for len(query) > 0 {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte{'&'})
		name, value, ok := bytes.Cut(pair, []byte{'='})
		if !ok || len(name) == 0 {
			return errParam
		}
		if !do(name, value) {
			return &Error{Status: 400, Sentence: "the request has a parameter that this agent does not know: " + printable(name)}
		}
	}
	return nil
}

// printable shortens what a client sent for being repeated to it. Parse let ASCII through only.
func printable(b []byte) string {
	if len(b) > 40 {
		b = b[:40]
	}
	return strconv.Quote(string(b))
}

// SmallInt parses a decimal number of at most nine digits; anything else is -1.
func SmallInt(b []byte) int {
	if len(b) == 0 || len(b) > 9 {
		return -1
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}
