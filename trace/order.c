#include "trace/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/order_state.h"
#include "trace/tables.h"

/* --- the state's memory ------------------------------------------------------------------------
 */

uint32_t order_add_goroutine(struct order *o, uint64_t id, uint8_t status)
{
	uint32_t slot;
	if (o->frees) {
		slot = o->free_goroutine[--o->frees];
	} else {
		/* With room for its end, when nobody could be told that there is none. */
		if (o->goroutines >= UINT32_MAX / 2 ||
		    !wire_grow(&o->goroutine, &o->goroutine_capacity, o->goroutines,
		               sizeof *o->goroutine) ||
		    !wire_grow(&o->retired, &o->retired_capacity, o->goroutines, sizeof *o->retired) ||
		    !wire_grow(&o->free_goroutine, &o->free_capacity, o->goroutines,
		               sizeof *o->free_goroutine))
			return TRACE_NONE;
		slot = (uint32_t)o->goroutines++;
	}
	o->goroutine[slot] = (struct trace_goroutine){.id = id,
	                                              .seq_generation = (uint32_t)o->generation->number,
	                                              .status = status};
	if (!bundle_add_birth(o->bundle, SLOT_GOROUTINE, slot, id))
		return TRACE_NONE;
	return idmap_put(&o->goroutine_of, id, slot) ? slot : TRACE_NONE;
}

/* The slot is used again only after the visitors have seen it go. */
void order_remove_goroutine(struct order *o, uint32_t slot)
{
	struct trace_goroutine *g = &o->goroutine[slot];
	idmap_remove(&o->goroutine_of, g->id);
	g->status = TRACE_NOT_EXIST; /* a broken trace may have it run on another thread, too */
	while (g->regions)
		order_pop_node(o, &g->regions);
	while (g->stops)
		order_pop_node(o, &g->stops);
	o->retired[o->retirees++] = slot;
}

uint32_t order_add_proc(struct order *o, uint64_t id, uint8_t status)
{
	if (!wire_grow(&o->proc, &o->proc_capacity, o->procs, sizeof *o->proc))
		return TRACE_NONE;
	uint32_t slot = (uint32_t)o->procs;
	o->proc[slot] = (struct trace_proc){.id = id,
	                                    .seq_generation = (uint32_t)o->generation->number,
	                                    .status = status};
	if (!bundle_add_birth(o->bundle, SLOT_PROC, slot, id) || !idmap_put(&o->proc_of, id, slot))
		return TRACE_NONE;
	o->procs++;
	return slot;
}

uint32_t order_add_thread(struct order *o, uint64_t id)
{
	if (!wire_grow(&o->thread, &o->thread_capacity, o->threads, sizeof *o->thread))
		return TRACE_NONE;
	uint32_t slot = (uint32_t)o->threads;
	o->thread[slot] = (struct trace_thread){.id = id, .g = TRACE_NONE, .p = TRACE_NONE};
	if (!bundle_add_birth(o->bundle, SLOT_THREAD, slot, id) || !idmap_put(&o->thread_of, id, slot))
		return TRACE_NONE;
	o->threads++;
	return slot;
}

bool order_push_node(struct order *o, uint32_t *head, uint64_t key, uint32_t name)
{
	uint32_t i = o->free_node;
	if (i) {
		o->free_node = o->node[i].next;
	} else {
		if (o->nodes >= UINT32_MAX - 1 ||
		    !wire_grow(&o->node, &o->node_capacity, o->nodes, sizeof *o->node))
			return false;
		i = (uint32_t)o->nodes++;
	}
	o->node[i] = (struct open_node){key, name, *head};
	*head = i;
	return true;
}

void order_pop_node(struct order *o, uint32_t *link)
{
	uint32_t i = *link;
	*link = o->node[i].next;
	o->node[i].next = o->free_node;
	o->free_node = i;
}

uint32_t order_find_node(struct order *o, uint32_t list, uint64_t key, uint32_t name)
{
	uint32_t i = order_may_look(o) ? list : 0;
	for (; i; i = o->node[i].next, o->looks++)
		if (o->node[i].key == key && (name == NAME_ERROR || o->node[i].name == name))
			break;
	return i;
}

bool order_open_task(struct order *o, uint64_t id, uint64_t parent, uint32_t name)
{
	uint32_t slot = o->free_task - 1;
	if (o->free_task) {
		o->free_task = o->task[slot].next_free;
	} else {
		if (!wire_grow(&o->task, &o->task_capacity, o->tasks, sizeof *o->task))
			return false;
		slot = (uint32_t)o->tasks++;
	}
	o->task[slot] = (struct open_task){parent, name, 0};
	return idmap_put(&o->task_of, id, slot);
}

void order_close_task(struct order *o, uint64_t id, uint64_t *parent, uint32_t *name)
{
	uint32_t slot = idmap_get(&o->task_of, id);
	if (slot == IDMAP_NONE)
		return;
	*parent = o->task[slot].parent;
	*name = o->task[slot].name;
	o->task[slot].next_free = o->free_task;
	o->free_task = slot + 1;
	idmap_remove(&o->task_of, id);
}

/* Misuse of regions is the program's mistake, not the trace's: the reference gives up the whole
   trace for it. Tolerance ends the regions that were left open inside with the one around them. */
enum region_end order_end_region(struct order *o, uint32_t *regions, uint64_t task, uint32_t name)
{
	uint32_t i = *regions;
	if (!i) /* it began before the trace */
		return REGION_ENDS;
	if (o->node[i].key == task && o->node[i].name == name) {
		order_pop_node(o, regions);
		return REGION_ENDS;
	}
	if (!o->tolerant)
		return REGION_MISFIT;
	o->repairs.regions++;
	i = order_find_node(o, i, task, name);
	if (!i)
		return REGION_STRAY;
	while (*regions != i)
		order_pop_node(o, regions);
	order_pop_node(o, regions);
	return REGION_ENDS;
}

static void next_bundle(struct order *o)
{
	o->bundle = audience_bundle(o->audience);
	o->event = o->bundle->event;
	o->events = o->others = 0;
	o->present = 0;
}

/* Everything as before the first event, but names and time go on. */
static bool forget(struct order *o)
{
	idmap_clear(&o->goroutine_of);
	idmap_clear(&o->proc_of);
	idmap_clear(&o->thread_of);
	idmap_clear(&o->task_of);
	o->goroutines = o->procs = o->threads = o->tasks = o->frees = o->retirees = 0;
	o->free_node = o->free_task = 0;
	o->nodes = 1;
	o->initial = 0;
	o->gc_seq = 0;
	o->gc_state = GC_UNDETERMINED;
	if (!wire_grow(&o->node, &o->node_capacity, 1, sizeof *o->node))
		return false;
	return order_add_thread(o, TRACE_NO_THREAD) == 0;
}

struct order *order_create(const struct trace_visitor *visitors, size_t n,
                           const struct order_options *options)
{
	struct order *o = calloc(1, sizeof *o);
	if (!o)
		return NULL;
	o->tolerant = options->tolerant;
	o->reference_clock = options->reference_clock;
	o->since_ns = INT64_MAX;
	o->stop = options->stop;
	o->names = options->names ? options->names : &o->own_names;
	o->audience = audience_create(visitors, n, o->names, options->one_thread, options->help);
	if (o->audience)
		next_bundle(o);
	if (!o->audience || !forget(o)) {
		order_destroy(o);
		return NULL;
	}
	return o;
}

void order_destroy(struct order *o)
{
	if (!o)
		return;
	audience_destroy(o->audience);
	idmap_finish(&o->goroutine_of);
	idmap_finish(&o->proc_of);
	idmap_finish(&o->thread_of);
	idmap_finish(&o->task_of);
	names_finish(&o->own_names);
	free(o->goroutine);
	free(o->free_goroutine);
	free(o->retired);
	free(o->proc);
	free(o->thread);
	free(o->node);
	free(o->task);
	free(o->front);
	free(o->heap);
	free(o);
}

/* --- showing -----------------------------------------------------------------------------------
 */

/* Hands over what there is. */
static enum order_result hand_over(struct order *o, enum bundle_kind kind, int64_t time_ns)
{
	struct bundle *b = o->bundle;
	b->kind = kind;
	b->events = o->events;
	b->others = o->others;
	b->present = o->present;
	b->slots[SLOT_GOROUTINE] = o->goroutines;
	b->slots[SLOT_PROC] = o->procs;
	b->slots[SLOT_THREAD] = o->threads;
	b->in_generation = o->generation != NULL;
	b->gomaxprocs = o->gomaxprocs;
	b->since_ns = o->since_ns;
	b->time_ns = bound_ns(time_ns);
	bool ok = audience_show(o->audience);
	next_bundle(o);
	return ok ? ORDER_OK : ORDER_NO_MEMORY;
}

enum order_result order_flush(struct order *o)
{
	enum order_result result = ORDER_OK;
	if (o->events) {
		if (o->total == 0)
			o->first_ns = o->event[0].time_ns;
		o->total += o->events;
		result = hand_over(o, BUNDLE_EVENTS, 0);
	}
	for (; o->retirees; o->retirees--)
		o->free_goroutine[o->frees++] = o->retired[o->retirees - 1];
	if (result == ORDER_OK && o->stop && *o->stop)
		result = ORDER_STOPPED;
	return result;
}

/* What is told between events; nothing goes on until it was heard. */
static enum order_result tell(struct order *o, enum bundle_kind kind)
{
	enum order_result flushed = order_flush(o);
	if (flushed == ORDER_NO_MEMORY)
		return flushed;
	enum order_result told = hand_over(o, kind, o->last_ns);
	if (!audience_wait(o->audience) || told != ORDER_OK)
		return ORDER_NO_MEMORY;
	return flushed;
}

enum order_result order_end_generation(struct order *o)
{
	return tell(o, BUNDLE_GENERATION_END);
}

struct trace_event *order_emit_sync(struct order *o, int64_t time_ns)
{
	struct trace_event *e = order_emit(o, EV_SYNC, time_ns, 0);
	e->arg[0] = ++o->syncs;
	return e;
}

/* --- one thread's events -----------------------------------------------------------------------
 */

enum next { NEXT_EVENT, NEXT_NONE, NEXT_BROKEN };

/* The thread's next event when its batch is used up. */
static enum next next_batch(struct order *o, struct front *f)
{
	struct generation *g = o->generation;
	do {
		if (o->in && f->batch != WIRE_NONE)
			generation_note_read(g, o->in, f->batch);
		f->batch = f->next;
		if (f->batch == WIRE_NONE)
			return NEXT_NONE;
		const struct wire_batch *batch = &g->batch[f->batch];
		f->p = g->data + batch->offset;
		f->end = f->p + batch->size;
		f->next = batch->next;
		f->time_ns = generation_ns(g, batch->time);
	} while (f->p == f->end);
	if (front_peek(f))
		return NEXT_EVENT;
	order_no_event(o, f);
	return NEXT_BROKEN;
}

/* --- the heap: the reference's, so that equal times come out in its order ------------------------
 */

static inline void sift_down(struct heap_entry *heap, size_t n, size_t i)
{
	struct heap_entry x = heap[i];
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= n)
			break;
		if (child + 1 < n && heap[child + 1].time_ns < heap[child].time_ns)
			child++;
		if (heap[child].time_ns >= x.time_ns)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = x;
}

static inline size_t sift_up(struct heap_entry *heap, size_t i)
{
	struct heap_entry x = heap[i];
	for (; i > 0 && heap[(i - 1) / 2].time_ns > x.time_ns; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = x;
	return i;
}

static void heap_remove(struct order *o, size_t i)
{
	struct heap_entry *heap = o->heap;
	for (; i > 0; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[0] = heap[--o->heap_n];
	if (o->heap_n)
		sift_down(heap, o->heap_n, 0);
}

static int compare_entries(const void *a, const void *b)
{
	int64_t x = ((const struct heap_entry *)a)->time_ns,
			y = ((const struct heap_entry *)b)->time_ns;
	return (x > y) - (x < y);
}

static void heap_sort(struct order *o)
{
	struct heap_entry *heap = o->heap;
	if (o->heap_n > 64) {
		qsort(heap, o->heap_n, sizeof *heap, compare_entries);
		return;
	}
	for (size_t i = 1; i < o->heap_n; i++) {
		struct heap_entry x = heap[i];
		size_t j = i;
		for (; j > 0 && heap[j - 1].time_ns > x.time_ns; j--)
			heap[j] = heap[j - 1];
		heap[j] = x;
	}
}

/* --- merging -----------------------------------------------------------------------------------
 */

/* The time at which the head gives way: that of the earlier of its children. Equal times stay. */
static inline int64_t heap_limit(const struct order *o)
{
	int64_t limit = o->heap_n > 1 ? o->heap[1].time_ns : INT64_MAX;
	return o->heap_n > 2 && o->heap[2].time_ns < limit ? o->heap[2].time_ns : limit;
}

/* Advances the thread at heap[i] if its event fits, and puts it where its next one belongs. */
static enum run advance_at(struct order *o, size_t i, int64_t limit)
{
	struct front *f = o->heap[i].front;
	enum run run = order_run(o, f, limit);
	if (run == RUN_BATCH) {
		switch (next_batch(o, f)) {
		case NEXT_EVENT:
			break;
		case NEXT_NONE:
			heap_remove(o, i);
			return RUN_TURN;
		case NEXT_BROKEN:
			return RUN_BROKEN;
		}
	} else if (run != RUN_TURN) {
		if (i == 0) /* it may have gone some way before */
			o->heap[i].time_ns = f->time_ns;
		return run;
	}
	o->heap[i].time_ns = f->time_ns;
	if (i == 0 || sift_up(o->heap, i) == i)
		sift_down(o->heap, o->heap_n, i);
	return RUN_TURN;
}

/* The head doesn't fit yet: the others in the order of their times. */
static enum run try_others(struct order *o)
{
	heap_sort(o);
	for (size_t i = 1; i < o->heap_n; i++) {
		o->failures++;
		enum run run = advance_at(o, i, INT64_MIN);
		if (run != RUN_WAIT)
			return run;
	}
	const struct front *f = o->heap[0].front;
	snprintf(o->problem, sizeof o->problem,
	         "no thread of %zu can go on in generation %llu; the first waits with %s", o->heap_n,
	         (unsigned long long)o->generation->number, event_specs[f->type].name);
	return RUN_BROKEN;
}

static void emit_sample(struct order *o, const struct wire_sample *s)
{
	struct trace_event *e = order_emit(o, EV_CPU_SAMPLE, s->time_ns, 0);
	uint32_t m = idmap_get(&o->thread_of, s->m);
	e->g = s->g ? idmap_get(&o->goroutine_of, s->g) : TRACE_NONE;
	e->p = idmap_get(&o->proc_of, s->p);
	e->m = m ? m : TRACE_NONE;
	e->arg[0] = s->g;
	e->arg[1] = s->m;
	e->arg[2] = generation_has_stack(o->generation, s->stack) ? s->stack : 0;
}

/* Each thread's first event into the heap. */
static enum order_result gather(struct order *o)
{
	struct generation *g = o->generation;
	while (o->front_capacity < g->threads)
		if (!wire_grow(&o->front, &o->front_capacity, o->front_capacity, sizeof *o->front))
			return ORDER_NO_MEMORY;
	while (o->heap_capacity < g->threads)
		if (!wire_grow(&o->heap, &o->heap_capacity, o->heap_capacity, sizeof *o->heap))
			return ORDER_NO_MEMORY;
	o->heap_n = 0;
	for (size_t i = 0; i < g->threads; i++) {
		struct front *f = &o->front[i];
		uint32_t m = idmap_get(&o->thread_of, g->thread[i].id);
		if (m == IDMAP_NONE)
			m = order_add_thread(o, g->thread[i].id);
		if (m == TRACE_NONE)
			return ORDER_NO_MEMORY;
		*f = (struct front){.batch = WIRE_NONE,
		                    .next = g->thread[i].first,
		                    .m = m,
		                    .ns_per_tick = g->ns_per_tick};
		enum next next = next_batch(o, f);
		if (next == NEXT_BROKEN)
			return ORDER_BROKEN;
		if (next == NEXT_EVENT) {
			o->heap[o->heap_n] = (struct heap_entry){f->time_ns, f};
			sift_up(o->heap, o->heap_n++);
		}
	}
	return ORDER_OK;
}

static enum order_result merge(struct order *o)
{
	struct generation *g = o->generation;
	/* Real traces fail a few times per event at most; one made to fail must not take for ever. */
	uint64_t patience = 16 * (uint64_t)g->size + (1 << 20);
	size_t sample = 0;
	while (o->heap_n || sample < g->samples) {
		if (__builtin_expect(o->events > BLOCK_EVENTS - BLOCK_ROOM, 0)) {
			enum order_result result = order_flush(o);
			if (result != ORDER_OK)
				return result;
		}
		int64_t limit = heap_limit(o);
		if (__builtin_expect(sample < g->samples, 0)) {
			int64_t next_ns = g->sample[sample].time_ns;
			if (o->heap_n == 0 || next_ns < o->heap[0].time_ns) {
				emit_sample(o, &g->sample[sample++]);
				continue;
			}
			if (next_ns < limit)
				limit = next_ns;
		}
		enum run run = advance_at(o, 0, limit);
		if (__builtin_expect(run == RUN_WAIT, 0)) {
			o->failures += 1 + (o->heap_n > 64 ? o->heap_n : 0);
			if (o->failures > patience) {
				snprintf(o->problem, sizeof o->problem,
				         "the threads of generation %llu don't fit together",
				         (unsigned long long)g->number);
				return ORDER_BROKEN;
			}
			run = try_others(o);
		}
		if (__builtin_expect(run != RUN_TURN, 0))
			return run == RUN_NO_MEMORY ? ORDER_NO_MEMORY : ORDER_BROKEN;
	}
	return ORDER_OK;
}

void order_begin_generation(struct order *o, struct generation *g, struct input *in)
{
	o->generation = g;
	o->in = in;
	o->looks = 0;
	audience_begin_generation(o->audience, g);
}

enum order_result order_generation(struct order *o, struct generation *g, struct input *in)
{
	order_begin_generation(o, g, in);
	o->failures = 0;
	o->heap_n = 0;
	o->problem[0] = '\0';
	if (o->initial == 0)
		o->initial = g->number;
	enum order_result result = gather(o);
	if (result == ORDER_OK) {
		o->since_ns = order_emit_sync(o, generation_ns(g, g->min_ticks))->at_ns;
		result = merge(o);
	}
	enum order_result shown =
		result == ORDER_OK || result == ORDER_BROKEN ? order_end_generation(o) : ORDER_OK;
	o->generation = NULL;
	return shown != ORDER_OK ? shown : result;
}

enum order_result order_gap(struct order *o)
{
	enum order_result result = tell(o, BUNDLE_GAP);
	return result == ORDER_OK && !forget(o) ? ORDER_NO_MEMORY : result;
}

enum order_result order_end(struct order *o)
{
	order_emit_sync(o, o->last_ns);
	enum order_result result = tell(o, BUNDLE_END);
	/* Who could not keep a name went on without it. */
	return result == ORDER_OK && o->names->torn ? ORDER_NO_MEMORY : result;
}

const char *order_problem(const struct order *o)
{
	return o->problem;
}

uint64_t order_events(const struct order *o)
{
	return o->total;
}

int64_t order_first_ns(const struct order *o)
{
	return o->first_ns;
}

int64_t order_last_ns(const struct order *o)
{
	return o->last_ns;
}

const struct order_repairs *order_repairs(const struct order *o)
{
	return &o->repairs;
}
