package doctor_test

import "bytes"

// Of what is wrong with the file itself.
var coreRows = []row{
	{name: "trace-truncated", want: "trace-truncated", damaged: true},
	{name: "trace-empty", want: "trace-empty", damaged: true},
	{name: "healthy-idle", want: "trace-version", damaged: true, edit: makeNewer},
}

// makeNewer turns a trace into one of a format that is still to come.
func makeNewer(trace []byte) []byte {
	_, rest, _ := bytes.Cut(trace, []byte(" trace"))
	return append([]byte("go 1.39 trace"), rest...)
}
