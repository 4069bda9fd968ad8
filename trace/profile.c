#include "trace/profile.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"
#include "trace/transition.h"

/* cmd/trace/pprof.go: computePprofIO and the others. `word` is a part of the reason, or all of it;
   without any of them every reason fits. */
static const struct {
	uint8_t state; /* enum go_status; 0: none */
	bool whole;
	const char *word[3];
} kinds[PROFILE_KINDS] = {
	[PROFILE_NET] = {GO_WAITING, true, {"network"}},
	[PROFILE_SYNC] = {GO_WAITING, false, {"chan", "sync", "select"}},
	[PROFILE_SYSCALL] = {GO_SYSCALL, false, {0}},
	[PROFILE_SCHED] = {GO_RUNNABLE, false, {0}},
	[PROFILE_BLOCKED] = {GO_WAITING, false, {0}},
};

void profile_finish(struct profile *a)
{
	stacks_finish(&a->stacks);
	tasks_finish(&a->tasks);
	profile_lives_finish(&a->lives);
	idmap_finish(&a->record_of);
	free(a->record);
	free(a->slot);
	free(a->reason_fits);
	memset(a, 0, sizeof *a);
}

/* --- what is counted ------------------------------------------------------------------------- */

/* Index + 1; 0: no memory. */
static uint32_t find_record(struct profile *a, uint32_t stack, uint32_t reason)
{
	uint64_t key = (uint64_t)stack << 32 | reason;
	uint32_t known = idmap_get(&a->record_of, key);
	if (known != IDMAP_NONE)
		return known + 1;
	const uint32_t first = (uint32_t)a->records;
	for (int open = 0; open < 2; open++) {
		if (!wire_grow(&a->record, &a->record_capacity, a->records, sizeof *a->record))
			return 0;
		a->record[a->records++] =
			(struct profile_record){.stack = stack, .reason = reason, .open = open};
	}
	return idmap_put(&a->record_of, key, first) ? first + 1 : 0;
}

static void count(struct profile *a, uint32_t record, int64_t ns)
{
	struct profile_record *r = &a->record[record - 1];
	if (ns <= 0)
		return;
	r->count++;
	add_ns(&r->total_ns, ns);
}

/* How much of it lies in the part that is counted. */
static int64_t inside(const struct profile *a, int64_t from, int64_t to)
{
	return elapsed_ns(from > a->begin_ns ? from : a->begin_ns, to < a->end_ns ? to : a->end_ns);
}

static bool fits(const char *reason, enum profile_kind kind)
{
	const char *const *word = kinds[kind].word;
	if (!word[0])
		return true;
	for (size_t i = 0; i < sizeof kinds[0].word / sizeof *word && word[i]; i++)
		if (kinds[kind].whole ? strcmp(reason, word[i]) == 0 : strstr(reason, word[i]) != NULL)
			return true;
	return false;
}

/* false in *ok: no memory. */
static bool reason_fits(struct profile *a, const struct trace_block *block, uint32_t name, bool *ok)
{
	if (!kinds[a->kind].word[0])
		return true;
	if (name >= a->reasons) {
		size_t n = (size_t)name + 64;
		uint8_t *bigger = realloc(a->reason_fits, n);
		*ok = bigger != NULL;
		if (!bigger)
			return false;
		memset(bigger + a->reasons, 0, n - a->reasons);
		a->reason_fits = bigger;
		a->reasons = n;
	}
	if (!a->reason_fits[name])
		a->reason_fits[name] = fits(names_text(block->names, name), a->kind) ? 2 : 1;
	return a->reason_fits[name] == 2;
}

static bool is_wanted(const struct profile *a, const struct trace_block *block, uint32_t slot,
                      uint64_t id)
{
	return (!a->goroutine || a->goroutine == id) &&
	       (!a->of_tasks || (slot < block->goroutines && tasks_wants(&a->tasks, slot)));
}

/* --- transitions ----------------------------------------------------------------------------- */

/* Go's tool counts of a goroutine what lies between its first run and its end; of one that never
   ran, all. So what came earlier is put aside until that is known. A goroutine can't get twice into
   one state without running between. */
static bool leave(struct profile *a, struct profile_goroutine *g, uint64_t id,
                  const struct trace_event *e)
{
	const uint32_t record = g->record;
	const int64_t ns = inside(a, g->since_ns, e->time_ns);
	g->record = 0;
	if (a->kind == PROFILE_BLOCKED) {
		count(a, record, inside(a, g->truly_ns, e->time_ns));
		return true;
	}
	if (!g->ran) {
		g->early = record;
		g->early_ns = ns;
		return true;
	}
	count(a, record, ns);
	return !g->callback || ns <= 0 || profile_lives_note(&a->lives, id, record, ns);
}

static void settle(struct profile *a, struct profile_goroutine *g)
{
	if (g->early)
		count(a, g->early, g->early_ns);
	g->early = 0;
}

/* false: no memory. */
static bool enter(struct profile *a, const struct trace_block *block, const struct trace_event *e)
{
	struct profile_goroutine *g = &a->slot[e->subject];
	bool ok = true;
	if (!is_wanted(a, block, e->subject, block->goroutine[e->subject].id) ||
	    !reason_fits(a, block, e->name, &ok))
		return ok;
	/* The stack of who makes another one that waits, or is in a system call, is not where that one
	   stands. Go's tool takes it all the same, where it looks at such. */
	bool foreign = a->kind == PROFILE_BLOCKED && e->type == EV_GO_CREATE_BLOCKED;
	uint32_t stack = foreign ? STACK_NONE : stacks_number(&a->stacks, block, e->arg[2]);
	if (stack == STACK_ERROR)
		return false;
	g->record = find_record(a, stack, a->kind == PROFILE_BLOCKED ? e->name : NAME_NONE);
	g->since_ns = g->truly_ns = e->time_ns;
	if (e->from == GO_BAD && a->sync_ns < e->time_ns)
		g->truly_ns = a->sync_ns;
	return g->record != 0;
}

/* What it went through before is not counted. */
static void run_first(struct profile *a, struct profile_goroutine *g, uint64_t id)
{
	g->ran = true;
	g->early = 0;
	if (a->kind == PROFILE_BLOCKED)
		return;
	g->record = 0;
	if (g->callback)
		profile_lives_take_back(&a->lives, id, a->record);
}

static bool transition(struct profile *a, const struct trace_block *block,
                       const struct trace_event *e)
{
	const uint8_t state = kinds[a->kind].state;
	const uint64_t id = block->goroutine[e->subject].id;
	struct profile_goroutine *g = &a->slot[e->subject];
	if (e->type == EV_GO_CREATE_SYSCALL)
		g->callback = true;
	if (e->to == GO_RUNNING && !g->ran)
		run_first(a, g, id);
	if (g->record && e->to != state && !leave(a, g, id, e))
		return false;
	if (e->to == TRACE_NOT_EXIST) {
		if (g->callback && g->early && g->early_ns > 0 &&
		    !profile_lives_note(&a->lives, id, g->early, g->early_ns))
			return false;
		settle(a, g);
		*g = (struct profile_goroutine){0};
	}
	return e->to != state || g->record || enter(a, block, e);
}

static bool sample(struct profile *a, const struct trace_block *block, const struct trace_event *e)
{
	if (e->time_ns < a->begin_ns || e->time_ns >= a->end_ns ||
	    !is_wanted(a, block, e->g, e->arg[0]))
		return true;
	uint32_t stack = stacks_number(&a->stacks, block, e->arg[2]);
	uint32_t record = stack == STACK_ERROR ? 0 : find_record(a, stack, NAME_NONE);
	if (record)
		a->record[record - 1].count++;
	return record != 0;
}

/* --- the visitor ----------------------------------------------------------------------------- */

static void begin(struct profile *a, int64_t first_ns)
{
	a->begun = true;
	a->begin_ns = a->end_ns = a->sync_ns = first_ns;
	add_ns(&a->begin_ns, a->from_ns);
	add_ns(&a->end_ns, a->to_ns);
	if (a->to_ns == INT64_MAX)
		a->end_ns = INT64_MAX;
	a->stacks.by_address = true;
	a->tasks.stacks = &a->stacks;
	a->tasks.filter = a->filter;
}

static bool prepare(struct profile *a, const struct trace_block *block)
{
	if (!a->begun && block->events)
		begin(a, block->event[0].time_ns);
	if (!SLOTS_FIT(a->slot, a->slots, block->goroutines, NULL))
		return false;
	return !a->of_tasks || tasks_prepare(&a->tasks, block);
}

static bool event(struct profile *a, const struct trace_block *block, const struct trace_event *e)
{
	/* First: who begins a wait inside a region waits for its task, and so does who is woken. */
	if (a->of_tasks && !tasks_event(&a->tasks, block, e))
		return false;
	switch (e->type) {
	case EV_SYNC:
		a->sync_ns = e->time_ns;
		return true;
	case EV_CPU_SAMPLE:
		return a->kind != PROFILE_CPU || sample(a, block, e);
	default:
		return !kinds[a->kind].state || !is_go_transition(e->type) || transition(a, block, e);
	}
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct profile *a = self;
	if (!prepare(a, block))
		return false;
	for (size_t i = 0; i < block->events; i++)
		if (!event(a, block, &block->event[i]))
			return false;
	return true;
}

/* What was open is open no longer, and nobody knows when it ended. */
static void on_gap(void *self, int64_t time_ns)
{
	struct profile *a = self;
	const struct trace_visitor tasks = tasks_visitor(&a->tasks);
	tasks.gap(tasks.self, time_ns);
	for (size_t i = 0; i < a->slots; i++)
		settle(a, &a->slot[i]);
	slots_drop(&a->slot, &a->slots);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct profile *a = self;
	(void)block;
	for (size_t i = 0; i < a->slots; i++) {
		struct profile_goroutine *g = &a->slot[i];
		settle(a, g);
		/* The record of what is open stands behind the other. */
		if (g->record && a->still_blocked)
			count(a, g->record + 1, inside(a, g->truly_ns, time_ns));
	}
}

struct trace_visitor profile_visitor(struct profile *a)
{
	return (struct trace_visitor){.self = a, .events = on_events, .gap = on_gap, .end = on_end};
}
