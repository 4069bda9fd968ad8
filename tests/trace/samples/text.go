// Package samples holds what the reference keeps for its own tests: traces in
// text form with a verdict, what its fuzzers found, traces of old releases.
package samples

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Names of events as the reference's text form has them, by number. Those from
// 128 are experimental.
var eventNumbers = func() map[string]byte {
	names := strings.Fields(`None EventBatch Stacks Stack Strings String CPUSamples CPUSample Frequency
		ProcsChange ProcStart ProcStop ProcSteal ProcStatus GoCreate GoCreateSyscall GoStart GoDestroy
		GoDestroySyscall GoStop GoBlock GoUnblock GoSyscallBegin GoSyscallEnd GoSyscallEndBlocked GoStatus
		STWBegin STWEnd GCActive GCBegin GCEnd GCSweepActive GCSweepBegin GCSweepEnd GCMarkAssistActive
		GCMarkAssistBegin GCMarkAssistEnd HeapAlloc HeapGoal GoLabel UserTaskBegin UserTaskEnd
		UserRegionBegin UserRegionEnd UserLog GoSwitch GoSwitchDestroy GoCreateBlocked GoStatusStack
		ExperimentalBatch Sync ClockSnapshot EndOfGeneration`)
	numbers := map[string]byte{}
	for i, name := range names {
		numbers[name] = byte(i)
	}
	return numbers
}()

// Assemble turns the reference's text form into a trace.
func Assemble(text string) ([]byte, error) {
	var out []byte
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if fields[0] == "Trace" {
			version, _ := strings.CutPrefix(fields[1], "Go1.")
			out = append(out, "go 1."+version+" trace\x00\x00\x00"...)
			continue
		}
		if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data="); ok {
			s, err := strconv.Unquote(data)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			out = binary.AppendUvarint(out, uint64(len(s)))
			out = append(out, s...)
			continue
		}
		if line[0] != '\t' { // lines with a tab are the frames of a stack
			number, ok := eventNumbers[fields[0]]
			if !ok {
				return nil, fmt.Errorf("%q: unknown event", line)
			}
			out = append(out, number)
			fields = fields[1:]
		}
		for _, field := range fields {
			_, value, _ := strings.Cut(field, "=")
			n, err := strconv.ParseUint(value, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			out = binary.AppendUvarint(out, n)
		}
	}
	return out, nil
}
