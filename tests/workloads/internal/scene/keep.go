package scene

import (
	"io"
	"os"
)

// Keep writes what a flight recorder holds where the trace is wanted.
func (s *Scene) Keep(recorder io.WriterTo) {
	if s.path == "" {
		return
	}
	file, err := os.Create(s.path)
	if err != nil {
		Fail(err)
	}
	if _, err = recorder.WriteTo(file); err != nil {
		Fail(err)
	}
	if err = file.Close(); err != nil {
		Fail(err)
	}
}
