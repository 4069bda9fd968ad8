//go:build !noagent

package stage

import (
	"fmt"
	"os"

	"schedtop/agent"
)

var serving *agent.Agent

// listen starts the agent. It works without its flight recorder, and then says why on stderr.
func (o *Options) listen() (err error) {
	var options agent.Options
	if o.Flight > 0 {
		options.FlightRecorder = &agent.FlightRecorder{MinAge: o.Flight, MaxBytes: o.FlightBytes}
	}
	serving, err = agent.Listen(options)
	if serving != nil && err != nil {
		fmt.Fprintf(os.Stderr, "agent: %v\n", err)
		err = nil
	}
	return err
}

func unlisten() {
	if serving != nil {
		// The program ends now: a socket file that stays is swept by the next one.
		_ = serving.Close()
	}
}
