//go:build !noagent

package stage

import "schedtop/agent"

var server *agent.Server

func listen() (err error) {
	server, err = agent.Listen(agent.Options{})
	return err
}

func unlisten() {
	if server != nil {
		// The program ends now: a socket file that stays is swept by the next one.
		_ = server.Close()
	}
}
