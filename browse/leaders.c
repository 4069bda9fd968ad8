#include "browse/leaders.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/tables.h"

static const uint8_t states[LEADER_STATES] = {GO_RUNNING, GO_RUNNABLE, GO_SYSCALL, GO_WAITING};

static void clear(struct leaders *l)
{
	for (size_t i = 0; i < l->groups; i++)
		free(l->group[i]);
	l->groups = 0;
	idmap_clear(&l->of);
}

void leaders_finish(struct leaders *l)
{
	clear(l);
	free(l->group);
	idmap_finish(&l->of);
	memset(l, 0, sizeof *l);
}

/* --- filling -------------------------------------------------------------------------------- */

/* NULL: too many, or no memory. Then the group is there, but its goroutines aren't told. */
static struct leader_group *group_of(struct leaders *l, const struct goroutine_time *g)
{
	uint64_t key = (uint64_t)g->function << 32 | g->creator;
	uint32_t i = idmap_get(&l->of, key);
	if (i != IDMAP_NONE)
		return l->group[i];
	if (l->groups == LEADER_GROUPS ||
	    !wire_grow(&l->group, &l->capacity, l->groups, sizeof(void *)))
		return NULL;
	struct leader_group *group = calloc(1, sizeof *group);
	if (!group || !idmap_put(&l->of, key, (uint32_t)l->groups)) {
		free(group);
		return NULL;
	}
	group->function = g->function;
	group->creator = g->creator;
	for (size_t k = 0; k < LEADER_STATES; k++)
		group->top[k].state = states[k];
	l->group[l->groups++] = group;
	return group;
}

static void on_finished(void *self, const struct goroutine_time *g)
{
	struct leader_group *group = group_of(self, g);
	for (size_t k = 0; group && k < LEADER_STATES; k++)
		top_add(&group->top[k], g);
}

static void on_restart(void *self)
{
	clear(self);
}

void leaders_attach(struct leaders *l, struct analysis_options *options)
{
	options->finished = on_finished;
	options->restarted = on_restart;
	options->finished_self = l;
}

/* --- choosing ------------------------------------------------------------------------------- */

bool leaders_are(const struct leaders_wanted *wanted, uint32_t function, uint32_t creator)
{
	return (wanted->function == NAME_ERROR || wanted->function == function) &&
	       (wanted->creator == NAME_ERROR || wanted->creator == creator);
}

/* With the state that goes on. */
static struct goroutine_time until(const struct goroutine_time *g, int64_t now_ns)
{
	struct goroutine_time now = *g;
	if (g->state != TRACE_NOT_EXIST)
		add_ns(&now.state_ns[g->state], elapsed_ns(g->since_ns, now_ns));
	return now;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct goroutine_time *)a)->id, y = ((const struct goroutine_time *)b)->id;
	return (x > y) - (x < y);
}

static size_t drop_doubles(struct goroutine_time *all, size_t n)
{
	size_t kept = 0;
	qsort(all, n, sizeof *all, by_id);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || all[i].id != all[kept - 1].id)
			all[kept++] = all[i];
	return kept;
}

struct goroutine_time *leaders_choose(const struct leaders *l, const struct goroutines *goroutines,
                                      const struct leaders_wanted *wanted, int64_t now_ns,
                                      size_t *n)
{
	struct top *top = calloc(LEADER_STATES, sizeof *top);
	struct goroutine_time *all = calloc((size_t)LEADER_STATES * TOP_GOROUTINES, sizeof *all);
	*n = 0;
	for (size_t k = 0; top && all && k < LEADER_STATES; k++) {
		top[k].state = states[k];
		for (size_t i = 0; i < l->groups; i++)
			if (leaders_are(wanted, l->group[i]->function, l->group[i]->creator))
				for (size_t j = 0; j < l->group[i]->top[k].n; j++)
					top_add(&top[k], &l->group[i]->top[k].g[j]);
	}
	/* Those that live are in nobody's group yet. */
	for (size_t i = 0; top && all && i < goroutines->slots; i++) {
		const struct goroutine_time *g = &goroutines->slot[i];
		if (g->state == TRACE_NOT_EXIST || (goroutines->only && goroutines->only != g->id) ||
		    !leaders_are(wanted, g->function, g->creator))
			continue;
		const struct goroutine_time now = until(g, now_ns);
		for (size_t k = 0; k < LEADER_STATES; k++)
			top_add(&top[k], &now);
	}
	for (size_t k = 0; top && all && k < LEADER_STATES; k++) {
		memcpy(&all[*n], top[k].g, top[k].n * sizeof *all);
		*n += top[k].n;
	}
	free(top);
	if (*n)
		*n = drop_doubles(all, *n);
	return all;
}
