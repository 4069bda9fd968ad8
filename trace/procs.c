#include "trace/procs.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"

#define IDLE INT64_MIN

void procs_finish(struct procs *procs)
{
	free(procs->slot);
	free(procs->of_slot);
	idmap_finish(&procs->of_id);
	memset(procs, 0, sizeof *procs);
}

/* NULL: no memory. */
static struct proc_time *proc_of(struct procs *a, const struct trace_block *block, uint32_t slot)
{
	static const struct proc_time blank = {.id = UINT64_MAX, .since_ns = IDLE};
	uint64_t id = block->proc[slot].id;
	if (a->of_slot[slot])
		return &a->slot[a->of_slot[slot] - 1];
	uint32_t i = idmap_get(&a->of_id, id);
	if (i == IDMAP_NONE) {
		i = (uint32_t)a->n;
		if (!SLOTS_FIT(a->slot, a->slots, a->n + 1, &blank) || !idmap_put(&a->of_id, id, i))
			return NULL;
		a->slot[a->n++].id = id;
	}
	a->of_slot[slot] = i + 1;
	return &a->slot[i];
}

static void stop(struct procs *a, struct proc_time *p, int64_t now)
{
	if (p->since_ns != IDLE) {
		int64_t ns = elapsed_ns(p->since_ns, now);
		add_ns(&p->running_ns, ns);
		add_ns(&a->running_ns, ns);
	}
	p->since_ns = IDLE;
}

static bool transition(struct procs *a, const struct trace_block *block,
                       const struct trace_event *e)
{
	struct proc_time *p = proc_of(a, block, e->subject);
	if (!p)
		return false;
	p->steals += e->type == EV_PROC_STEAL;
	p->starts += e->type == EV_PROC_START;
	if (e->to != PROC_RUNNING)
		stop(a, p, e->at_ns);
	else if (p->since_ns == IDLE)
		p->since_ns = trace_since(block, e);
	return true;
}

static void change(struct procs *a, uint64_t n, int64_t now)
{
	/* What is told first was so since the trace began. */
	if (a->gomaxprocs && now > a->changed_ns) {
		a->available_ns = procs_available_ns(a, now);
		a->changed_ns = now;
	}
	a->gomaxprocs = n;
	if (a->gomaxprocs_min == 0 || n < a->gomaxprocs_min)
		a->gomaxprocs_min = n;
	if (n > a->gomaxprocs_max)
		a->gomaxprocs_max = n;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct procs *a = self;
	if (!SLOTS_FIT(a->of_slot, a->known_slots, block->procs, NULL))
		return false;
	if (!a->begun && block->events) {
		a->begun = true;
		a->first_ns = a->changed_ns = block->event[0].at_ns;
	}
	for (size_t i = 0; i < block->others; i++) {
		const struct trace_event *e = block->other[i];
		if (e->type >= EV_PROC_START && e->type <= EV_PROC_STATUS) {
			if (!transition(a, block, e))
				return false;
		} else if (e->type == EV_PROCS_CHANGE) {
			change(a, e->arg[0], e->at_ns);
		}
	}
	if (a->gomaxprocs == 0 && block->gomaxprocs)
		change(a, block->gomaxprocs, a->first_ns);
	if (block->threads > a->threads + 1)
		a->threads = block->threads - 1; /* slot 0 is none */
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct procs *a = self;
	for (size_t i = 0; i < a->known_slots; i++)
		if (a->of_slot[i])
			stop(a, &a->slot[a->of_slot[i] - 1], time_ns);
	slots_drop(&a->of_slot, &a->known_slots);
	a->last_ns = time_ns;
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	(void)block;
	on_gap(self, time_ns);
}

void procs_restart(void *self, int64_t time_ns)
{
	struct procs *a = self;
	for (size_t i = 0; i < a->slots; i++) {
		struct proc_time *p = &a->slot[i];
		p->running_ns = 0;
		p->starts = p->steals = 0;
		if (p->since_ns != IDLE)
			p->since_ns = time_ns;
	}
	a->begun = true;
	a->first_ns = a->changed_ns = time_ns;
	a->available_ns = 0;
	a->running_ns = 0;
	a->gomaxprocs_min = a->gomaxprocs_max = a->gomaxprocs;
}

struct trace_visitor procs_visitor(struct procs *procs)
{
	return (struct trace_visitor){.self = procs, .events = on_events, .gap = on_gap, .end = on_end};
}

uint64_t procs_available(const struct procs *a)
{
	if (a->gomaxprocs)
		return a->gomaxprocs;
	uint64_t n = 0;
	for (size_t i = 0; i < a->slots; i++)
		n += a->slot[i].id != UINT64_MAX;
	return n;
}

double procs_available_ns(const struct procs *a, int64_t until_ns)
{
	return a->available_ns +
	       (double)procs_available(a) * (double)elapsed_ns(a->changed_ns, until_ns);
}

double procs_utilization(const struct procs *a)
{
	double whole = procs_available_ns(a, a->last_ns);
	return whole > 0 ? (double)a->running_ns / whole : -1;
}
