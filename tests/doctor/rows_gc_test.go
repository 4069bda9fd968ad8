package doctor_test

// What the collector, stops of the world and the taking of traces cost, and programs that are near to it:
// all processors in use, much memory used once, a recorder that keeps enough.
var gcRows = []row{
	{name: "gc-pressure", want: "gc-pressure", live: true, quick: true},
	{name: "gc-pressure", want: "gc-pressure", flags: lastPart, quick: true},
	{name: "alloc-heavy", want: "alloc-heavy"},
	{name: "stw-long", want: "stw-long", live: true, quick: true},
	{name: "stw-long-hash", want: "stw-long"},
	{name: "stw-frequent", want: "stw-frequent"},
	{name: "stw-frequent-gc", want: "stw-frequent"},
	{name: "trace-io-slow", want: "trace-io-slow"},
	{name: "flight-window-short", want: "flight-window-short", since: 25},
	{name: "healthy-batch", quick: true},
	{name: "healthy-allocating"},
	{name: "healthy-recorder", since: 25},
}
