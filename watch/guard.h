/*
 * Whether a rule that wants to act may: one thing at a time, no more than one bundle in so long,
 * and each rule after its cooldown. What is refused is told, the first time at once and then now
 * and then, with how often it happened meanwhile. Pure state; the clock comes from outside
 * (monotonic: it does not jump). One thread.
 */
#ifndef SCHEDTOP_WATCH_GUARD_H
#define SCHEDTOP_WATCH_GUARD_H

#include "watch/plan.h"

#define GUARD_TELL_NS INT64_C(60000000000) /* between two words on one rule's refusals */

enum guard_answer {
	GUARD_GO,
	GUARD_BUSY,     /* an earlier one is not finished */
	GUARD_APART,    /* too soon after any */
	GUARD_COOLDOWN, /* too soon after the same rule's */
	GUARD_ANSWERS
};
/* "one is still being made": why not, as a part of a sentence. */
extern const char *const guard_words[GUARD_ANSWERS];

struct guard_rule {
	bool fired;
	int64_t fired_ns;
	enum guard_answer told; /* the refusal told last; GUARD_GO: none since it fired */
	int64_t told_ns;
	unsigned untold; /* refusals since */
};

struct guard {
	const struct plan *plan;
	bool busy, fired;
	int64_t fired_ns;
	struct guard_rule rule[PLAN_RULES_MAX];
};

void guard_init(struct guard *g, const struct plan *plan);
/* May it? *left_ns: how long it may not, as far as is known. */
enum guard_answer guard_ask(const struct guard *g, size_t rule, int64_t now_ns, int64_t *left_ns);
/* It acts. From now on the guard is busy until guard_done. */
void guard_begin(struct guard *g, size_t rule, int64_t now_ns);
void guard_done(struct guard *g);
/* It was refused: should that be told? Then *more is how many were not told before. */
bool guard_refuse(struct guard *g, size_t rule, enum guard_answer why, int64_t now_ns,
                  unsigned *more);

#endif
