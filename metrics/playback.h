/*
 * What passes between the screen and the player of a recording, as session.h does for a process:
 * the recording's clock, orders one way, snapshots the other. Nobody calls anybody. It is shared;
 * any thread may call any function, and only the player ever waits.
 */
#ifndef SCHEDTOP_METRICS_PLAYBACK_H
#define SCHEDTOP_METRICS_PLAYBACK_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/history.h"

#define PLAYBACK_SPEED_MIN 0.1
#define PLAYBACK_SPEED_MAX 100.0 /* beyond is INFINITY: as fast as it can be read */

/* All zero: there is no recording. */
struct playback_state {
	bool recorded;
	int64_t monotonic_ns, wall_ns;       /* the recording's clocks */
	int64_t first_wall_ns, last_wall_ns; /* of all of it; 0: unknown, as of a pipe */
	double speed;
	bool paused, ended;
	bool seeking; /* the picture is still that of before */
};

enum playback_to {
	PLAYBACK_MOMENT, /* these times */
	PLAYBACK_NEXT,   /* the next snapshot */
	PLAYBACK_BEGIN,
	PLAYBACK_END,
};

struct playback_goal {
	enum playback_to to;
	int64_t monotonic_ns, wall_ns; /* the former counts where it is known, the latter elsewhere */
	bool pause;                    /* and stay there */
};

/* "0.5", "10x", "max". false: it is none, or out of bounds. */
bool playback_speed_parse(const char *text, double *speed);

struct playback;

/* `wake` is called on the player's thread when there is something new to see. */
struct playback *playback_create(double speed, void (*wake)(void *arg), void *arg);
void playback_destroy(struct playback *p); /* NULL is fine */

/* --- the screen's side ---------------------------------------------------------------------------
 */

struct playback_state playback_look(struct playback *p);
void playback_pause(struct playback *p, bool paused);
void playback_set_speed(struct playback *p, double speed);
/* One that is not yet carried out is replaced. */
void playback_seek(struct playback *p, const struct playback_goal *goal);

/* The next thing to show, which the caller owns from now on: a snapshot, or a history in place of
   all that was shown before. false: there is none. */
bool playback_take(struct playback *p, const struct snapshot **s, struct history **history);

/* --- the player's side ---------------------------------------------------------------------------
 */

enum playback_event { PLAYBACK_STOPPED, PLAYBACK_DUE, PLAYBACK_SOUGHT };

void playback_tell_ends(struct playback *p, int64_t first_wall_ns, int64_t last_wall_ns);
/* Waits until `next` is due (NULL: the recording has ended), or something else is wanted: then
 *goal. A long gap before it is leapt over. */
enum playback_event playback_wait(struct playback *p, const struct snapshot *next,
                                  struct playback_goal *goal);
/* Takes over the reference; waits while the screen is far behind and nothing else is wanted. */
void playback_push(struct playback *p, const struct snapshot *s);
/* Takes over the history. What was pushed and not yet taken is dropped. */
void playback_give(struct playback *p, struct history *history);
/* It is this time now; what was ordered is done. `wall_ns` belongs to the same moment. */
void playback_set_clock(struct playback *p, int64_t monotonic_ns, int64_t wall_ns);
bool playback_is_disturbed(struct playback *p); /* by an order that came meanwhile */
void playback_stop(struct playback *p);         /* from any thread; the player ends */

#endif
