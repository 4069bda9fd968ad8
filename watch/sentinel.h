/*
 * Looks at every snapshot of a process and says which rules are broken: pure state, which is fed
 * with histories and findings and does nothing. The time is that of the snapshots. One thread.
 *
 * A rule is broken when every snapshot over its "for TIME" breaks it, from the first to the last
 * at least that long apart. Unknown ends such a time, as does a gap between snapshots; and it
 * proves nothing either: a rule that has fired may fire again only when it was seen on the good
 * side of its value, by a tenth of it.
 */
#ifndef SCHEDTOP_WATCH_SENTINEL_H
#define SCHEDTOP_WATCH_SENTINEL_H

#include "metrics/history.h"
#include "watch/plan.h"

enum watched_state {
	WATCHED_UNKNOWN, /* nothing can be said now */
	WATCHED_KEPT,
	WATCHED_BREAKING, /* not long enough yet */
	WATCHED_BROKEN,   /* long enough: it wants to act */
	WATCHED_FIRED,    /* it has acted, and has not recovered since */
	WATCHED_STATES
};
/* "unknown", "armed", ...: for logs and the screen. */
extern const char *const watched_words[WATCHED_STATES];

enum { WATCHED_TEXT_MAX = 256 };

struct watched {
	enum watched_state state;
	int64_t since_ns;             /* of the first snapshot that broke it; monotonic */
	char value[WATCHED_TEXT_MAX]; /* what was found at the newest one, printable */
};

struct sentinel {
	const struct plan *plan;
	struct watched watched[PLAN_RULES_MAX];
	int64_t newest_ns; /* of the snapshot looked at last; -1: none */
};

void sentinel_init(struct sentinel *s, const struct plan *plan);
/* Does any rule ask for findings? */
bool sentinel_needs_findings(const struct sentinel *s);
/* One look at the history's newest moment. `findings` of that moment, or NULL: not known. */
void sentinel_look(struct sentinel *s, const struct history *h, const struct findings *findings);
/* The rule has acted. */
void sentinel_fired(struct sentinel *s, size_t rule);
/* How long the rule has been broken, at the newest snapshot. */
int64_t sentinel_broken_ns(const struct sentinel *s, size_t rule);

#endif
