//go:build go1.25

package flight

import "runtime/trace"

func newEngine(s Settings) engine {
	return trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: s.MinAge, MaxBytes: uint64(s.MaxBytes)})
}
