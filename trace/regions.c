#include "trace/regions.h"

#include <stdlib.h>
#include <string.h>

#include "trace/slots.h"
#include "trace/tables.h"
#include "trace/transition.h"

void regions_finish(struct regions *a)
{
	for (size_t i = 0; i < a->types; i++)
		distribution_finish(&a->type[i].duration);
	free(a->type);
	free(a->node);
	free(a->detail);
	free(a->slot);
	idmap_finish(&a->type_of);
	spent_reasons_finish(&a->reasons);
	memset(a, 0, sizeof *a);
}

/* Index; TRACE_NONE: no memory. */
static uint32_t type_of(struct regions *a, uint32_t name)
{
	uint32_t known = idmap_get(&a->type_of, name);
	if (known != IDMAP_NONE)
		return known;
	if (a->types == REGION_TYPES) {
		a->type[REGION_TYPES - 1].others = true;
		return REGION_TYPES - 1;
	}
	if (!wire_grow(&a->type, &a->type_capacity, a->types, sizeof *a->type) ||
	    !idmap_put(&a->type_of, name, (uint32_t)a->types))
		return TRACE_NONE;
	a->type[a->types] = (struct region_type){.name = name};
	return (uint32_t)a->types++;
}

/* Without one the region's time is not broken down: no reason to end the pass. */
static uint32_t take_detail(struct regions *a)
{
	uint32_t i = a->free_detail;
	if (i) {
		a->free_detail = a->detail[i - 1].next_free;
	} else {
		if (a->details == REGION_DETAILS)
			return 0;
		if (!wire_grow(&a->detail, &a->detail_capacity, a->details, sizeof *a->detail)) {
			a->torn = true;
			return 0;
		}
		i = (uint32_t)++a->details;
	}
	a->detail[i - 1] = (struct region_detail){0};
	return i;
}

/* The innermost region is charged; when it ends, the one around it gets what it had. */
static void charge(struct regions *a, struct region_goroutine *g, int64_t now)
{
	const struct region_node *node = g->innermost ? &a->node[g->innermost - 1] : NULL;
	if (node && node->detail)
		add_ns(&a->detail[node->detail - 1].spent.ns[g->kind], elapsed_ns(g->since_ns, now));
	g->since_ns = now;
}

/* Takes the innermost region away; its type, with what it spent counted. */
static struct region_type *pop(struct regions *a, struct region_goroutine *g)
{
	uint32_t i = g->innermost;
	struct region_node *node = &a->node[i - 1];
	struct region_type *type = &a->type[node->type];
	g->innermost = node->next;
	if (node->detail) {
		struct region_detail *d = &a->detail[node->detail - 1];
		uint32_t around = node->next ? a->node[node->next - 1].detail : 0;
		breakdown_add(&type->spent, &d->spent);
		type->broken_down++;
		if (around)
			breakdown_add(&a->detail[around - 1].spent, &d->spent);
		d->next_free = a->free_detail;
		a->free_detail = node->detail;
	}
	node->next = a->free_node;
	a->free_node = i;
	return type;
}

static bool begin(struct regions *a, const struct trace_event *e)
{
	struct region_goroutine *g = &a->slot[e->g];
	uint32_t type = type_of(a, e->name), i = a->free_node;
	if (type == TRACE_NONE)
		return false;
	charge(a, g, e->at_ns);
	g->kind = SPENT_RUNNING; /* who begins a region runs */
	if (i) {
		a->free_node = a->node[i - 1].next;
	} else {
		if (!wire_grow(&a->node, &a->node_capacity, a->nodes, sizeof *a->node))
			return false;
		i = (uint32_t)++a->nodes;
	}
	a->node[i - 1] = (struct region_node){.task = e->arg[0],
	                                      .begin_ns = e->at_ns,
	                                      .name = e->name,
	                                      .type = type,
	                                      .detail = take_detail(a),
	                                      .next = g->innermost};
	g->innermost = i;
	return true;
}

static bool end(struct regions *a, const struct trace_block *block, const struct trace_event *e)
{
	struct region_goroutine *g = &a->slot[e->g];
	uint32_t i = g->innermost;
	charge(a, g, e->at_ns);
	while (i && (a->node[i - 1].name != e->name || a->node[i - 1].task != e->arg[0]))
		i = a->node[i - 1].next;
	if (!i) {
		uint32_t type = type_of(a, e->name);
		if (type == TRACE_NONE)
			return false;
		a->type[type].began_earlier++;
		return true;
	}
	while (g->innermost != i)
		pop(a, g)->cut++;
	const struct region_node node = a->node[i - 1];
	struct region_type *type = pop(a, g);
	int64_t ns = elapsed_ns(node.begin_ns, e->at_ns);
	if (a->ended)
		a->ended(a->ended_self, &node, block->goroutine[e->g].id, ns);
	if (ns > type->slowest_ns || type->duration.count == 0) {
		type->slowest_ns = ns;
		type->slowest_begin_ns = node.begin_ns;
		type->slowest_goroutine = block->goroutine[e->g].id;
		type->slowest_task = node.task;
	}
	return distribution_add(&type->duration, ns);
}

static void transition(struct regions *a, const struct trace_event *e)
{
	struct region_goroutine *g = &a->slot[e->subject];
	if (e->from == e->to)
		return;
	charge(a, g, e->at_ns);
	if (e->to != TRACE_NOT_EXIST) {
		g->kind = spent_kind(&a->reasons, e);
		return;
	}
	while (g->innermost)
		pop(a, g)->cut++;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct regions *a = self;
	if (!SLOTS_FIT(a->slot, a->slots, block->goroutines, NULL))
		return false;
	const uint64_t ours = EV_BIT(EV_USER_REGION_BEGIN) | EV_BIT(EV_USER_REGION_END);
	if (a->nodes == 0 && !(block->present & ours)) /* no region yet */
		return true;
	for (size_t i = 0; i < block->events; i++) {
		const struct trace_event *e = &block->event[i];
		if (is_go_transition(e->type)) {
			if (a->slot[e->subject].innermost)
				transition(a, e);
			continue;
		}
		if ((e->type != EV_USER_REGION_BEGIN && e->type != EV_USER_REGION_END) ||
		    e->g == TRACE_NONE || (a->only && block->goroutine[e->g].id != a->only))
			continue;
		if (!(e->type == EV_USER_REGION_BEGIN ? begin(a, e) : end(a, block, e)))
			return false;
	}
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct regions *a = self;
	for (size_t i = 0; i < a->slots; i++) {
		if (a->slot[i].innermost)
			charge(a, &a->slot[i], time_ns);
		while (a->slot[i].innermost)
			pop(a, &a->slot[i])->open++;
	}
	slots_drop(&a->slot, &a->slots);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	(void)block;
	on_gap(self, time_ns);
}

void regions_restart(void *self, int64_t time_ns)
{
	struct regions *a = self;
	for (size_t i = 0; i < a->types; i++) {
		distribution_finish(&a->type[i].duration);
		a->type[i] = (struct region_type){.name = a->type[i].name, .others = a->type[i].others};
	}
	for (size_t i = 0; i < a->slots; i++) {
		a->slot[i].since_ns = time_ns;
		for (uint32_t k = a->slot[i].innermost; k; k = a->node[k - 1].next) {
			a->node[k - 1].begin_ns = time_ns;
			if (a->node[k - 1].detail)
				a->detail[a->node[k - 1].detail - 1] = (struct region_detail){0};
		}
	}
}

struct trace_visitor regions_visitor(struct regions *a)
{
	return (struct trace_visitor){.self = a, .events = on_events, .gap = on_gap, .end = on_end};
}
