#include "metrics/goroutine_table.h"

#include <stdlib.h>
#include <string.h>

/* Readings of the last minute: the period is a second at least, or the interval if that is longer;
   of more than fit the oldest are left out. */
#define READINGS_MAX 64
/* Grouped by frame: so many of a thousand may have no frame for numbers to be compared. */
#define UNREAD_PER_MILLE 20

const char *const goroutine_mark_name[GOROUTINE_MARK_COUNT] = {
	[GOROUTINE_MARK_NONE] = "",
	[GOROUTINE_MARK_LEAKED] = "leaked",
	[GOROUTINE_MARK_DEADLOCK] = "deadlock",
	[GOROUTINE_MARK_LOCK] = "lock",
	[GOROUTINE_MARK_LEAK] = "leak",
};

/* The readings to look at, newest first. */
struct readings {
	enum goroutine_by by;
	size_t n;
	const struct snapshot *s[READINGS_MAX];
	/* Of each, which group stands where: keys in order, to be searched. */
	struct key {
		uint64_t key;
		uint32_t count;
	} * key[READINGS_MAX];
};

static const struct goroutine_grouping *grouping(const struct readings *r, size_t i)
{
	return &r->s[i]->goroutines->by[r->by];
}

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	return x->key < y->key ? -1 : x->key > y->key;
}

static enum status add_reading(struct readings *r, const struct snapshot *s)
{
	const struct goroutine_grouping *g = &s->goroutines->by[r->by];
	struct key *key = calloc(g->n + 1, sizeof *key);
	if (!key)
		return STATUS_FAILED;
	for (size_t i = 0; i < g->n; i++)
		key[i] = (struct key){g->group[i].key, g->group[i].count};
	qsort(key, g->n, sizeof *key, compare_keys);
	r->s[r->n] = s;
	r->key[r->n++] = key;
	return STATUS_OK;
}

/* Those of the last minute; a snapshot may carry on the reading of another. */
static enum status collect(const struct history *h, struct readings *r)
{
	const struct snapshot *s;
	for (size_t i = 0; r->n < READINGS_MAX && (s = history_get(h, i)) != NULL; i++) {
		if (!s->goroutines)
			continue;
		int64_t at_ns = s->goroutines_at.at_ns;
		if (r->n > 0 && at_ns >= r->s[r->n - 1]->goroutines_at.at_ns)
			continue;
		if (r->n > 0 && r->s[0]->goroutines_at.at_ns - at_ns > GOROUTINE_GROWTH_NS)
			break;
		if (add_reading(r, s) != STATUS_OK)
			return STATUS_FAILED;
	}
	return STATUS_OK;
}

/* May groups of this reading be compared with those of others? Frames are read bit by bit: while
   many are missing, groups grow because of that alone. */
static bool is_comparable(const struct readings *r, size_t i)
{
	const struct goroutine_grouping *g = grouping(r, i);
	uint64_t all = r->s[i]->goroutines->count, unread = 0;
	for (size_t k = 0; r->by == GOROUTINES_BY_TOP && k < g->n; k++)
		if (!g->group[k].system && !g->group[k].at.function)
			unread += g->group[k].count;
	return unread * 1000 <= all * UNREAD_PER_MILLE;
}

/* How many the group had in that reading. A group that is not there had none, unless it may be
   among the others. */
static bool count_at(const struct readings *r, size_t i, const struct goroutine_group *group,
                     uint32_t *count)
{
	const struct goroutine_grouping *g = grouping(r, i);
	const struct key *found =
		bsearch(&(struct key){.key = group->key}, r->key[i], g->n, sizeof *r->key[i], compare_keys);
	*count = found ? found->count : 0;
	return found || (group->system ? g->other_system_groups : g->other_groups) == 0;
}

static void measure_growth(const struct readings *r, struct goroutine_stat *stat,
                           int64_t *growth_ns)
{
	uint32_t count;
	for (size_t i = r->n; i-- > 1;) {
		int64_t span_ns = r->s[0]->goroutines_at.at_ns - r->s[i]->goroutines_at.at_ns;
		if (span_ns < GOROUTINE_GROWTH_MIN)
			return;
		if (!is_comparable(r, i) || !count_at(r, i, stat->group, &count))
			continue;
		stat->growth_known = true;
		stat->growth_per_min = ((double)stat->group->count - (double)count) *
		                       (double)GOROUTINE_GROWTH_NS / (double)span_ns;
		if (span_ns > *growth_ns)
			*growth_ns = span_ns;
		return;
	}
}

/* --- marks ---------------------------------------------------------------------------------- */

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* runtime2.go waitReasonStrings. Up to Go 1.19 a mutex waits in "semacquire", as much else does. */
static bool waits_for_lock(const char *reason)
{
	return strcmp(reason, "sync.Mutex.Lock") == 0 || starts(reason, "sync.RWMutex.");
}

bool goroutine_waits_for_others(const char *reason)
{
	return waits_for_lock(reason) || starts(reason, "chan receive") ||
	       starts(reason, "chan send") || starts(reason, "select") ||
	       strcmp(reason, "semacquire") == 0 || strcmp(reason, "sync.Cond.Wait") == 0 ||
	       strcmp(reason, "sync.WaitGroup.Wait") == 0;
}

static bool is_blocked(const struct goroutine_set *set, const struct goroutine_grouping *g)
{
	bool blocked = set->count > 0 && g->other_count == 0 && set->dropped == 0;
	for (size_t i = 0; i < g->n && blocked; i++)
		blocked = g->group[i].system ||
		          (g->group[i].state == GOROUTINE_WAITING &&
		           goroutine_waits_for_others(goroutine_text(set, g->group[i].reason)));
	return blocked;
}

/* No P has a timer, and that is known. */
static bool has_no_timers(const struct snapshot *s)
{
	int64_t timers;
	bool none = s->np > 0;
	for (size_t p = 0; p < s->np && none; p++)
		none = fields_get(&s->p[p].f, P_TIMERSLEN, &timers) && timers == 0;
	return none;
}

static bool is_deadlocked(const struct readings *r)
{
	bool dead = r->n >= GOROUTINE_READINGS_MIN;
	for (size_t i = 0; i < GOROUTINE_READINGS_MIN && dead; i++)
		dead = is_blocked(r->s[i]->goroutines, grouping(r, i)) && has_no_timers(r->s[i]);
	return dead;
}

/* How often the number rose; 0 when it ever fell, or that is unknown. */
static uint32_t count_rises(const struct readings *r, const struct goroutine_group *group)
{
	uint32_t now = group->count, before, rises = 0;
	for (size_t i = 1; i < r->n && is_comparable(r, i) && count_at(r, i, group, &before); i++) {
		if (before > now)
			return 0;
		rises += before < now;
		now = before;
	}
	return rises;
}

static enum goroutine_mark mark_of(const struct readings *r, struct goroutine_stat *stat)
{
	const struct goroutine_group *g = stat->group;
	if (g->system)
		return GOROUTINE_MARK_NONE;
	if (g->state == GOROUTINE_LEAKED)
		return GOROUTINE_MARK_LEAKED;
	if (g->state != GOROUTINE_WAITING)
		return GOROUTINE_MARK_NONE;
	if (g->median_ns >= GOROUTINE_STUCK_NS &&
	    waits_for_lock(goroutine_text(r->s[0]->goroutines, g->reason)))
		return GOROUTINE_MARK_LOCK;
	stat->rises = is_comparable(r, 0) ? count_rises(r, g) : 0;
	if (g->longest_ns >= GOROUTINE_STUCK_NS && stat->rises >= GOROUTINE_READINGS_MIN)
		return GOROUTINE_MARK_LEAK;
	return GOROUTINE_MARK_NONE;
}

/* --- the table ------------------------------------------------------------------------------ */

static enum status make_rows(const struct readings *r, struct goroutine_table *out)
{
	const struct goroutine_grouping *g = grouping(r, 0);
	bool comparable = is_comparable(r, 0), deadlocked = is_deadlocked(r);
	out->row = calloc(g->n + 1, sizeof *out->row);
	if (!out->row)
		return STATUS_FAILED;
	out->s = r->s[0];
	out->set = r->s[0]->goroutines;
	out->n = g->n;
	for (size_t i = 0; i < g->n; i++) {
		struct goroutine_stat *stat = &out->row[i];
		stat->group = &g->group[i];
		if (comparable)
			measure_growth(r, stat, &out->growth_ns);
		stat->mark = mark_of(r, stat);
		if (deadlocked && !stat->group->system && stat->mark != GOROUTINE_MARK_LEAKED)
			stat->mark = GOROUTINE_MARK_DEADLOCK;
	}
	return STATUS_OK;
}

enum status derive_goroutine_table(const struct history *h, enum goroutine_by by,
                                   struct goroutine_table *out)
{
	struct readings r = {.by = by};
	*out = (struct goroutine_table){.by = by};
	enum status status = collect(h, &r);
	if (status == STATUS_OK && r.n > 0)
		status = make_rows(&r, out);
	for (size_t i = 0; i < r.n; i++)
		free(r.key[i]);
	return status;
}

void goroutine_table_finish(struct goroutine_table *table)
{
	free(table->row);
	*table = (struct goroutine_table){0};
}
