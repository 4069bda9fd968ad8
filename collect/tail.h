/*
 * Schedtrace text as it is written: a file that grows, is rotated or cut, or a pipe. What is there
 * is read at once and never waited for; the snapshots that come of it go to the callee. Their times
 * are the lines' own, laid on the monotonic clock by when they arrived, or, for what a file held
 * already, so that its last line was printed when it was last written. One thread.
 */
#ifndef SCHEDTOP_COLLECT_TAIL_H
#define SCHEDTOP_COLLECT_TAIL_H

#include "metrics/snapshot.h"
#include "util/status.h"

/* How much of a file there is to be read before what comes. */
#define TAIL_PAST_ALL  INT64_MAX
#define TAIL_PAST_SOME (INT64_C(8) << 20) /* bytes: hours at one line a second */
#define TAIL_PAST_NONE INT64_C(0)

struct tail_options {
	const char *path; /* "-" is standard input */
	int64_t past;     /* bytes; of a pipe there is no past */
	bool follow;      /* a file goes on: `tail -F` */
	/* The reference is the callee's. */
	void (*snapshot)(struct snapshot *s, void *arg);
	void *arg;
};

struct tail;

/* STATUS_NO_TARGET, STATUS_PERMISSION or STATUS_FAILED with a sentence. */
enum status tail_open(struct tail **out, const struct tail_options *options, struct error *error);
void tail_close(struct tail *t); /* NULL is fine */

enum tail_news {
	TAIL_QUIET, /* nothing now */
	TAIL_MORE,  /* some was read, and there may be more at once */
	TAIL_ENDED, /* nothing will come any more */
};
/* Reads some of what is there. `error` is set when that fails, and then it has ended. */
enum tail_news tail_read(struct tail *t, struct error *error);
/* Until there is more, or that time is over, which may be less than asked for. */
void tail_wait(const struct tail *t, int64_t limit_ns);
/* How many SCHED lines there were. */
uint64_t tail_count(const struct tail *t);
/* Why there is none: the sentence for a text that has told nothing in `waited_ns`; 0: at all. */
void tail_explain_silence(const char *where, int64_t waited_ns, char *to, size_t size);

#endif
