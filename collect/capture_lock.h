/*
 * One capture at a time of a target, among all schedtop processes of this user, and a pause between
 * those that nobody asked for: a lock on a file in the user's runtime directory, which dies with
 * who holds it, and in the file who that is and when the target was last at work for one of us.
 * Times there are of the monotonic clock of this boot, so nobody can set them back or forth. The
 * caller owns the struct; one thread at a time.
 */
#ifndef SCHEDTOP_COLLECT_CAPTURE_LOCK_H
#define SCHEDTOP_COLLECT_CAPTURE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/target.h"
#include "util/status.h"

#define CAPTURE_COOLDOWN_NS     (INT64_C(60) * 1000000000) /* by default */
#define CAPTURE_COOLDOWN_MAX_NS (INT64_C(86400) * 1000000000)

struct capture_lock {
	int fd; /* -1: not held */
	bool worked;
	int64_t since_ns;
};
#define CAPTURE_LOCK_NONE ((struct capture_lock){.fd = -1})

/*
 * Takes the lock for a capture of this target (its PID, start and PID namespace; without a PID, its
 * URL), and for `cooldown_ns` > 0 only if the last capture is that long ago. STATUS_FAILED with a
 * sentence that says who holds it and since when, or how long to wait. *unusable is set, with the
 * sentence, when there is no safe place for the lock: then nobody can know.
 */
enum status capture_lock_take(struct capture_lock *l, const struct target *target, const char *url,
                              int64_t cooldown_ns, bool *unusable, struct error *error);
/* From now on it is a capture that the target feels. */
void capture_lock_working(struct capture_lock *l);
/* Twice is fine, and so is one that was not taken. */
void capture_lock_release(struct capture_lock *l);

#endif
