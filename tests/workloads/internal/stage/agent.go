//go:build !noagent

package stage

import "schedtop/agent"

var serving *agent.Agent

func listen() (err error) {
	serving, err = agent.Listen(agent.Options{})
	return err
}

func unlisten() {
	if serving != nil {
		// The program ends now: a socket file that stays is swept by the next one.
		_ = serving.Close()
	}
}
