#include "trace/goroutines.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"

void goroutines_finish(struct goroutines *a)
{
	free(a->slot);
	free(a->group);
	free(a->reason);
	idmap_finish(&a->group_of);
	stack_memo_finish(&a->functions);
	spent_reasons_finish(&a->known);
	distribution_finish(&a->latency);
	distribution_finish(&a->syscall);
	memset(a, 0, sizeof *a);
}

/* --- lists of reasons ------------------------------------------------------------------------ */

uint32_t goroutines_reason(struct goroutines *a, uint32_t *list, uint32_t reason)
{
	uint32_t i = *list;
	while (i && a->reason[i - 1].reason != reason)
		i = a->reason[i - 1].next;
	if (i)
		return i;
	i = a->free_reason;
	if (i) {
		a->free_reason = a->reason[i - 1].next;
	} else {
		if (!wire_grow(&a->reason, &a->reason_capacity, a->reasons, sizeof *a->reason))
			return 0;
		i = (uint32_t)++a->reasons;
	}
	a->reason[i - 1] = (struct reason_time){.reason = reason, .next = *list};
	*list = i;
	return i;
}

static void add_reason(struct goroutines *a, uint32_t i, uint64_t count, int64_t ns)
{
	a->reason[i - 1].count += count;
	add_ns(&a->reason[i - 1].total_ns, ns);
}

static void free_reasons(struct goroutines *a, uint32_t list)
{
	while (list) {
		uint32_t next = a->reason[list - 1].next;
		a->reason[list - 1].next = a->free_reason;
		a->free_reason = list;
		list = next;
	}
}

static bool merge_reasons(struct goroutines *a, uint32_t *into, uint32_t from)
{
	for (; from; from = a->reason[from - 1].next) {
		struct reason_time r = a->reason[from - 1];
		uint32_t i = goroutines_reason(a, into, r.reason);
		if (!i)
			return false;
		add_reason(a, i, r.count, r.total_ns);
	}
	return true;
}

/* --- goroutines ------------------------------------------------------------------------------ */

bool goroutines_prepare(struct goroutines *a, const struct trace_block *block)
{
	static const struct goroutine_time blank = {.state = TRACE_NOT_EXIST};
	return SLOTS_FIT(a->slot, a->slots, block->goroutines, &blank);
}

static bool wants(const struct goroutines *a, const struct goroutine_time *g)
{
	return !a->only || a->only == g->id;
}

/* Closes the state that goes on. */
static void charge(struct goroutines *a, struct goroutine_time *g, int64_t now, int64_t ns)
{
	add_ns(&g->state_ns[g->state], ns);
	g->since_ns = now;
	if (g->state == GO_WAITING)
		add_reason(a, g->wait, 1, ns);
}

static struct goroutine_kind *group_of(struct goroutines *a, uint32_t function, uint32_t creator)
{
	uint64_t key = (uint64_t)function << 32 | creator;
	uint32_t i = idmap_get(&a->group_of, key);
	if (i != IDMAP_NONE)
		return &a->group[i];
	if (!wire_grow(&a->group, &a->group_capacity, a->groups, sizeof *a->group) ||
	    !idmap_put(&a->group_of, key, (uint32_t)a->groups))
		return NULL;
	a->group[a->groups] = (struct goroutine_kind){.function = function, .creator = creator};
	return &a->group[a->groups++];
}

static void add_states(int64_t to[GO_STATUS_COUNT], const int64_t from[GO_STATUS_COUNT])
{
	for (size_t i = 0; i < GO_STATUS_COUNT; i++)
		add_ns(&to[i], from[i]);
}

static bool add_to_group(struct goroutines *a, const struct goroutine_time *g, bool ended)
{
	struct goroutine_kind *group = group_of(a, g->function, g->creator);
	if (!group)
		return false;
	if (a->finished)
		a->finished(a->finished_self, a, g);
	group->goroutines++;
	group->created += g->created;
	group->ended += ended;
	group->starts += g->starts;
	if (g->latency_max_ns > group->latency_max_ns)
		group->latency_max_ns = g->latency_max_ns;
	add_states(group->state_ns, g->state_ns);
	add_states(a->state_ns, g->state_ns);
	return merge_reasons(a, &group->reasons, g->reasons) &&
	       merge_reasons(a, &a->all_reasons, g->reasons);
}

/* Adds the goroutine to its group and frees its slot. */
static bool retire(struct goroutines *a, struct goroutine_time *g, bool ended)
{
	if (wants(a, g) && !add_to_group(a, g, ended))
		return false;
	free_reasons(a, g->reasons);
	g->reasons = 0;
	g->state = TRACE_NOT_EXIST;
	a->ended += ended;
	a->alive--;
	return true;
}

/* Reasons beyond those that are told apart are blocked for no known one. */
static uint32_t reason_of(struct goroutines *a, const struct trace_event *e)
{
	return spent_kind(&a->known, e) == SPENT_OTHER ? NAME_NONE : e->name;
}

static uint32_t function_of(struct goroutines *a, const struct trace_block *block, uint64_t stack,
                            bool root)
{
	if (!block->generation || !stack_memo_begin(&a->functions, block->generation) ||
	    stack >= a->functions.limit)
		return stack_function(block, stack, root);
	uint32_t known[2];
	memcpy(known, &a->functions.of[stack], sizeof known);
	if (known[root] == 0) {
		known[root] = stack_function(block, stack, root) + 1;
		memcpy(&a->functions.of[stack], known, sizeof known);
	}
	return known[root] - 1;
}

/* The first that is heard of it. */
static bool meet(struct goroutines *a, struct goroutine_time *g, const struct trace_block *block,
                 const struct trace_event *e)
{
	*g = (struct goroutine_time){
		.id = block->goroutine[e->subject].id,
		.since_ns = trace_since(block, e),
		.first_ns = trace_since(block, e),
		.state = e->to,
		.created = e->from == TRACE_NOT_EXIST,
	};
	a->seen++;
	a->created += g->created;
	if (++a->alive > a->most_alive)
		a->most_alive = a->alive;
	if (e->type == EV_GO_CREATE || e->type == EV_GO_CREATE_BLOCKED) {
		g->function = function_of(a, block, e->arg[0], true);
		g->creator = function_of(a, block, e->arg[2], false);
	}
	return g->state != GO_WAITING || goroutines_begin_wait(a, g, NAME_NONE);
}

static inline bool move(struct goroutines *a, struct goroutine_time *g, const struct trace_event *e)
{
	/* A clock that steps back adds nothing. */
	int64_t ns = bounded_elapsed_ns(g->since_ns, e->at_ns);
	uint8_t was = g->state;
	charge(a, g, e->at_ns, ns);
	g->state = e->to;
	if (e->to == TRACE_NOT_EXIST)
		return retire(a, g, true);
	if (e->to == GO_WAITING && !goroutines_begin_wait(a, g, reason_of(a, e)))
		return false;
	if (was == GO_RUNNABLE && e->to == GO_RUNNING)
		return goroutines_note_latency(a, g, ns);
	return was != GO_SYSCALL || !wants(a, g) || distribution_add(&a->syscall, ns);
}

bool goroutines_transition(struct goroutines *a, const struct trace_block *block,
                           const struct trace_event *e)
{
	struct goroutine_time *g = &a->slot[e->subject];
	if (__builtin_expect(g->state == TRACE_NOT_EXIST, 0)) {
		if (!meet(a, g, block, e))
			return false;
	} else if (e->from != e->to) { /* else it only says again what is known */
		if (!move(a, g, e))
			return false;
		if (e->to == TRACE_NOT_EXIST)
			return true;
	}
	/* A stack of its own shows at its root where it started. */
	if (__builtin_expect(g->function == NAME_NONE, 0))
		g->function = function_of(a, block, trace_own_stack(e), true);
	return true;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct goroutines *a = self;
	if (!goroutines_prepare(a, block))
		return false;
	TRACE_TRANSITIONS(e, block)
	if (!goroutines_transition(a, block, e))
		return false;
	return true;
}

static void close_all(struct goroutines *a, int64_t now, bool end)
{
	for (size_t i = 0; i < a->slots; i++) {
		struct goroutine_time *g = &a->slot[i];
		if (g->state == TRACE_NOT_EXIST)
			continue;
		a->blocked += end && g->state == GO_WAITING;
		charge(a, g, now, elapsed_ns(g->since_ns, now));
		/* Out of memory here loses this one from the sums; there is nobody left to tell. */
		retire(a, g, false);
	}
}

static void on_gap(void *self, int64_t time_ns)
{
	struct goroutines *a = self;
	close_all(a, time_ns, false);
	slots_drop(&a->slot, &a->slots);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	(void)block;
	close_all(self, time_ns, true);
}

void goroutines_restart(void *self, int64_t time_ns)
{
	struct goroutines *a = self;
	distribution_finish(&a->latency);
	distribution_finish(&a->syscall);
	idmap_clear(&a->group_of);
	/* All lists at once; but who waits goes on to do so, for the same reason. */
	for (size_t i = 0; i < a->slots; i++)
		if (a->slot[i].state == GO_WAITING)
			a->slot[i].wait = a->reason[a->slot[i].wait - 1].reason;
	a->groups = a->reasons = 0;
	a->free_reason = a->all_reasons = 0;
	memset(a->state_ns, 0, sizeof a->state_ns);
	for (size_t i = 0; i < a->slots; i++) {
		struct goroutine_time *g = &a->slot[i];
		memset(g->state_ns, 0, sizeof g->state_ns);
		g->since_ns = g->first_ns = time_ns;
		g->latency_max_ns = 0;
		g->reasons = g->starts = 0;
		memset(g->recent, 0, sizeof g->recent);
		g->created = false;
		if (g->state == GO_WAITING)
			goroutines_begin_wait(a, g, g->wait); /* there was room for at least as many */
	}
	a->seen = a->most_alive = a->alive;
	a->created = a->ended = a->blocked = 0;
	if (a->restarted)
		a->restarted(a->finished_self);
}

struct trace_visitor goroutines_visitor(struct goroutines *a)
{
	return (struct trace_visitor){.self = a, .events = on_events, .gap = on_gap, .end = on_end};
}
