//go:build noagent

package stage

import "errors"

func listen() error {
	return errors.New("this workload was built without the agent (tag noagent)")
}

func unlisten() {}
