#include "watch/guard.h"

const char *const guard_words[GUARD_ANSWERS] = {
	[GUARD_GO] = "nothing stands against it",
	[GUARD_BUSY] = "an earlier one is not finished",
	[GUARD_APART] = "too soon after the last one",
	[GUARD_COOLDOWN] = "too soon after the last one of this rule",
};

void guard_init(struct guard *g, const struct plan *plan)
{
	*g = (struct guard){.plan = plan};
}

enum guard_answer guard_ask(const struct guard *g, size_t rule, int64_t now_ns, int64_t *left_ns)
{
	const struct guard_rule *r = &g->rule[rule];
	int64_t apart_ns = g->fired ? g->fired_ns + g->plan->apart_ns - now_ns : 0;
	int64_t cooldown_ns = r->fired ? r->fired_ns + g->plan->cooldown_ns - now_ns : 0;
	*left_ns = cooldown_ns > apart_ns ? cooldown_ns : apart_ns;
	if (cooldown_ns > 0)
		return GUARD_COOLDOWN;
	if (apart_ns > 0)
		return GUARD_APART;
	*left_ns = 0;
	return g->busy ? GUARD_BUSY : GUARD_GO;
}

void guard_begin(struct guard *g, size_t rule, int64_t now_ns)
{
	g->busy = g->fired = true;
	g->fired_ns = now_ns;
	g->rule[rule] = (struct guard_rule){.fired = true, .fired_ns = now_ns};
}

void guard_done(struct guard *g)
{
	g->busy = false;
}

bool guard_refuse(struct guard *g, size_t rule, enum guard_answer why, int64_t now_ns,
                  unsigned *more)
{
	struct guard_rule *r = &g->rule[rule];
	if (r->told == why && now_ns - r->told_ns < GUARD_TELL_NS) {
		r->untold++;
		return false;
	}
	*more = r->untold;
	r->told = why;
	r->told_ns = now_ns;
	r->untold = 0;
	return true;
}
