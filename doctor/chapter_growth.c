/* What becomes more and more, and tools that were left on. All of it needs minutes of watching. */
#include "doctor/catalogue.h"

static const struct advice advice[] = {
	{
		.slug = SLUG_GOROUTINE_GROWTH,
		.from = FROM_LIVE | FROM_GOROUTINES,
		.title = "Goroutines become more and more",
		.means =
			"Goroutines of one kind arrive at one place, wait there for another goroutine, "
			"and do not go on. Each keeps its stack and all that it refers to, so memory grows "
			"with them, and collections take longer.",
		.remedy = "Look at where they wait and who creates them. Give whoever waits a way out: a "
				  "context or a channel that is closed, a buffer for a result that nobody may "
				  "fetch any more, a response body that is closed.",
		.refuted = "The number falls when the load does, or stops at a bound that you know: then "
				   "it was a warm-up.",
		.found = "Groups of goroutines by state, wait reason and creator, for as long as they are "
				 "known, at most ten minutes. That time is cut into eight parts; the least number "
				 "of each must not be below that of the one before, and above it three times out "
				 "of four. They have to wait for a channel, a lock, a select or the like, half of "
				 "them for a quarter of that time; the network and sleep do not count. "
				 "goroutine-growth.goroutines of them have to be new. Within less than "
				 "goroutine-growth.time it is no more than info.",
	},
	{
		.slug = SLUG_HEAP_GROWTH,
		.from = FROM_LIVE,
		.title = "The heap keeps growing",
		.means = "What the collector finds alive becomes more from collection to collection and "
				 "never less: something keeps what it no longer needs.",
		.remedy =
			"Compare two heap profiles that are minutes apart with go tool pprof -base, and "
			"look at what grew: a map or cache without a bound, slices that hold on to larger "
			"ones, goroutines that never end.",
		.refuted = "It stops: a cache that was filling, or load that was rising. Watch for longer.",
		.found = "The live heap after collections, over at most ten minutes, cut into eight parts "
				 "as for goroutine-growth: it grew by heap-growth.ratio and by heap-growth.bytes "
				 "at least. Within less than heap-growth.time it is no more than info, and nothing "
				 "is said in the first minute of a program.",
	},
	{
		.slug = SLUG_RSS_RETAINED,
		.from = FROM_LIVE,
		.title = "Resident memory is not given back",
		.means =
			"Much more memory is resident than the Go heap may grow to before it is collected. "
			"Either freed memory was not returned to the kernel yet, or it is not Go's: C "
			"libraries, mapped files, stacks of threads.",
		.remedy = "Find out which: /proc/PID/smaps_rollup tells mapped files from the rest, "
				  "runtime/metrics tells what the runtime has released. Set a memory limit "
				  "(GOMEMLIMIT) where the process shares a machine.",
		.refuted = "The memory is mapped files, which the kernel takes back when it needs them.",
		.found = "Resident memory is rss-retained.ratio times the heap's goal, and for all of "
				 "rss-retained.time rss-retained.bytes above it. It is never more than info.",
	},
	{
		.slug = SLUG_TIMER_LEAK,
		.from = FROM_LIVE | FROM_GOROUTINES,
		.title = "Timers pile up",
		.means = "Timers that were made by time.After, time.NewTimer or context.WithTimeout are "
				 "kept until they fire, though nobody waits for them any more. They take memory, "
				 "and each of them work when it is due.",
		.remedy = "Build with a go.mod of go 1.23 or later, where timers that nobody refers to are "
				  "collected. Else stop timers when they are no longer needed, and do not call "
				  "time.After in a loop.",
		.refuted = "The number falls when the load does, or as many are really waited for.",
		.found = "The timers in the queues of all Ps: timer-leak.timers at least, rising as for "
				 "goroutine-growth; within less than timer-leak.time it is no more than info. The "
				 "program is built by a Go before 1.23, or with a go.mod older than that.",
	},
	{
		.slug = SLUG_THREAD_GROWTH,
		.from = FROM_LIVE,
		.title = "Threads in use become more and more",
		.means =
			"Threads that are held by system calls, C code or goroutines locked to them become "
			"more and do not come back. Threads that the runtime keeps parked are none of "
			"them. A process has a limit of 10,000 threads, and dies of it.",
		.remedy = "Look in the Threads view at what they are held by. Give calls of C and to "
				  "devices a time limit, and bound how many run at once.",
		.refuted = "The number falls when the load does.",
		.found = "Threads but for idle and spinning ones, rising as for goroutine-growth, by "
				 "thread-growth.threads at least. Within less than thread-growth.time it is no "
				 "more than info.",
	},
	{
		.slug = SLUG_ALWAYS_ON_TRACING,
		.from = FROM_LIVE | FROM_GOROUTINES,
		.title = "The program never stops tracing itself",
		.means = "An execution trace has been taken for minutes. It costs a percent or more of the "
				 "CPU, and its file grows by megabytes a second.",
		.remedy = "Trace for seconds and stop, or keep the last seconds alone with "
				  "runtime/trace.FlightRecorder (Go 1.25 and later).",
		.refuted = "It is a flight recorder, which is made to be left on and looks the same from "
				   "outside.",
		.found = "The goroutine that reads the trace is there whenever goroutines are read. Within "
				 "less than always-on-tracing.time, and since Go 1.25, where it may be a flight "
				 "recorder, it is no more than info.",
	},
	{
		.slug = SLUG_PPROF_EXPOSED,
		.from = FROM_LIVE,
		.title = "Profiles are served to everybody",
		.means = "/debug/pprof/ answers on an address that others reach. Profiles and dumps of "
				 "goroutines tell command lines, arguments and addresses, and taking them slows "
				 "the program down: whoever asks again and again stops it.",
		.remedy =
			"Serve net/http/pprof on a loopback address or a Unix socket, on a mux of its own, "
			"or behind authentication.",
		.refuted = "A firewall or a network namespace keeps everybody else away.",
		.found =
			"Only when --probe asks for it: every TCP address on which the process listens and "
			"which is no loopback is asked for /debug/pprof/, once, with a time limit.",
	},
};

const struct chapter chapter_growth = {"Growth", advice, sizeof advice / sizeof *advice};
