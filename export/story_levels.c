/*
 * Counters change with every transition of a goroutine, far more often than a viewer can draw. So
 * each is told at most once in a while: what it was is held, and told when its time has come.
 */
#include "export/story_parts.h"
#include "util/clock.h"

#define LEAST_NS (100 * INT64_C(1000)) /* between two values of a counter */

static bool tell(struct story *s, enum story_counter counter, int64_t at_ns)
{
	struct story_level *l = &s->level[counter];
	l->told = l->value;
	l->was_told = true;
	l->due_ns = at_ns + LEAST_NS;
	return s->narrator.counter(s->narrator.self, counter, at_ns, l->value);
}

bool levels_set(struct story *s, enum story_counter counter, int64_t at_ns, uint64_t value)
{
	struct story_level *l = &s->level[counter];
	bool due = !l->was_told || at_ns >= l->due_ns;
	if (!s->quiet && l->was_told && due && l->value != l->told && !tell(s, counter, l->due_ns))
		return false;
	l->value = value;
	l->known = true;
	due = !l->was_told || at_ns >= l->due_ns;
	return s->quiet || !due || (l->was_told && l->told == value) || tell(s, counter, at_ns);
}

bool levels_reveal(struct story *s, int64_t now_ns)
{
	bool ok = true;
	for (unsigned i = 0; i < STORY_COUNTERS && ok; i++)
		if (s->level[i].known)
			ok = tell(s, (enum story_counter)i, now_ns);
	return ok;
}

/* What was held is told even if its time has not come. */
bool levels_end(struct story *s, int64_t now_ns)
{
	bool ok = true;
	for (unsigned i = 0; i < STORY_COUNTERS && ok; i++) {
		const struct story_level *l = &s->level[i];
		if (l->was_told && l->value != l->told)
			ok = tell(s, (enum story_counter)i, l->due_ns < now_ns ? l->due_ns : now_ns);
	}
	return ok;
}
