/*
 * Watches one program: drives its sources on a fixed schedule, on a thread of its own, and pushes
 * what they tell as snapshots into a feed. Orders reach that thread by collector_set_interval and
 * collector_destroy. A target that is stopped, wedged or gone never holds up
 * anything but its own numbers.
 */
#ifndef SCHEDTOP_COLLECT_COLLECTOR_H
#define SCHEDTOP_COLLECT_COLLECTOR_H

#include "collect/target.h"
#include "metrics/feed.h"
#include "util/status.h"

enum source_choice {
	SOURCE_AUTO, /* whatever is there */
	SOURCE_MEMORY,
	SOURCE_AGENT,
	SOURCE_SCHEDTRACE, /* what the runtime prints; alone, but for the operating system's view */
	SOURCE_PPROF,
	SOURCE_CHOICE_COUNT,
};

/* One of the first three is enough; a URL or a text beside a PID is one more source of the same
   process. They are borrowed and outlive the collector. */
struct collector_options {
	pid_t pid;              /* 0: none */
	const char *url;        /* of net/http/pprof; NULL: none */
	struct web_options web; /* for that */
	const char *text;       /* schedtrace lines: a file, "-" for standard input; NULL: none */
	enum source_choice choice;
	int64_t interval_ns; /* between snapshots */
	bool lanes;          /* sample the Ps between snapshots */
	struct feed *feed;   /* borrowed; outlives the collector */
};

struct collector;

/* Finds the target and its sources. Fails when nothing can tell anything about the scheduler and
   the reason is one the user can mend; a program that is not understood and has no agent is watched
   from the outside all the same. */
enum status collector_create(struct collector **out, const struct collector_options *options,
                             struct error *error);
const struct target *collector_target(const struct collector *c);

/* Starts the thread; the first snapshot follows at once, the last one says TARGET_EXITED. */
enum status collector_start(struct collector *c, struct error *error);
/* The time between snapshots from now on. Any thread, from start to destroy. */
void collector_set_interval(struct collector *c, int64_t interval_ns);
/* Of which group of goroutines every member is read one by one from now on, by the group's key; 0:
   of none. Any thread. */
void collector_set_detail(struct collector *c, uint64_t key);
/* Ends the thread, if it runs, and waits for it. Then everything is freed. NULL is fine. */
void collector_destroy(struct collector *c);

#endif
