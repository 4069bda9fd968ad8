package agent

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"

	"schedtop/agent/internal/flight"
	"schedtop/agent/internal/jsontext"
	"schedtop/agent/internal/sockdir"
)

// identity is what GET /v1/info says about the process, apart from the scheduler.
type identity struct {
	pid             int
	namespace       uint64
	startTicks      uint64
	program, module string
}

func identify() (identity, error) {
	namespace, err := sockdir.NamespaceInode()
	if err != nil {
		return identity{}, err
	}
	ticks, err := startTicks()
	if err != nil {
		return identity{}, err
	}
	id := identity{pid: os.Getpid(), namespace: namespace, startTicks: ticks}
	if len(os.Args) > 0 {
		id.program = filepath.Base(os.Args[0])
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		id.module = build.Main.Path
	}
	return id, nil
}

// startTicks is field 22 of /proc/self/stat: with the PID it names a process for good. The second field
// is the program's name in parentheses, in which anything may stand.
func startTicks() (uint64, error) {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, fmt.Errorf("when this process started is unknown: %w", err)
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const afterName = 22 - 3
	if len(fields) <= afterName {
		return 0, fmt.Errorf("when this process started is unknown: /proc/self/stat has %d fields", len(fields)+2)
	}
	return strconv.ParseUint(string(fields[afterName]), 10, 64)
}

func (id *identity) appendJSON(b []byte, schedErr error, recorder *flight.Recorder) []byte {
	b = append(b, `{"schema":1,"pid":`...)
	b = strconv.AppendInt(b, int64(id.pid), 10)
	b = append(b, `,"pid_namespace":`...)
	b = strconv.AppendUint(b, id.namespace, 10)
	b = append(b, `,"go_version":`...)
	b = jsontext.AppendString(b, runtime.Version())
	b = append(b, `,"program":`...)
	b = jsontext.AppendString(b, id.program)
	b = append(b, `,"module":`...)
	b = jsontext.AppendString(b, id.module)
	b = append(b, `,"start_ticks":`...)
	b = strconv.AppendUint(b, id.startTicks, 10)
	b = append(b, `,"agent":"`+Version+`","sched":`...)
	b = strconv.AppendBool(b, schedErr == nil)
	if schedErr != nil {
		b = append(b, `,"sched_error":`...)
		b = jsontext.AppendString(b, schedErr.Error())
	}
	b = append(b, `,"flight":`...)
	b = recorder.AppendJSON(b)
	return append(b, "}\n"...)
}
