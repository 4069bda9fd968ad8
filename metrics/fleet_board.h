/*
 * What passes between the screen of a fleet and those who work for it, as plain values: fleets,
 * trends and answers one way, wishes the other. Nobody calls anybody and the screen never waits. A
 * board is shared; every function may be called from any thread.
 */
#ifndef SCHEDTOP_METRICS_FLEET_BOARD_H
#define SCHEDTOP_METRICS_FLEET_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/fleet.h"
#include "util/status.h"

#define FLEET_PAGE_MAX   200 /* rows with a trend */
#define FLEET_POINTS_MAX 240

/* What the screen would like to have. */
struct fleet_wish {
	uint64_t id[FLEET_PAGE_MAX]; /* of the rows that are shown */
	size_t n;
	enum fleet_metric metric;
	int64_t span_ns;
	size_t points;
};

/* Values over the last span_ns up to wall_ns, in equal steps; immutable once published. */
struct fleet_trends {
	size_t n, points;
	enum fleet_metric metric;
	int64_t span_ns, wall_ns;
	uint64_t id[FLEET_PAGE_MAX];
	double *value; /* [n][points], the newest last; NAN unknown */
};
void fleet_trends_free(struct fleet_trends *trends); /* NULL is fine */

/* An instance that the user wants to look at alone. */
struct fleet_target {
	char name[256], job[256];
	int64_t started_ns; /* wall clock; 0 unknown */
};
enum fleet_answer {
	FLEET_NO_ANSWER, /* not asked, or not yet answered */
	FLEET_REFUSED,   /* it can't be looked at: the sentence says why */
	FLEET_OPENED,    /* it can */
};

struct fleet_board;
struct fleet_board *fleet_board_create(void); /* NULL: out of memory */
void fleet_board_destroy(struct fleet_board *board);
/* Who is called after each thing that is posted for the screen; NULL: nobody. It only pokes. */
void fleet_board_listen(struct fleet_board *board, void (*wake)(void *arg), void *arg);

/* --- the screen's side ------------------------------------------------------------------------ */

/* The newest fleet that has not been taken, or NULL; the caller's. */
struct fleet *fleet_board_take(struct fleet_board *board);
struct fleet_trends *fleet_board_take_trends(struct fleet_board *board);
/* What is wrong now, "" nothing; printable. */
void fleet_board_trouble(struct fleet_board *board, char *to, size_t size);
/* A wish that equals the one before changes nothing. */
void fleet_board_wish(struct fleet_board *board, const struct fleet_wish *wish);
/* Takes the place of what was asked before. */
void fleet_board_ask(struct fleet_board *board, const struct fleet_target *target);
enum fleet_answer fleet_board_answered(struct fleet_board *board, char *sentence, size_t size);

/* --- the workers' side ------------------------------------------------------------------------ */

/* Take over what they are given. */
void fleet_board_publish(struct fleet_board *board, struct fleet *fleet);
void fleet_board_publish_trends(struct fleet_board *board, struct fleet_trends *trends);
void fleet_board_tell(struct fleet_board *board, const char *trouble);
/* Waits until then, for a wish that is new, or for the end. False: the end. *fresh: it is new. */
bool fleet_board_wait(struct fleet_board *board, int64_t until_ns, struct fleet_wish *wish,
                      bool *fresh);
/* Waits for a target; false: the end. */
bool fleet_board_wait_target(struct fleet_board *board, struct fleet_target *target);
void fleet_board_answer(struct fleet_board *board, enum fleet_answer answer, const char *sentence);
/* Everybody who waits shall end. */
void fleet_board_close(struct fleet_board *board);

#endif
