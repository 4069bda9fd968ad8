//go:build noagent

package stage

import "errors"

func (o *Options) listen() error {
	return errors.New("this workload was built without the agent (tag noagent)")
}

func unlisten() {}
