/* Waiting for others: services, databases, pools, the network. */
#include "doctor/catalogue.h"

#define WHAT_A_REQUEST_IS                                                                     \
	"A request is a user task; where there are none, what a server's goroutine does between " \
	"two requests on its connection or for one stream, or what a goroutine does from its "    \
	"creation to its return. "

static const struct advice advice[] = {
	{
		.slug = SLUG_SERIAL_IO,
		.from = FROM_TRACE,
		.title = "Calls to others are made one after the other",
		.means =
			"A request calls a service or a database, waits for the answer, and calls the next "
			"one. It takes as long as all of them together, although most of it is waiting and "
			"none of it is work of this program.",
		.remedy =
			"Start calls that don't need each other's answers at the same time and wait for all "
			"of them, with a limit on how many are on their way. Where one place calls again and "
			"again, ask for everything in one call: a query with IN or a join, a batch.",
		.refuted = "Each call needs the answer of the one before it: then none of them can begin "
				   "earlier, and only fewer calls help.",
		.found = WHAT_A_REQUEST_IS
		"Waits in calls that do not overlap, in two calls or more, cover serial-io.share of "
		"it, and the longest call is two thirds of them at most. What is saved, which is "
		"all but the longest call, is serial-io.saved on average, at least serial-io.requests "
		"requests do so and at least half of their kind, or one task with ten calls that "
		"would be ten times as much shorter. Reading an answer on is part of its call. "
		"What a program reads from connections of its own does not count as several calls. "
		"It is a warning where it costs serial-io.impact of the time of all requests.",
	},
	{
		.slug = SLUG_POOL_SATURATION,
		.from = FROM_TRACE,
		.title = "A pool is too small, or what is taken from it is kept too long",
		.means = "Goroutines wait until a connection of a pool, or a place under a limit, is free. "
				 "Whoever has one works; the rest stands in a queue that no log shows, and their "
				 "requests take longer the more of them there are.",
		.remedy =
			"Keep what was taken for a shorter time: close rows early, don't call other services "
			"between taking and giving back, and make slow queries fast. Then let there be more "
			"(database/sql: SetMaxOpenConns, and SetMaxIdleConns as high), as far as the other "
			"side can bear it. A queue with a deadline of its own answers early that it is full.",
		.refuted =
			"The limit protects the other side, which would only be slower with more at once; "
			"then the queue is in the right place. Or it is a batch whose goroutines were all "
			"started to be let through a few at a time.",
		.found = WHAT_A_REQUEST_IS
		"Requests of one kind wait pool-saturation.share of their time in database/sql or "
		"another well-known pool, at the HTTP client's limit of connections to a host, or at a "
		"semaphore (golang.org/x/sync, or a channel that requests fill and empty in the same "
		"function); pool-saturation.requests of them do, and pool-saturation.wait each on "
		"average. For goroutines that are no requests it is told as info: nobody waits for them.",
	},
	{
		.slug = SLUG_SLOW_DEPENDENCY,
		.from = FROM_TRACE | FROM_LIVE,
		.title = "Another service or a database is slow",
		.means =
			"Requests spend nearly all of their time waiting for one answer. This program can be "
			"as fast as it likes; what takes the time happens at the other end or on the way to "
			"it, and no trace of this program shows what that is.",
		.remedy =
			"Look there: into the distributed trace of the request (its ID, if the program "
			"logged it with trace.Log, is among the evidence), the other service's own trace, the "
			"database's list of slow queries. Here a deadline on each call bounds the damage, a "
			"cache or a second try at another replica may avoid it.",
		.refuted =
			"The other side says that it answered at once: then it is the way there (connections "
			"that are made anew for each call, names that are looked up, a full network), or a "
			"reply that waits here for somebody to read it.",
		.found = WHAT_A_REQUEST_IS
		"Waits in calls of the HTTP client, of database/sql and well-known drivers, gRPC, for "
		"names, for connections, and for the network in the middle of a request, cover "
		"slow-dependency.share of at least half of the requests of a kind, "
		"slow-dependency.requests at "
		"least, with slow-dependency.waited each on average, and they are not serial-io. "
		"It is a warning where a client of this program is known to wait for the requests: they "
		"are, or their tasks begin in, goroutines that serve one. All else is told as info: who "
		"fetches pages, polls a queue or makes load waits by nature. "
		"Of a process, half of the goroutines that serve requests stand in such calls, and "
		"have for slow-dependency.wait.",
	},
	{
		.slug = SLUG_SLOW_REQUEST_OUTLIER,
		.from = FROM_TRACE,
		.title = "One request computes much longer than the others of its kind",
		.means =
			"Goroutines of one kind compute for a moment each, but one of them ran for very long "
			"without a break, while others had to wait for it: for its P, or for a lock that it "
			"held. Averages hide it; whoever came just then noticed.",
		.remedy =
			"Look at what was special about that request: the evidence has its goroutine, its "
			"moment and the stack where it ran. Usually its input was large, or it had to fill "
			"a cache or reload something for everybody. Bound the size, do it in pieces, or do "
			"it beforehand in the background.",
		.refuted = "It was the only one of its kind that long, and nobody waited meanwhile; or the "
				   "machine stood still, which shows in a long stretch of running without a "
				   "preemption in it, since the runtime preempts every 10 ms.",
		.found =
			"A burst of running, joined across preemption, of slow-request-outlier.burst and "
			"slow-request-outlier.times the median of at least 20 bursts of goroutines with the "
			"same start, while somebody was runnable with no P idle, or waited for a lock that "
			"it gave back, for a fifth of it. Only goroutines that serve connections or streams "
			"count, and the first burst of all others, since what works off a queue may do many "
			"things before it has to wait. It is a warning where such a goroutine serves a client, "
			"or was created by one that does, or where others waited for its lock; else it is told "
			"as info, since the items of a batch differ. Stretches without a preemption that are "
			"much longer "
			"than the 10 ms after which the runtime preempts count as 10 ms: in the rest the "
			"thread did not run.",
	},
	{
		.slug = SLUG_NETWORK_WAIT,
		.from = FROM_TRACE,
		.title = "Requests wait for the network",
		.means =
			"Most of the time of requests goes into reading from or writing to connections, and "
			"the stacks don't say whether a service that was called or a client is at the other "
			"end.",
		.remedy =
			"Find out who is at the other end of the connections at the place that is named. If "
			"it is called, it is a slow dependency: look there. If it is a client, it sends or "
			"reads slowly: bound how long it may take, and hold nothing meanwhile that others "
			"need.",
		.refuted =
			"It is a stream that is to live long: then the task should end before it, or begin "
			"with each message.",
		.found = WHAT_A_REQUEST_IS
		"Waits for the network that belong to no call and no server known to the doctor cover "
		"network-wait.share of at least half of the tasks of a type, network-wait.requests at "
		"least, "
		"with network-wait.wait each on average. Without tasks a goroutine that reads may as "
		"well wait for work, and nothing is said. It is always told as info: the other end may "
		"be a client with nothing to say yet.",
	},
};

const struct chapter chapter_waits = {"Waiting for others", advice, sizeof advice / sizeof *advice};
