package agent

import (
	"bufio"
	"runtime/pprof"
	"strconv"
	"time"

	"schedtop/agent/internal/capture"
	"schedtop/agent/internal/clock"
	"schedtop/agent/internal/ptracer"
	"schedtop/agent/internal/sched"
	"schedtop/agent/internal/stream"
	"schedtop/agent/internal/wire"
)

// The goroutine profile's limits: text, one entry per distinct stack.
const (
	dumpBytes = 16 << 20
	dumpStall = 5 * time.Second
)

// The whole protocol.
var routes = []struct {
	method, path string
	handle       func(c *conn, req *wire.Request) error
}{
	{"GET", "/v1/info", (*conn).getInfo},
	{"GET", "/v1/metrics", (*conn).getMetrics},
	{"GET", "/v1/sched", (*conn).getSched},
	{"GET", "/v1/groups", (*conn).getGroups},
	{"GET", "/v1/trace", (*conn).getTrace},
	{"GET", "/v1/flight", (*conn).getFlight},
	{"GET", "/v1/goroutines", (*conn).getGoroutines},
	{"POST", "/v1/attach", (*conn).postAttach},
}

func find(req *wire.Request) (func(c *conn, req *wire.Request) error, *wire.Error) {
	for i := range routes {
		r := &routes[i]
		if string(req.Path) != r.path {
			continue
		}
		if string(req.Method) != r.method {
			return nil, &wire.Error{Status: 405, Allow: r.method, Sentence: r.path + " understands " + r.method + " only"}
		}
		return r.handle, nil
	}
	return nil, &wire.Error{Status: 404, Sentence: "there is nothing at this path: this agent speaks version 1 of " +
		"its protocol, whose paths begin with /v1/"}
}

func noParams(_, _ []byte) bool { return false }

func (c *conn) getInfo(req *wire.Request) error {
	if bad := req.Params(noParams); bad != nil {
		return bad
	}
	_, err := c.openSched()
	return c.json(req, func(b []byte) []byte { return c.info.appendJSON(b, err, c.flight) })
}

func (c *conn) getMetrics(req *wire.Request) error {
	var have []byte
	if bad := req.Params(func(name, value []byte) bool {
		have = value
		return string(name) == "have"
	}); bad != nil {
		return bad
	}
	return c.json(req, func(b []byte) []byte {
		b = appendTimes(b, clock.MonotonicNS())
		b = c.metrics.AppendJSON(b, have)
		return append(b, "}\n"...)
	})
}

func (c *conn) getSched(req *wire.Request) error {
	if bad := req.Params(noParams); bad != nil {
		return bad
	}
	reader, err := c.openSched()
	if err != nil {
		return &wire.Error{Status: 501, Sentence: err.Error()}
	}
	c.reply.Begin(200, "", req.Close)
	b := c.reply.Body()
	err = reader.View(func(state *sched.State) {
		b = appendTimes(b, state.MonotonicNS)
		b = state.AppendJSON(b)
		b = append(b, "}\n"...)
	})
	if err != nil {
		return &wire.Error{Status: 500, Sentence: err.Error()}
	}
	c.reply.SetBody(b)
	return c.out.Send(c.reply.Bytes(), replyTime)
}

// getGroups tells of all goroutines without stopping the program: what groups of them wait for, and who
// made them.
func (c *conn) getGroups(req *wire.Request) error {
	if bad := req.Params(noParams); bad != nil {
		return bad
	}
	reader, err := c.openSched()
	if err != nil {
		return &wire.Error{Status: 501, Sentence: err.Error()}
	}
	groups, err := reader.Groups()
	if err != nil {
		return &wire.Error{Status: 500, Sentence: err.Error()}
	}
	return c.json(req, func(b []byte) []byte {
		b = appendTimes(b, groups.MonotonicNS)
		b = groups.AppendJSON(b)
		return append(b, "}\n"...)
	})
}

// appendTimes begins an object with the schema and the two clocks.
func appendTimes(b []byte, monotonicNS int64) []byte {
	b = append(b, `{"schema":1,"monotonic_ns":`...)
	b = strconv.AppendInt(b, monotonicNS, 10)
	b = append(b, `,"wall_ns":`...)
	b = strconv.AppendInt(b, time.Now().UnixNano(), 10)
	return append(b, ',')
}

func (c *conn) getTrace(req *wire.Request) error {
	seconds, auto, bad := capture.Params(req)
	if bad != nil {
		return bad
	}
	if c.options.RefuseTrace {
		return errRefused
	}
	return capture.Run(c, seconds, auto, c.options.MaxTraceBytes)
}

var errRefused = &wire.Error{Status: 403, Sentence: "this program refuses traces (agent.Options.RefuseTrace)"}

// getFlight sends what the flight recorder holds: a trace of what has been.
func (c *conn) getFlight(req *wire.Request) error {
	auto, bad := capture.FlightParams(req)
	if bad != nil {
		return bad
	}
	if c.options.RefuseTrace {
		return errRefused
	}
	return capture.Flight(c, c.flight, auto, c.options.MaxTraceBytes)
}

// getGoroutines makes the text profile, in which equal stacks are one entry. The form with every
// goroutine for itself (debug=2) would stop the program for seconds when there are many.
func (c *conn) getGoroutines(req *wire.Request) error {
	if bad := req.Params(noParams); bad != nil {
		return bad
	}
	if !c.dumping.TryLock() {
		return &wire.Error{Status: 429, RetryAfter: 1, Sentence: "a goroutine profile is being made already"}
	}
	defer c.dumping.Unlock()
	limits := stream.Limits{Bytes: dumpBytes, Stall: dumpStall}
	out := stream.New("text/plain; charset=utf-8", limits, c.Send, func() {})
	buffered := bufio.NewWriterSize(out, 32<<10)
	if err := pprof.Lookup("goroutine").WriteTo(buffered, 1); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return out.Close()
}

// postAttach grants the client the right to read this process's memory while its connection lives.
func (c *conn) postAttach(req *wire.Request) error {
	if bad := req.Params(noParams); bad != nil {
		return bad
	}
	if c.options.RefuseAttach {
		return &wire.Error{Status: 403, Sentence: "this program refuses to be attached to (agent.Options.RefuseAttach)"}
	}
	err := c.grants.Grant(c, c.PID())
	if err == ptracer.ErrNamespace {
		return &wire.Error{Status: 403, Sentence: err.Error()}
	}
	scope, yama := ptracer.YamaScope()
	if err != nil && yama {
		return &wire.Error{Status: 500, Sentence: "prctl(PR_SET_PTRACER) failed: " + err.Error()}
	}
	return c.json(req, func(b []byte) []byte {
		b = append(b, `{"schema":1,"granted":`...)
		b = strconv.AppendBool(b, err == nil)
		b = append(b, `,"pid":`...)
		b = strconv.AppendInt(b, int64(c.PID()), 10)
		if yama {
			b = append(b, `,"ptrace_scope":`...)
			b = strconv.AppendInt(b, int64(scope), 10)
		}
		if err != nil {
			b = append(b, `,"note":"this kernel has no Yama: there is nothing to grant, and nothing that the agent `+
				`could allow"`...)
		}
		return append(b, "}\n"...)
	})
}
