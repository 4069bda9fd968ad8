/* The collector, stops of the world, and the taking of traces. */
#include "doctor/catalogue.h"

static const struct advice advice[] = {
	{
		.slug = SLUG_GC_PRESSURE,
		.from = FROM_TRACE | FROM_LIVE,
		.title = "The garbage collector takes much of the processor time",
		.means =
			"A large part of what the program costs goes into marking its heap again and again. "
			"Either it allocates much, or the heap may grow by little between two cycles: a "
			"small live heap with the default GOGC=100 is collected after every few megabytes, "
			"and GOGC below 100 or a GOMEMLIMIT near to what lives makes that worse. While the "
			"collector marks, the program has fewer Ps, and goroutines that allocate must help.",
		.remedy =
			"Let the heap grow: raise GOGC, or set GOMEMLIMIT and turn GOGC off where memory is to "
			"spare. Allocate less where most is allocated (an allocation profile tells; the "
			"places where cycles began are a sample of it): use buffers again, "
			"take values instead of pointers, give slices and maps their size.",
		.refuted =
			"The same load with GOGC=400 uses about as much processor time, or the collector's "
			"share in runtime/metrics (/cpu/classes/gc/total without /cpu/classes/gc/mark/idle) is "
			"low over a longer time than the trace's.",
		.found = "What the Ps did for the collector (dedicated and fractional workers, assists, "
				 "stops of the world; work on idle Ps is free and left out) is gc-pressure.cpu or "
				 "more of all that Ps did, in gc-pressure.cycles or more cycles, and kept "
				 "gc-pressure.cores or more of them busy on average; from gc-pressure.grave on it "
				 "is critical. From a trace that is a lower bound: where threads wait for a "
				 "processor of the machine, which stops of the world show, cycles are long and "
				 "cost no more. With gc-pressure.rate cycles a second or more over a heap of at "
				 "most gc-pressure.heap, half of that share is told too, as info. A program that "
				 "collects often and cheaply is left in peace. A process counts the work on idle "
				 "Ps as well: there it is a warning from gc-pressure.grave on, or with so many "
				 "cycles over so small a heap or by runtime.GC, and else info.",
	},
	{
		.slug = SLUG_ALLOC_HEAVY,
		.from = FROM_TRACE,
		.title = "Goroutines have to help the collector before they may allocate",
		.means =
			"Who allocates while a cycle goes on pays for it with marking of its own, a mark "
			"assist, once the background workers can't keep up. To a request that is latency: it "
			"stands still in the middle of an allocation, often for milliseconds, and it meets "
			"those "
			"who allocate most.",
		.remedy =
			"Allocate less in these goroutines, above all at the places named: use buffers again "
			"(sync.Pool), decode into what is there, give slices and maps their size. Raising "
			"GOGC or GOMEMLIMIT makes cycles, and with them assists, rarer.",
		.refuted =
			"A trace of the same load with GOGC=400 has no fewer and no shorter requests over "
			"the limit of latency; then assists are not what they wait for.",
		.found =
			"Of goroutines that start with the same function, mark assists took alloc-heavy.assist "
			"or more of the time that they ran, waited to run or waited for the assist to be "
			"enough, in alloc-heavy.assists or more assists, and alloc-heavy.least or more of the "
			"trace's length; from alloc-heavy.grave on it is critical where they "
			"took alloc-heavy.grave-ps of all Ps as well. Of each assist at most "
			"alloc-heavy.counted counts, for what is longer may be the machine's doing.",
	},
	{
		.slug = SLUG_STW_LONG,
		.from = FROM_TRACE | FROM_LIVE,
		.title = "The world is stopped for long",
		.means =
			"No goroutine runs while the world is stopped, and a stop that begins waits until the "
			"last one has let itself be interrupted. Either what is done meanwhile takes long "
			"(writing down the stacks of thousands of goroutines, walking the heap), or "
			"somebody can't be interrupted: a long call into assembly, such as a hash or a "
			"copy of many megabytes, or a loop with asynchronous preemption off.",
		.remedy = "Ask for what stops the world seldom and not in a handler: goroutine dumps "
				  "(runtime.Stack with all set, debug=2), heap dumps, changes of GOMAXPROCS. Read "
				  "runtime/metrics, which doesn't stop it.",
		.refuted =
			"The machine was overloaded or the container throttled at that moment, so that a "
			"thread got no processor to stop on: then other waits are long as well, and a "
			"trace from a quiet hour has no such stops.",
		.found =
			"Of one kind, stw-long.count or more stops took longer than stw-long.pause after the "
			"last goroutine had stopped, half of all of that kind at least, and stw-long.share or "
			"more of the time in all; or as many waited stw-long.holdup or longer for "
			"goroutines that stopped at the same place. Other long stops are told as info, for "
			"a busy machine causes them too, and so are those that a profiler or the tracer asks "
			"for.",
	},
	{
		.slug = SLUG_STW_FREQUENT,
		.from = FROM_TRACE,
		.title = "The world is stopped again and again by a call",
		.means =
			"The program calls, many times a second, for what stops all its goroutines: "
			"runtime.ReadMemStats, runtime.GC, debug.FreeOSMemory, goroutine profiles. Each stop "
			"is short, but all Ps lose what they were at, and a collection that was asked for "
			"marks the whole heap besides.",
		.remedy = "Read runtime/metrics instead of runtime.ReadMemStats, which needs no stop, and "
				  "not with every request. Profile now and then and not all the time.",
		.refuted = "Without these calls the same load is no faster: the stops were too short to "
				   "matter.",
		.found =
			"Stops of one kind that somebody asked for come stw-frequent.rate times a second or "
			"more, collections that somebody asked for stw-frequent.forced, and "
			"stw-frequent.count or more in all. It is a warning when they cost stw-frequent.share "
			"of "
			"the time or more (of a collection all that the collector took counts), and info "
			"below, or when a profiler, the tracer or schedtop's agent asked for them.",
	},
	{
		.slug = SLUG_TRACE_IO_SLOW,
		.from = FROM_TRACE,
		.title = "The trace is written too slowly",
		.means =
			"One goroutine takes the trace from the runtime and writes it down. While it is held "
			"up, what is traced stays in the program's memory, hundreds of megabytes in seconds; "
			"trace.Stop waits until all of it is written, and so does a flight recorder's WriteTo, "
			"which shares that goroutine.",
		.remedy =
			"Write the trace to a local disk or to memory, and send it on from there; give every "
			"write to a network a deadline. schedtop capture takes the trace as fast as it comes, "
			"and its agent lets go of it when nobody reads.",
		.refuted = "trace.Stop returns at once, and the memory of the process stands still while "
				   "the trace is taken.",
		.found = "Waits and system calls of 1 ms or more of the goroutine that reads the trace, "
				 "below the call that writes it, fill trace-io-slow.blocked or more of the "
				 "trace, trace-io-slow.least at least.",
	},
	{
		.slug = SLUG_FLIGHT_WINDOW_SHORT,
		.from = FROM_TRACE,
		.title = "The flight recorder's window is shorter than the work",
		.means =
			"A flight recorder keeps the last moments only. Here a task that was to be seen began "
			"before the window did, so that its beginning, and perhaps what made it slow, is not "
			"in "
			"the trace. What was asked of the recorder the trace doesn't tell; that a task is "
			"longer than what it got can be proved.",
		.remedy = "Raise FlightRecorderConfig.MinAge to twice the longest request that you want to "
				  "understand, and MaxBytes with it, for the recorder lets go of what is beyond "
				  "either: some megabytes for each second of a busy service.",
		.refuted = "The task is one that lasts as long as the program, and not the work that made "
				   "somebody write the trace down.",
		.found =
			"The trace holds no stop of the world for the start of tracing, so it was cut out of "
			"a longer recording; and a task whose beginning it doesn't hold ended, or was spoken "
			"of, flight-window-short.share of the window after it began. It is a "
			"warning when the task ended or its goroutine ran when the window ended, else info.",
	},
};

const struct chapter chapter_memory = {"The collector, stops of the world, taking traces", advice,
                                       sizeof advice / sizeof *advice};
