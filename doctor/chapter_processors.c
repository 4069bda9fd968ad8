/* What has to do with processors: who waits for one, who keeps one, who only keeps a thread. */
#include "doctor/catalogue.h"

static const struct advice advice[] = {
	{
		.slug = SLUG_CPU_BOUND_HOT_LOOP,
		.from = FROM_TRACE,
		.title = "A few goroutines compute without a break while others wait",
		.means = "Goroutines that compute for long are on all Ps, and whoever is woken "
				 "meanwhile waits until the scheduler takes a P away, which it does every 10 "
				 "ms. An answer that needs microseconds then takes ten milliseconds, and "
				 "twice that where it has to wait twice.",
		.remedy = "Leave a P free: run fewer of these goroutines than GOMAXPROCS at a time, "
				  "with a semaphore around the loop. Or move the work to a process of its "
				  "own, whose priority the kernel can lower, or make it less. Breaking the "
				  "loop up with runtime.Gosched helps where turns become much shorter than 10 "
				  "ms.",
		.refuted = "A P was idle all the time, or nobody minds: those that wait are part of "
				   "the same work, and it takes no longer because of that.",
		.found = "Bursts of running, joined across preemption and without what the machine "
				 "held up (a stretch of 25 ms or more counts as 10 ms, after which the "
				 "runtime takes a P), of cpu-bound-hot-loop.burst or more, which make up "
				 "half of all running; during a tenth of them or more somebody was runnable "
				 "and no P idle, and during less than a quarter a P was idle. It is a "
				 "warning where goroutines that serve somebody (they answer requests, wait "
				 "for the network, or several of them sleep and wake, or such a goroutine "
				 "started them) wait for a P longer than they run, 1 ms or more in one "
				 "wake-up of twenty, together for a tenth of the trace. It is told as info "
				 "where others wait half of the time. A batch job on its own is never "
				 "accused.",
	},
	{
		.slug = SLUG_CPU_SATURATION,
		.from = FROM_TRACE | FROM_LIVE,
		.title = "There is more to compute than the processors can",
		.means = "Goroutines are ready to run and find no P, nearly all the time. Each "
				 "request then waits for a P every time that it is woken, on top of what it "
				 "computes, and the more requests there are the longer all of them take.",
		.remedy = "Compute less for each request (schedtop profile shows where time goes), "
				  "accept fewer at once and refuse the rest early, or give the program more "
				  "processors: more machines, or a larger quota where gomaxprocs-mismatch is "
				  "found too.",
		.refuted = "Those that wait are workers of one job that shares the Ps fairly: its "
				   "throughput is what the processors can, and nobody waits for a single item. "
				   "Or the machine was busy with other programs while the trace was taken: "
				   "take it again.",
		.found = "In a trace: among goroutines that serve somebody, one wake-up in a hundred "
				 "waits cpu-saturation.wait or longer for a P, and half of the time somebody "
				 "is runnable and no P idle. It is a warning where one wake-up in ten waits "
				 "so much longer than the longest silence (see gomaxprocs-mismatch), that is "
				 "so 70 % of the time, and neither a quota nor hot loops explain it. Told by "
				 "the function that goroutines start with and the one that creates them. "
				 "Live: the same percentile of the runtime's own histogram while Ps are "
				 "busy.",
	},
	{
		.slug = SLUG_GOMAXPROCS_MISMATCH,
		.from = FROM_TRACE | FROM_LIVE,
		.title = "The process has more Ps than processors",
		.means = "GOMAXPROCS is above what the kernel lets the process have, by a CPU quota "
				 "(cgroups of a container and all above it) or because the machine is "
				 "smaller or shared. Under a quota all threads use it up together in the "
				 "first part of each 100 ms and are then stopped together, whatever they "
				 "hold or were about to answer: tail latencies of tens of milliseconds and "
				 "garbage collections that take several times as long. In a trace such "
				 "goroutines are running all the time.",
		.remedy = "Set GOMAXPROCS to the quota, rounded up; Go 1.25 and later do so by "
				  "themselves unless GOMAXPROCS is set by hand. Or raise the quota, or leave "
				  "it away and use requests and weights alone.",
		.refuted = "nr_throttled in cpu.stat of the cgroup and of all above it stands still, "
				   "and the process's CPU time (utime and stime in /proc/PID/stat) grows by as "
				   "many seconds a second as there are goroutines running. Then something else "
				   "stopped it: a debugger, SIGSTOP, or the host of a virtual machine.",
		.found = "In a trace by two witnesses, and by nothing else. Silence: for 30 ms or "
				 "longer not one thread has an event although several goroutines run and the "
				 "runtime's monitor would take their Ps every 10 ms. It is a warning where "
				 "silences end in step with a period of 100 ms and running is "
				 "gomaxprocs-mismatch.ratio times what it can really have been, info where a "
				 "fifth of the trace is silent. Samples: when the CPU profiler ran all the time "
				 "too, its "
				 "samples at the usual 100 a second add up to less processor time by that "
				 "ratio. Live: GOMAXPROCS against the quotas of the process's cgroup and all "
				 "above it, and nr_throttled.",
	},
	{
		.slug = SLUG_RUNNABLE_OVERSUBSCRIPTION,
		.from = FROM_TRACE,
		.title = "Far more goroutines compute than there are Ps",
		.means = "So many goroutines compute at once that each gets 10 ms of a P and then "
				 "waits for all others. Nothing is done sooner by that: what could have been "
				 "ready after its own time is ready when all are, its memory stays in use "
				 "until then and the caches are cold at every turn.",
		.remedy = "Let no more goroutines compute than there are Ps: a semaphore or "
				  "errgroup.SetLimit with runtime.GOMAXPROCS(0), or a fixed number of workers "
				  "that take from a channel.",
		.refuted = "They mostly wait for something else and only compute for a moment, or all "
				   "of them are parts of one result that nobody needs before the last part.",
		.found = "Goroutines that start with one function wait for a P before their first "
				 "run and after theirs was taken away, runnable-oversubscription.per-p of "
				 "them for each P on average, at least a quarter of that after theirs was "
				 "taken away. It is a warning where they serve somebody, or were started by "
				 "somebody who does, or those who do are kept waiting; else, as for a batch "
				 "job in many parts, it is told as info.",
	},
	{
		.slug = SLUG_BUSY_POLL,
		.from = FROM_TRACE,
		.title = "A goroutine looks for work again and again",
		.means = "A loop looks whether there is something to do, finds nothing, sleeps for a "
				 "moment or gives up its P, and looks again. Every look costs the scheduler "
				 "and the kernel more than the loop itself, keeps a processor from sleeping, "
				 "fills traces, and what it looks for is still found late.",
		.remedy = "Let those who have work say so: a channel, a sync.Cond, a context's Done. "
				  "Where it must be polled since nobody can say so, poll less often, and less "
				  "often still after nothing was found.",
		.refuted = "Nearly every look finds something, or the loop is there to act by a fast "
				   "clock.",
		.found = "Sleeps at one place over half of the trace, three of five of which take "
				 "less than 1.6 ms and follow on less than 20 us of running: busy-poll.rate "
				 "of these a second for each goroutine that sleeps there (half of it is told as "
				 "info, and so are goroutines that make system calls between their sleeps). Or "
				 "goroutines of one kind that don't compute or wait but give up "
				 "their P as often together, after less than 20 us each time, in bursts without a "
				 "wait. A loop that neither sleeps nor yields looks as any other that "
				 "computes.",
	},
	{
		.slug = SLUG_CGO_BLOCKING,
		.from = FROM_TRACE,
		.title = "Calls into C keep threads for long",
		.means = "A goroutine that calls C takes its thread with it until the call returns: "
				 "the scheduler can't put it aside as it does with one that waits in Go. The "
				 "runtime starts another thread for each, up to 10,000, and neither a "
				 "context nor a deadline ends the call.",
		.remedy = "Limit how many run at once, with a semaphore; use the library's own way "
				  "not to block, or one written in Go; or keep a few goroutines that do "
				  "nothing but these calls and talk to them over channels.",
		.refuted = "The goroutine is there for that call and nobody waits for it: a loop that "
				   "waits for events in C.",
		.found = "Calls below a function that the cgo tool wrote, which traces show as "
				 "system calls, that take cgo-blocking.call or longer: at least 3 at one "
				 "place, a tenth of the calls there and of the trace together. Those of one "
				 "goroutine alone are told as info, and so are those of several that are in "
				 "them nine tenths of the time or more.",
	},
	{
		.slug = SLUG_SYSCALL_BLOCKING,
		.from = FROM_TRACE,
		.title = "Files or names take long",
		.means = "System calls on files don't return until they are done, and keep a thread "
				 "meanwhile: a slow disk, a share that is far away, a lock on a file, a pipe "
				 "that nobody opens on the other side, an fsync behind others. A look-up of "
				 "a name keeps all that want to connect waiting, and where the C library "
				 "does it, a thread as well.",
		.remedy = "Find out what the device or the name server does at these times. Keep "
				  "names for a while, and connections open, instead of looking up for each "
				  "request; move writing and fsync out of the requests' way; limit how many "
				  "such calls there are at once.",
		.refuted = "The call waits for something that comes when it comes: a terminal, a pipe, "
				   "a device of events.",
		.found = "System calls on files, and waits below net's resolver, of "
				 "syscall-blocking.call or longer: at least 3 at one place, a tenth of the "
				 "calls there and of the trace together. Reads by one goroutine alone, or by "
				 "several that do little else, are told as info; waiting for other processes and "
				 "reading from sockets is left "
				 "out.",
	},
};

const struct chapter chapter_processors = {"Processors and threads", advice,
                                           sizeof advice / sizeof *advice};
