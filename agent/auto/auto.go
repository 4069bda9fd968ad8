// Package auto starts the schedtop agent when the program starts:
//
//	import _ "schedtop/agent/auto"
//
// It never stops a program from working: whatever keeps the agent from listening is ignored, and
// told on stderr only if $SCHEDTOP_VERBOSE is set.
package auto

import (
	"fmt"
	"os"

	"schedtop/agent"
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
	a, err := agent.Listen(agent.Options{})
	if err != nil {
		tell(err)
		return
	}
	tell("listening on", a.Path())
}
