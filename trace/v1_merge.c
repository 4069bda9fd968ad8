/*
 * The order of format 1 (internal/trace/internal/tracev1/order.go): the next event of each P joins
 * the heap once its goroutine is in the state it needs; the earliest in the heap goes next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/tables.h"
#include "trace/v1_state.h"

/* Marks instead of goroutines and sequence numbers, with the reference's values. */
#define UNORDERED UINT64_MAX
#define COLLECTOR (UINT64_MAX - 1)
#define ANY_SEQ   UINT64_MAX
#define NEXT_SEQ  (UINT64_MAX - 1)

/* --- goroutines --------------------------------------------------------------------------------
 */

struct v1_goroutine *v1_find(struct v1 *v, uint64_t id)
{
	uint32_t i = idmap_get(&v->goroutine_of, id);
	return i == IDMAP_NONE ? NULL : &v->goroutine[i];
}

struct v1_goroutine *v1_find_or_add(struct v1 *v, uint64_t id)
{
	uint32_t i = idmap_get(&v->goroutine_of, id);
	if (i != IDMAP_NONE)
		return &v->goroutine[i];
	if (v->frees) {
		i = v->free_goroutine[--v->frees];
	} else {
		/* With room for its end, when nobody could be told that there is none. */
		if (!wire_grow(&v->goroutine, &v->goroutine_capacity, v->goroutines,
		               sizeof *v->goroutine) ||
		    !wire_grow(&v->free_goroutine, &v->free_capacity, v->goroutines,
		               sizeof *v->free_goroutine))
			return NULL;
		i = (uint32_t)v->goroutines++;
	}
	v->goroutine[i] = (struct v1_goroutine){.id = id, .slot = TRACE_NONE};
	return idmap_put(&v->goroutine_of, id, i) ? &v->goroutine[i] : NULL;
}

/* --- what an event needs and does
 * -----------------------------------------------------------------
 */

struct step {
	uint64_t g;
	uint64_t seq, next_seq;
	uint8_t state, next_state; /* enum v1_state */
};

static struct step step_of(const struct v1_event *e)
{
	switch (e->type) {
	case V1_GO_CREATE:
		return (struct step){e->arg[0], 0, 1, V1_DEAD, V1_RUNNABLE};
	case V1_GO_WAITING:
	case V1_GO_IN_SYSCALL:
		return (struct step){e->g, 1, 2, V1_RUNNABLE, V1_WAITING};
	case V1_GO_START:
	case V1_GO_START_LABEL:
		return (struct step){e->g, e->arg[1], e->arg[1] + 1, V1_RUNNABLE, V1_RUNNING};
	case V1_GO_START_LOCAL:
		return (struct step){e->g, ANY_SEQ, NEXT_SEQ, V1_RUNNABLE, V1_RUNNING};
	case V1_GO_BLOCK:
	case V1_GO_BLOCK_SEND:
	case V1_GO_BLOCK_RECV:
	case V1_GO_BLOCK_SELECT:
	case V1_GO_BLOCK_SYNC:
	case V1_GO_BLOCK_COND:
	case V1_GO_BLOCK_NET:
	case V1_GO_SLEEP:
	case V1_GO_SYS_BLOCK:
	case V1_GO_BLOCK_GC:
		return (struct step){e->g, ANY_SEQ, ANY_SEQ, V1_RUNNING, V1_WAITING};
	case V1_GO_SCHED:
	case V1_GO_PREEMPT:
		return (struct step){e->g, ANY_SEQ, ANY_SEQ, V1_RUNNING, V1_RUNNABLE};
	case V1_GO_UNBLOCK:
	case V1_GO_SYS_EXIT:
		return (struct step){e->arg[0], e->arg[1], e->arg[1] + 1, V1_WAITING, V1_RUNNABLE};
	case V1_GO_UNBLOCK_LOCAL:
	case V1_GO_SYS_EXIT_LOCAL:
		return (struct step){e->arg[0], ANY_SEQ, NEXT_SEQ, V1_WAITING, V1_RUNNABLE};
	case V1_GC_START:
		return (struct step){COLLECTOR, e->arg[0], e->arg[0] + 1, V1_DEAD, V1_DEAD};
	default:
		return (struct step){.g = UNORDERED};
	}
}

static bool is_ready(struct v1 *v, const struct step *step)
{
	if (step->g == UNORDERED)
		return true;
	const struct v1_goroutine *g = v1_find(v, step->g);
	uint64_t seq = g ? g->seq : 0;
	uint8_t state = g ? g->merged : V1_DEAD;
	return (step->seq == ANY_SEQ || step->seq == seq) && step->state == state;
}

/* --- who waits for what
 * ---------------------------------------------------------------------------
 *
 * A P whose event does not fit is not looked at again before its goroutine is in the state that it
 * waits for: in a trace made for that, or of a large machine, each event would be followed by a
 * look at every P.
 */

/* No file knows the key, so that none can have all Ps wait for one thing. */
static uint64_t hash_of(const struct v1 *v, uint64_t g, uint64_t seq, uint8_t state)
{
	const uint64_t what[] = {g, seq, state};
	return siphash(&v->key, what, sizeof what);
}

/* false: no memory. */
static bool wait_for(struct v1 *v, uint32_t proc, const struct step *step)
{
	uint64_t hash = hash_of(v, step->g, step->seq, step->state);
	uint32_t first = idmap_get(&v->waiter_of, hash);
	v->proc[proc].next = 0;
	if (first == IDMAP_NONE)
		return idmap_put(&v->waiter_of, hash, proc);
	/* Behind the first: the map goes on pointing to that one. */
	v->proc[proc].next = v->proc[first].next;
	v->proc[first].next = proc + 1;
	return true;
}

static void wake_one_list(struct v1 *v, uint64_t hash)
{
	uint32_t first = idmap_get(&v->waiter_of, hash);
	if (first == IDMAP_NONE)
		return;
	idmap_remove(&v->waiter_of, hash);
	for (uint32_t i = first + 1; i; i = v->proc[i - 1].next)
		v->look[v->looks++] = i - 1;
}

/* The goroutine is in another state: those who waited for it are looked at. */
static void wake(struct v1 *v, uint64_t g, uint64_t seq, uint8_t state)
{
	if (v->waiter_of.n == 0)
		return;
	wake_one_list(v, hash_of(v, g, ANY_SEQ, state));
	if (seq != ANY_SEQ)
		wake_one_list(v, hash_of(v, g, seq, state));
}

void v1_remove(struct v1 *v, struct v1_goroutine *g)
{
	wake(v, g->id, 0, V1_DEAD); /* its ID is nobody's any more */
	idmap_remove(&v->goroutine_of, g->id);
	v->free_goroutine[v->frees++] = (uint32_t)(g - v->goroutine);
}

/* --- the Ps --------------------------------------------------------------------------------------
 */

/* CPU samples come as if from one more P. */
static bool is_profile(const struct v1 *v, uint32_t proc)
{
	return proc == v->procs;
}

/* Its next event has to be looked at. */
static void begin_to_wait(struct v1 *v, uint32_t proc)
{
	v->proc[proc].place = (uint32_t)v->waitings;
	v->waiting[v->waitings++] = proc;
	v->look[v->looks++] = proc;
}

bool v1_merge_init(struct v1 *v)
{
	v->waiting = calloc(v->procs + 1, sizeof *v->waiting);
	v->look = calloc(v->procs + 1, sizeof *v->look);
	v->ready = calloc(v->procs + 1, sizeof *v->ready);
	if (!v->waiting || !v->look || !v->ready ||
	    !wire_grow(&v->proc, &v->proc_capacity, v->procs, sizeof *v->proc))
		return false;
	v->proc[v->procs] = (struct v1_proc){.id = -1};
	for (uint32_t i = 0; i <= v->procs; i++)
		begin_to_wait(v, i);
	v->key = siphash_make_key();
	v->last_ticks = INT64_MIN;
	return true;
}

enum fetch { FETCHED, FETCH_NONE, FETCH_BROKEN };

static bool open_batch(struct v1 *v, struct v1_proc *proc)
{
	if (proc->begin)
		input_release(v->in, (size_t)(proc->begin - v->data), (size_t)(proc->c.p - v->data));
	if (proc->first == WIRE_NONE)
		return false;
	const struct v1_batch *batch = &v->batch[proc->first];
	proc->begin = v->data + batch->offset;
	proc->c = (struct cursor){proc->begin, v->data + v->size};
	proc->ticks = (int64_t)batch->ticks;
	proc->first = batch->next;
	return true;
}

/* The P's next event into `event`. */
static enum fetch fetch(struct v1 *v, struct v1_proc *proc)
{
	if (!proc->begin && !open_batch(v, proc))
		return FETCH_NONE;
	for (;;) {
		struct v1_raw raw;
		const uint8_t *at = proc->c.p;
		switch (v1_read(v, &proc->c, &raw)) {
		case V1_READ_BAD:
			return FETCH_BROKEN;
		case V1_READ_BATCH: /* the next one begins */
		case V1_READ_END:
			proc->c.p = at;
			if (!open_batch(v, proc))
				return FETCH_NONE;
			break;
		case V1_READ:
			if (raw.type == V1_CPU_SAMPLE || raw.type == V1_FREQUENCY ||
			    raw.type == V1_TIMER_GOROUTINE)
				break;
			if (!v1_make_event(&raw, proc, &proc->event))
				return FETCH_BROKEN;
			v->done += (uint64_t)(proc->c.p - at);
			return FETCHED;
		default:
			break;
		}
	}
}

static enum fetch next_of(struct v1 *v, uint32_t i)
{
	struct v1_proc *proc = &v->proc[i];
	if (proc->has_event)
		return FETCHED;
	enum fetch result = FETCHED;
	if (!is_profile(v, i))
		result = fetch(v, proc);
	else if (v->next_sample < v->samples)
		proc->event = v->sample[v->next_sample++];
	else
		result = FETCH_NONE;
	proc->has_event = result == FETCHED;
	return result;
}

/* The reference takes a CPU sample inside a syscall for its end. */
static bool is_sampled(const struct v1 *v, uint64_t g, int64_t until)
{
	size_t next = v->next_sample - v->proc[v->procs].has_event, first = 0, end = v->samples;
	while (first < end) {
		size_t middle = first + (end - first) / 2;
		const struct v1_sampled *s = &v->sampled[middle];
		if (s->g < g || (s->g == g && s->i < next))
			first = middle + 1;
		else
			end = middle;
	}
	return first < v->samples && v->sampled[first].g == g &&
	       v->sample[v->sampled[first].i].ticks < until;
}

bool v1_syscall_blocks(const struct v1 *v, int32_t p, uint64_t g, bool as_reference)
{
	enum { FAR_ENOUGH = 64 }; /* it is the very next one unless the file was made to be odd */
	uint32_t i = idmap_get(&v->proc_of, (uint64_t)(int64_t)p);
	if (i == IDMAP_NONE)
		return false;
	struct v1_proc ahead = v->proc[i];
	struct v1 copy = *v; /* so that nothing is counted or released */
	struct input nothing = {0};
	copy.in = &nothing;
	for (int n = 0; n < FAR_ENOUGH && fetch(&copy, &ahead) == FETCHED; n++)
		if (ahead.event.g == g)
			return ahead.event.type == V1_GO_SYS_BLOCK &&
			       !(as_reference && is_sampled(v, g, ahead.event.ticks));
	return false;
}

/* --- merging -------------------------------------------------------------------------------------
 */

static void push(struct v1 *v, int64_t ticks, uint32_t proc)
{
	size_t i = v->readies++;
	for (; i > 0 && v->ready[(i - 1) / 2].ticks > ticks; i = (i - 1) / 2)
		v->ready[i] = v->ready[(i - 1) / 2];
	v->ready[i] = (struct v1_ready){ticks, proc};
}

static uint32_t pop(struct v1 *v)
{
	uint32_t proc = v->ready[0].proc;
	struct v1_ready x = v->ready[--v->readies];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < v->readies; i = child) {
		if (child + 1 < v->readies && v->ready[child + 1].ticks < v->ready[child].ticks)
			child++;
		if (v->ready[child].ticks >= x.ticks)
			break;
		v->ready[i] = v->ready[child];
	}
	v->ready[i] = x;
	return proc;
}

static enum v1_merged broken(struct order *o, const struct v1_event *e, const char *why)
{
	snprintf(o->problem, sizeof o->problem, "%s of goroutine %llu on P %d: %s",
	         v1_specs[e->type].name, (unsigned long long)e->g, e->p, why);
	return V1_MERGE_BROKEN;
}

enum look { LOOK_LEAVES, LOOK_STAYS, LOOK_BROKEN, LOOK_NO_MEMORY };

/* If the P's next event fits it joins the heap; else, if there is one, it waits for what it needs.
 */
static enum look look_at(struct v1 *v, struct order *o, uint32_t proc)
{
	switch (next_of(v, proc)) {
	case FETCH_BROKEN:
		snprintf(o->problem, sizeof o->problem, "an event that is damaged");
		return LOOK_BROKEN;
	case FETCH_NONE:
		return LOOK_LEAVES;
	case FETCHED:
		break;
	}
	struct step step = step_of(&v->proc[proc].event);
	if (!is_ready(v, &step))
		return wait_for(v, proc, &step) ? LOOK_STAYS : LOOK_NO_MEMORY;
	push(v, v->proc[proc].event.ticks, proc);
	return LOOK_LEAVES;
}

static int by_place(const void *a, const void *b, void *procs)
{
	const struct v1_proc *proc = procs;
	uint32_t x = proc[*(const uint32_t *)a].place, y = proc[*(const uint32_t *)b].place;
	return (x > y) - (x < y);
}

/* Looks at Ps as if at all that wait, in their order: then equal times come out as the reference
   has them. Where one leaves, the last of them takes its place and is looked at next. */
static enum v1_merged gather(struct v1 *v, struct order *o)
{
	size_t next = 0, looks = v->looks;
	v->looks = 0;
	if (looks > 1)
		qsort_r(v->look, looks, sizeof *v->look, by_place, v->proc);
	while (next < looks) {
		uint32_t proc = v->look[next++];
		enum look look = look_at(v, o, proc);
		if (look == LOOK_BROKEN || look == LOOK_NO_MEMORY)
			return look == LOOK_BROKEN ? V1_MERGE_BROKEN : V1_MERGE_NO_MEMORY;
		if (look == LOOK_STAYS)
			continue;
		uint32_t last = v->waiting[--v->waitings], place = v->proc[proc].place;
		if (last == proc)
			continue;
		v->waiting[place] = last;
		v->proc[last].place = place;
		if (next < looks && v->look[looks - 1] == last) {
			v->look[--next] = last;
			looks--;
		}
	}
	return V1_MERGED;
}

/* When a syscall was over is told late, but it can't have been before it blocked. */
static const char *check_exit(const struct v1_goroutine *g, const struct v1_event *e)
{
	if (e->arg[2] == 0)
		return NULL;
	if (!g || g->blocked_ticks == 0)
		return "a syscall ends that never blocked";
	return (int64_t)e->arg[2] < g->blocked_ticks ? "time stamps out of order" : NULL;
}

static enum v1_merged apply(struct v1 *v, struct order *o, struct v1_event *e)
{
	struct step step = step_of(e);
	if (!is_ready(v, &step))
		return broken(o, e, "impossible in the state that it is in");
	if (step.g != UNORDERED) {
		struct v1_goroutine *g = v1_find_or_add(v, step.g);
		if (!g)
			return V1_MERGE_NO_MEMORY;
		if (step.next_seq == NEXT_SEQ)
			g->seq++;
		else if (step.next_seq != ANY_SEQ)
			g->seq = step.next_seq;
		g->merged = step.next_state;
		wake(v, step.g, g->seq, g->merged);
	}
	switch (e->type) {
	case V1_GO_START_LOCAL:
		e->type = V1_GO_START;
		break;
	case V1_GO_UNBLOCK_LOCAL:
		e->type = V1_GO_UNBLOCK;
		break;
	case V1_GO_SYS_EXIT_LOCAL:
		e->type = V1_GO_SYS_EXIT;
		break;
	default:
		break;
	}
	if (e->ticks < v->last_ticks) {
		if (!v->tolerant)
			return broken(o, e, "time stamps out of order");
		o->repairs.times++;
		e->ticks = v->last_ticks;
	}
	v->last_ticks = e->ticks;
	struct v1_goroutine *g = v1_find(v, e->g);
	if (g && (e->type == V1_GO_SYS_BLOCK || e->type == V1_GO_IN_SYSCALL))
		g->blocked_ticks = e->ticks;
	const char *why = e->type == V1_GO_SYS_EXIT ? check_exit(g, e) : NULL;
	return why ? broken(o, e, why) : V1_MERGED;
}

enum v1_merged v1_merge(struct v1 *v, struct order *o, struct v1_event *e)
{
	enum v1_merged result = gather(v, o);
	if (result != V1_MERGED)
		return result;
	if (v->readies == 0) {
		if (v->waitings == 0)
			return V1_MERGED_ALL;
		return broken(o, &v->proc[v->waiting[0]].event,
		              "no consistent order of events is possible");
	}
	uint32_t proc = pop(v);
	*e = v->proc[proc].event;
	v->proc[proc].has_event = false;
	begin_to_wait(v, proc);
	return apply(v, o, e);
}
