// Package auto starts the schedtop agent when the program starts:
//
//	import _ "schedtop/agent/auto"
//
// Its flight recorder is off unless $SCHEDTOP_FLIGHT asks for it: "10s,16MiB" keeps the last ten seconds
// if sixteen MiB suffice; "on" is that, too. It needs Go 1.25.
//
// It never stops a program from working: whatever keeps the agent from listening is ignored, and
// told on stderr only if $SCHEDTOP_VERBOSE is set.
package auto

import (
	"fmt"
	"os"

	"schedtop/agent"
	"schedtop/agent/internal/flight"
)

func init() {
	tell := func(a ...any) {
		if os.Getenv("SCHEDTOP_VERBOSE") != "" {
			fmt.Fprintln(os.Stderr, append([]any{"schedtop agent:"}, a...)...)
		}
	}
	defer func() {
		if r := recover(); r != nil {
			tell("panic:", r)
		}
	}()
	var options agent.Options
	settings, err := flight.Parse(os.Getenv("SCHEDTOP_FLIGHT"))
	if err != nil {
		tell("SCHEDTOP_FLIGHT:", err)
	} else if settings != nil {
		options.FlightRecorder = &agent.FlightRecorder{MinAge: settings.MinAge, MaxBytes: settings.MaxBytes}
	}
	a, err := agent.Listen(options)
	if err != nil {
		tell(err)
	}
	if a == nil {
		return
	}
	tell("listening on", a.Path())
}
