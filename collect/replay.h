/*
 * Plays a recording into a feed as the collector would have filled it: at the pace it was made, on
 * a thread of its own, with a clock that runs along. For the screen; who wants lines reads a
 * recording directly. replay_time may be called by any thread, the rest by the owner's.
 */
#ifndef SCHEDTOP_COLLECT_REPLAY_H
#define SCHEDTOP_COLLECT_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/feed.h"
#include "util/status.h"

struct replay;

/* The first snapshot is read here, so that what is no recording is refused at once. */
enum status replay_create(struct replay **out, const char *path, struct feed *feed,
                          struct error *error);
/* `wake` is called on the replay's thread when it has come to the end. */
enum status replay_start(struct replay *r, void (*wake)(void *arg), void *arg, struct error *error);
/* Ends the thread and waits for it; the feed gets nothing more. */
void replay_stop(struct replay *r);
void replay_destroy(struct replay *r); /* NULL is fine */

/*
 * The clocks of the recording: they run with the machine's, and stand still when it is over. A
 * stretch of many intervals in which nothing was recorded is leapt over.
 */
struct replay_time {
	int64_t monotonic_ns, wall_ns;
	bool ended;
};
struct replay_time replay_time(struct replay *r);

/* As recording_complaint and recording_judge; for when it has been stopped. */
const char *replay_complaint(const struct replay *r, size_t i);
enum status replay_judge(const struct replay *r, struct error *error);

#endif
