package wire

import (
	"strconv"

	"schedtop/agent/internal/jsontext"
)

const lengthDigits = 10

// Reply builds an answer of known length, head and body in one buffer that is used again and again.
type Reply struct {
	buf    []byte
	length int // where the digits of Content-Length stand
	body   int
}

// Begin starts a new answer with a JSON body. Extra is header lines, each ended by CR LF.
func (r *Reply) Begin(status int, extra string, closing bool) {
	b := AppendStatus(r.buf[:0], status)
	b = append(b, "Content-Type: application/json\r\n"...)
	b = append(b, extra...)
	if closing {
		b = append(b, "Connection: close\r\n"...)
	}
	b = append(b, "Content-Length: "...)
	r.length = len(b)
	b = append(b, "          \r\n\r\n"...) // lengthDigits blanks: white space before a value is legal
	r.buf, r.body = b, len(b)
}

// Body gives the buffer to append the body to; hand it back with SetBody.
func (r *Reply) Body() []byte { return r.buf }

// SetBody takes back what Body gave out.
func (r *Reply) SetBody(b []byte) { r.buf = b }

// Bytes ends the answer and returns it. It is valid until the next Begin.
func (r *Reply) Bytes() []byte {
	n := len(r.buf) - r.body
	for i := r.length + lengthDigits - 1; i >= r.length; i-- {
		r.buf[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			break
		}
	}
	return r.buf
}

// Fail makes the answer an error.
func (r *Reply) Fail(e *Error, closing bool) {
	extra := ""
	if e.RetryAfter > 0 {
		extra = "Retry-After: " + strconv.Itoa(e.RetryAfter) + "\r\n"
	}
	if e.Allow != "" {
		extra += "Allow: " + e.Allow + "\r\n"
	}
	r.Begin(e.Status, extra, closing)
	b := append(r.buf, `{"schema":1,"error":`...)
	b = jsontext.AppendString(b, e.Sentence)
	r.buf = append(b, "}\n"...)
}

var reasons = map[int]string{
	200: "OK",
	400: "Bad Request",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	409: "Conflict",
	413: "Content Too Large",
	417: "Expectation Failed",
	429: "Too Many Requests",
	431: "Request Header Fields Too Large",
	500: "Internal Server Error",
	501: "Not Implemented",
	503: "Service Unavailable",
	505: "HTTP Version Not Supported",
}

// AppendStatus appends the status line.
func AppendStatus(b []byte, status int) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, reasons[status]...)
	return append(b, "\r\n"...)
}
