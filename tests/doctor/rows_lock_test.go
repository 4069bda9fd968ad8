package doctor_test

var lockRows = []row{
	{name: "mutex-serialization", want: "mutex-serialization", quick: true},
	{name: "lock-held-across-io", want: "lock-held-across-io", quick: true},
	{name: "serial-bottleneck", want: "serial-bottleneck"},
	{name: "channel-send-stuck", want: "channel-send-stuck", live: true, quick: true},
	{name: "deadlock-cycle", want: "deadlock-cycle", live: true},
	{name: "healthy-keyed"},
	{name: "healthy-ledger"},
	{name: "healthy-owner"},
	{name: "healthy-watchers"},
}
