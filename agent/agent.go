// Package agent lets schedtop look into the program that imports it: it serves the Go runtime's own
// figures (scheduler, metrics, traces, goroutines) on a Unix socket that only this user and root can
// use. While nobody is connected it costs nothing: one goroutine waits for a connection.
//
//	a, err := agent.Listen(agent.Options{})
//	if err != nil {
//		log.Print(err) // the program works without it
//	}
//
// or, for programs that should not have to think of it:
//
//	import _ "schedtop/agent/auto"
//
// The socket is in $SCHEDTOP_DIR, else in $XDG_RUNTIME_DIR/schedtop, else in /tmp/schedtop-UID. The
// protocol is described in doc/agent.md of schedtop. Linux only: elsewhere Listen returns an error and nothing else
// happens.
package agent

import "time"

// Version is the agent's version, as GET /v1/info tells it.
const Version = "0.1.0"

// Options change what the agent does. The zero value is right for most programs.
type Options struct {
	// Dir is the directory of the socket, if the environment is not to decide. Schedtop finds the
	// socket without being told only where the environment says.
	Dir string
	// RefuseAttach refuses POST /v1/attach: no client is granted the right to read this process's memory.
	// Where the kernel allows that by itself, it stays allowed.
	RefuseAttach bool
	// RefuseTrace refuses GET /v1/trace and GET /v1/flight.
	RefuseTrace bool
	// MaxTraceBytes is the longest trace that is sent; 0 means 256 MiB.
	MaxTraceBytes int64
	// FlightRecorder, if it is not nil, has the last seconds of the program kept in memory, so that a trace
	// can be had of what has been already (GET /v1/flight). It needs Go 1.25. The program is traced all the
	// time then, which is not free, and the runtime allows one flight recorder: a program that starts its
	// own later gets an error from it.
	FlightRecorder *FlightRecorder
}

// FlightRecorder says how much is kept. Both numbers are hints to the runtime, which lets go of whole
// generations of a trace: of about a second each, one at the least, however many bytes that is.
type FlightRecorder struct {
	// MinAge is how far back the recorder reaches, if MaxBytes suffice; 0 means 10 s.
	MinAge time.Duration
	// MaxBytes is how much memory it takes, roughly; 0 means 16 MiB.
	MaxBytes int64
}

// Agent is a running agent.
type Agent struct{ server *server }

// Listen starts the agent. It returns once the socket accepts connections; the error is one sentence.
// Where nothing fails but the flight recorder, the agent works all the same: then both are returned, the
// agent and the error.
// The program need not close the agent: the socket of a process that has ended is removed by the next
// agent that starts.
func Listen(options Options) (*Agent, error) {
	s, err := listen(options)
	if s == nil {
		return nil, err
	}
	return &Agent{s}, err
}

// Path is the path of the socket.
func (a *Agent) Path() string { return a.server.path }

// Close ends the agent: it drops all clients, ends a trace that runs and the flight recorder, and removes the socket.
func (a *Agent) Close() error { return a.server.close() }
