package doctor_test

var cpuRows = []row{
	{name: "cpu-bound-hot-loop", want: "cpu-bound-hot-loop", quick: true},
	{name: "cpu-saturation", want: "cpu-saturation", live: true},
	{name: "gomaxprocs-mismatch", want: "gomaxprocs-mismatch"},
	{name: "gomaxprocs-profiled", want: "gomaxprocs-mismatch"},
	{name: "runnable-oversubscription", want: "runnable-oversubscription"},
	{name: "busy-poll", want: "busy-poll"},
	{name: "busy-poll", want: "busy-poll", flags: lastPart},
	{name: "busy-poll-yield", want: "busy-poll"},
	{name: "cgo-blocking", want: "cgo-blocking", cgo: true},
	{name: "syscall-blocking", want: "syscall-blocking", quick: true},
	{name: "syscall-lookup", want: "syscall-blocking"},
	{name: "healthy-background"},
	{name: "healthy-chunks"},
	{name: "healthy-cgo", cgo: true},
	{name: "healthy-reader"},
}
