/*
 * Plays a recording as the collector would have made it, on a thread of its own, by the clock and
 * the orders of a playback: at any speed, from any moment. After a leap the screen gets a history
 * of what was before, so that it looks as if it had been there. For the screen; who wants lines
 * reads a recording directly. The owner's thread alone.
 */
#ifndef SCHEDTOP_COLLECT_REPLAY_H
#define SCHEDTOP_COLLECT_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "metrics/playback.h"
#include "util/status.h"

struct replay;

struct replay_options {
	struct playback *playback; /* borrowed */
	int64_t history_ns;        /* of the histories that are made */
	size_t history_bytes;
};

/* The first snapshot is read here, so that what is no recording is refused at once. */
enum status replay_create(struct replay **out, const char *path,
                          const struct replay_options *options, struct error *error);
enum status replay_start(struct replay *r, struct error *error);
/* Ends the thread and waits for it. */
void replay_stop(struct replay *r);
void replay_destroy(struct replay *r); /* NULL is fine */

/* As recording_complaint and recording_judge; for when it has been stopped. */
const char *replay_complaint(const struct replay *r, size_t i);
enum status replay_judge(const struct replay *r, struct error *error);

#endif
