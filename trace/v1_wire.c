#include <stdlib.h>
#include <string.h>

#include "trace/tables.h"
#include "trace/v1_state.h"

/* internal/trace/internal/tracev1/parser.go: the limits of readRawEvent and parseEvent */
enum {
	INLINE_ARGS = 3,
	MAX_ARG_BYTES = 2048,
	MAX_STACK = 1000,
	MAX_TEXT = 1000 * 1000,
	RELEASE_EVERY = 1 << 20,
};

const struct v1_spec v1_specs[V1_TYPES] = {
	[V1_BATCH] = {"Batch", 5, 0, false},
	[V1_FREQUENCY] = {"Frequency", 5, 0, false},
	[V1_STACK] = {"Stack", 5, 0, false},
	[V1_GOMAXPROCS] = {"Gomaxprocs", 5, 1, true},
	[V1_PROC_START] = {"ProcStart", 5, 1, false},
	[V1_PROC_STOP] = {"ProcStop", 5, 0, false},
	[V1_GC_START] = {"GCStart", 5, 1, true},
	[V1_GC_DONE] = {"GCDone", 5, 0, false},
	[V1_STW_START] = {"STWStart", 5, 1, false},
	[V1_STW_DONE] = {"STWDone", 5, 0, false},
	[V1_SWEEP_START] = {"GCSweepStart", 5, 0, true},
	[V1_SWEEP_DONE] = {"GCSweepDone", 5, 2, false},
	[V1_GO_CREATE] = {"GoCreate", 5, 2, true},
	[V1_GO_START] = {"GoStart", 5, 2, false},
	[V1_GO_END] = {"GoEnd", 5, 0, false},
	[V1_GO_STOP] = {"GoStop", 5, 0, true},
	[V1_GO_SCHED] = {"GoSched", 5, 0, true},
	[V1_GO_PREEMPT] = {"GoPreempt", 5, 0, true},
	[V1_GO_SLEEP] = {"GoSleep", 5, 0, true},
	[V1_GO_BLOCK] = {"GoBlock", 5, 0, true},
	[V1_GO_UNBLOCK] = {"GoUnblock", 5, 2, true},
	[V1_GO_BLOCK_SEND] = {"GoBlockSend", 5, 0, true},
	[V1_GO_BLOCK_RECV] = {"GoBlockRecv", 5, 0, true},
	[V1_GO_BLOCK_SELECT] = {"GoBlockSelect", 5, 0, true},
	[V1_GO_BLOCK_SYNC] = {"GoBlockSync", 5, 0, true},
	[V1_GO_BLOCK_COND] = {"GoBlockCond", 5, 0, true},
	[V1_GO_BLOCK_NET] = {"GoBlockNet", 5, 0, true},
	[V1_GO_SYSCALL] = {"GoSysCall", 5, 0, true},
	[V1_GO_SYS_EXIT] = {"GoSysExit", 5, 3, false},
	[V1_GO_SYS_BLOCK] = {"GoSysBlock", 5, 0, false},
	[V1_GO_WAITING] = {"GoWaiting", 5, 1, false},
	[V1_GO_IN_SYSCALL] = {"GoInSyscall", 5, 1, false},
	[V1_HEAP_ALLOC] = {"HeapAlloc", 5, 1, false},
	[V1_HEAP_GOAL] = {"HeapGoal", 5, 1, false},
	[V1_TIMER_GOROUTINE] = {"TimerGoroutine", 5, 0, false},
	[V1_FUTILE_WAKEUP] = {"FutileWakeup", 5, 0, false},
	[V1_STRING] = {"String", 7, 0, false},
	[V1_GO_START_LOCAL] = {"GoStartLocal", 7, 1, false},
	[V1_GO_UNBLOCK_LOCAL] = {"GoUnblockLocal", 7, 1, true},
	[V1_GO_SYS_EXIT_LOCAL] = {"GoSysExitLocal", 7, 2, false},
	[V1_GO_START_LABEL] = {"GoStartLabel", 8, 3, false},
	[V1_GO_BLOCK_GC] = {"GoBlockGC", 8, 0, true},
	[V1_ASSIST_START] = {"GCMarkAssistStart", 9, 0, true},
	[V1_ASSIST_DONE] = {"GCMarkAssistDone", 9, 0, false},
	[V1_USER_TASK_CREATE] = {"UserTaskCreate", 11, 3, true},
	[V1_USER_TASK_END] = {"UserTaskEnd", 11, 1, true},
	[V1_USER_REGION] = {"UserRegion", 11, 3, true},
	[V1_USER_LOG] = {"UserLog", 11, 2, true},
	[V1_CPU_SAMPLE] = {"CPUSample", 19, 3, true},
};

static uint32_t offset_of(const struct v1 *v, const struct cursor *c)
{
	return (uint32_t)(c->p - v->data);
}

/* A length and so many bytes. */
static bool skip_text(struct cursor *c, uint64_t *length)
{
	if (!cursor_varint(c, length) || *length > MAX_TEXT || *length > (uint64_t)(c->end - c->p))
		return false;
	c->p += *length;
	return true;
}

static bool read_numbers(struct cursor *c, struct v1_raw *raw, unsigned n)
{
	for (raw->n = 0; raw->n < n && c->p < c->end; raw->n++) {
		uint64_t x;
		if (!cursor_varint(c, &x))
			return false;
		if (raw->n < V1_ARGS + 2)
			raw->arg[raw->n] = x;
	}
	return raw->n == n || n == UINT32_MAX;
}

static enum v1_read read_string(const struct v1 *v, struct cursor *c, struct v1_raw *raw)
{
	uint64_t length;
	if (!cursor_varint(c, &raw->id) || raw->id == 0)
		return V1_READ_BAD;
	raw->at = offset_of(v, c);
	return skip_text(c, &length) && length > 0 ? V1_READ_STRING : V1_READ_BAD;
}

static enum v1_read read_stack(const struct v1 *v, struct cursor *c, struct v1_raw *raw)
{
	struct cursor inside = *c;
	if (!read_numbers(c, raw, UINT32_MAX) || raw->n < 2 || raw->arg[1] > MAX_STACK ||
	    raw->n != 2 + 4 * raw->arg[1])
		return V1_READ_BAD;
	cursor_varint(&inside, &raw->id);
	raw->id = (uint32_t)raw->id; /* as the reference has it */
	raw->at = offset_of(v, &inside);
	return V1_READ_STACK;
}

enum v1_read v1_read(const struct v1 *v, struct cursor *c, struct v1_raw *raw)
{
	uint8_t byte = 0;
	if (!cursor_byte(c, &byte))
		return V1_READ_END;
	raw->type = byte & 0x3f;
	unsigned n = (byte >> 6) + 1u;
	if (raw->type >= V1_TYPES || !v1_specs[raw->type].name ||
	    v1_specs[raw->type].since > v->version)
		return V1_READ_BAD;
	if (raw->type == V1_STRING)
		return read_string(v, c, raw);
	if (raw->type == V1_BATCH)
		return n == 2 && read_numbers(c, raw, 2) ? V1_READ_BATCH : V1_READ_BAD;
	struct cursor inside = *c;
	if (n <= INLINE_ARGS) {
		if (!read_numbers(c, raw, n))
			return V1_READ_BAD;
		inside.end = c->p;
	} else {
		uint64_t length;
		if (!cursor_varint(c, &length) || length > MAX_ARG_BYTES ||
		    length > (uint64_t)(c->end - c->p))
			return V1_READ_BAD;
		inside = (struct cursor){c->p, c->p + length};
		c->p += length;
	}
	if (raw->type == V1_STACK)
		return read_stack(v, &inside, raw);
	if (n > INLINE_ARGS && !read_numbers(&inside, raw, UINT32_MAX))
		return V1_READ_BAD;
	if (raw->type == V1_USER_LOG && n > INLINE_ARGS) {
		raw->at = offset_of(v, c);
		if (!skip_text(c, &raw->id))
			return V1_READ_BAD;
	}
	return V1_READ;
}

/* `argument` is 1 for events with a time. */
static void take_arguments(const struct v1_raw *raw, unsigned first, struct v1_event *e)
{
	const struct v1_spec *spec = &v1_specs[raw->type];
	for (unsigned i = 0; i < spec->args; i++)
		e->arg[i] = raw->arg[first + i];
	if (spec->stack)
		e->stack = (uint32_t)raw->arg[first + spec->args];
}

static bool has_right_number(const struct v1_raw *raw)
{
	const struct v1_spec *spec = &v1_specs[raw->type];
	return raw->n == 1u + spec->args + spec->stack;
}

bool v1_make_event(const struct v1_raw *raw, struct v1_proc *proc, struct v1_event *e)
{
	if (!has_right_number(raw))
		return false;
	*e = (struct v1_event){.type = raw->type, .p = proc->id, .g = proc->g};
	proc->ticks = e->ticks = (int64_t)((uint64_t)proc->ticks + raw->arg[0]);
	take_arguments(raw, 1, e);
	switch (raw->type) {
	case V1_GO_START:
	case V1_GO_START_LOCAL:
	case V1_GO_START_LABEL:
		e->g = proc->g = e->arg[0];
		break;
	case V1_GO_END:
	case V1_GO_STOP:
	case V1_GO_SCHED:
	case V1_GO_PREEMPT:
	case V1_GO_SLEEP:
	case V1_GO_BLOCK:
	case V1_GO_BLOCK_SEND:
	case V1_GO_BLOCK_RECV:
	case V1_GO_BLOCK_SELECT:
	case V1_GO_BLOCK_SYNC:
	case V1_GO_BLOCK_COND:
	case V1_GO_BLOCK_NET:
	case V1_GO_SYS_BLOCK:
	case V1_GO_BLOCK_GC:
		proc->g = 0;
		break;
	case V1_GO_SYS_EXIT:
	case V1_GO_WAITING:
	case V1_GO_IN_SYSCALL:
		e->g = e->arg[0];
		break;
	case V1_USER_LOG:
		e->arg[3] = WIRE_INLINE | raw->at;
		break;
	default:
		break;
	}
	return true;
}

/* --- the index ---------------------------------------------------------------------------------
 */

struct indexing {
	struct v1 *v;
	struct wire_damage *damage;
	struct v1_proc *proc; /* whose batch is being read */
	int64_t ticks;
};

static enum wire_result wrong(struct indexing *x, const uint8_t *at, const char *what)
{
	return wire_damaged(x->damage, WIRE_FRAMING, x->v->in->offset + (uint64_t)(at - x->v->data),
	                    "%s", what);
}

static enum wire_result add_batch(struct indexing *x, const struct cursor *c, const uint8_t *at,
                                  const struct v1_raw *raw)
{
	struct v1 *v = x->v;
	if (raw->arg[0] != UINT64_MAX && raw->arg[0] > INT32_MAX)
		return wrong(x, at, "a batch of a P whose number there can't be");
	uint32_t i = idmap_get(&v->proc_of, raw->arg[0]);
	if (i == IDMAP_NONE) {
		i = (uint32_t)v->procs;
		if (!wire_grow(&v->proc, &v->proc_capacity, v->procs, sizeof *v->proc) ||
		    !idmap_put(&v->proc_of, raw->arg[0], i))
			return WIRE_NO_MEMORY;
		v->proc[v->procs++] =
			(struct v1_proc){.id = (int32_t)raw->arg[0], .first = WIRE_NONE, .last = WIRE_NONE};
	}
	if (!wire_grow(&v->batch, &v->batch_capacity, v->batches, sizeof *v->batch))
		return WIRE_NO_MEMORY;
	uint32_t b = (uint32_t)v->batches++;
	v->batch[b] = (struct v1_batch){offset_of(v, c), WIRE_NONE, raw->arg[1]};
	x->proc = &v->proc[i];
	if (x->proc->last == WIRE_NONE)
		x->proc->first = b;
	else
		v->batch[x->proc->last].next = b;
	x->proc->last = b;
	x->ticks = (int64_t)raw->arg[1];
	return WIRE_GENERATION;
}

static enum wire_result add_stack(struct indexing *x, const struct v1_raw *raw)
{
	struct v1 *v = x->v;
	if (raw->id == 0 || raw->arg[1] == 0 || wire_table_get(&v->g.stacks, raw->id))
		return WIRE_GENERATION;
	struct cursor c = {v->data + raw->at, v->data + v->size};
	uint64_t frames = 0;
	cursor_varint(&c, &frames);
	for (uint64_t i = 0; i < frames; i++) {
		struct wire_frame f;
		cursor_varint(&c, &f.pc); /* all of them were read once */
		cursor_varint(&c, &f.function);
		cursor_varint(&c, &f.file);
		cursor_varint(&c, &f.line);
		if (!generation_add_frame(&v->g, &f))
			return WIRE_NO_MEMORY;
	}
	return wire_table_put(&v->g.stacks, raw->id, raw->at) ? WIRE_GENERATION : WIRE_NO_MEMORY;
}

/* Samples are written late, so they are merged apart from the P that wrote them. */
static enum wire_result add_sample(struct indexing *x, const uint8_t *at, const struct v1_raw *raw)
{
	struct v1 *v = x->v;
	if (!has_right_number(raw))
		return wrong(x, at, "a CPU sample with the wrong number of arguments");
	if (!wire_grow(&v->sample, &v->sample_capacity, v->samples, sizeof *v->sample))
		return WIRE_NO_MEMORY;
	struct v1_event *e = &v->sample[v->samples++];
	*e = (struct v1_event){.type = V1_CPU_SAMPLE};
	take_arguments(raw, 1, e);
	e->ticks = (int64_t)e->arg[0];
	e->p = (int32_t)e->arg[1];
	e->g = e->arg[2];
	return WIRE_GENERATION;
}

static enum wire_result add_event(struct indexing *x, const uint8_t *at, const struct v1_raw *raw)
{
	struct v1 *v = x->v;
	switch (raw->type) {
	case V1_CPU_SAMPLE:
		return add_sample(x, at, raw);
	case V1_FREQUENCY:
		if (raw->n != 1 || (int64_t)raw->arg[0] <= 0)
			return wrong(x, at, "a frequency that can't be");
		v->ticks_per_s = (int64_t)raw->arg[0];
		return WIRE_GENERATION;
	case V1_TIMER_GOROUTINE:
		if (raw->n != 1)
			return wrong(x, at, "a timer's goroutine with the wrong number of arguments");
		if (idmap_get(&v->timers, raw->arg[0]) == IDMAP_NONE &&
		    !idmap_put(&v->timers, raw->arg[0], 0))
			return WIRE_NO_MEMORY;
		return WIRE_GENERATION;
	default:
		break;
	}
	if (!has_right_number(raw))
		return wrong(x, at, "an event with the wrong number of arguments");
	x->ticks = (int64_t)((uint64_t)x->ticks + raw->arg[0]);
	struct v1_event e = {.type = raw->type, .ticks = x->ticks, .arg = {0, 0, raw->arg[3]}};
	if (raw->type != V1_GO_SYS_EXIT || !v1_is_restamped(&e))
		return WIRE_GENERATION;
	if (!wire_grow(&v->exit, &v->exit_capacity, v->exits, sizeof *v->exit))
		return WIRE_NO_MEMORY;
	v->exit[v->exits++] = (struct v1_exit){(int64_t)raw->arg[3], x->ticks, raw->arg[1]};
	return WIRE_GENERATION;
}

static enum wire_result index_all(struct v1 *v, struct wire_damage *damage)
{
	struct indexing x = {.v = v, .damage = damage};
	struct cursor c = {v->data, v->data + v->size};
	const uint8_t *released = c.p;
	for (;;) {
		const uint8_t *at = c.p;
		struct v1_raw raw = {0};
		enum wire_result result = WIRE_GENERATION;
		switch (v1_read(v, &c, &raw)) {
		case V1_READ_END:
			return WIRE_GENERATION;
		case V1_READ_BAD:
			result = wrong(&x, at, "an event that is damaged or cut off");
			break;
		case V1_READ_STRING:
			if (!x.proc)
				break; /* as the reference: what precedes the first batch is never read */
			if (wire_table_get(&v->g.strings, raw.id))
				result = wrong(&x, at, "two strings have one ID");
			else if (!wire_table_put(&v->g.strings, raw.id, raw.at))
				result = WIRE_NO_MEMORY;
			break;
		case V1_READ_BATCH:
			result = add_batch(&x, &c, at, &raw);
			break;
		case V1_READ_STACK:
			result = x.proc ? add_stack(&x, &raw) : wrong(&x, at, "a stack outside of batches");
			break;
		case V1_READ:
			result =
				x.proc ? add_event(&x, at, &raw) : wrong(&x, at, "an event outside of batches");
			break;
		}
		if (result == WIRE_DAMAGED)
			v->size = (size_t)(at - v->data);
		if (result != WIRE_GENERATION)
			return result;
		if (c.p - released >= RELEASE_EVERY) {
			if (input_is_stopped(v->in))
				return WIRE_NO_MEMORY; /* as a visitor ends it */
			input_release(v->in, (size_t)(released - v->data), (size_t)(c.p - v->data));
			released = c.p;
		}
	}
}

static int compare_exits(const void *a, const void *b)
{
	const struct v1_exit *x = a, *y = b;
	if (x->ticks != y->ticks)
		return x->ticks < y->ticks ? -1 : 1;
	return (x->written > y->written) - (x->written < y->written);
}

static int compare_samples(const void *a, const void *b)
{
	const struct v1_event *x = a, *y = b;
	return (x->ticks > y->ticks) - (x->ticks < y->ticks);
}

static int compare_sampled(const void *a, const void *b)
{
	const struct v1_sampled *x = a, *y = b;
	if (x->g != y->g)
		return x->g < y->g ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

/* false: no memory. */
static bool sort_samples(struct v1 *v)
{
	if (v->samples == 0)
		return true;
	v->sampled = malloc(v->samples * sizeof *v->sampled);
	if (!v->sampled)
		return false;
	qsort(v->sample, v->samples, sizeof *v->sample, compare_samples);
	for (size_t i = 0; i < v->samples; i++)
		v->sampled[i] = (struct v1_sampled){v->sample[i].g, i};
	qsort(v->sampled, v->samples, sizeof *v->sampled, compare_sampled);
	return true;
}

enum wire_result v1_open(struct v1 **v1, struct input *in, unsigned version, bool tolerant,
                         struct wire_damage *damage)
{
	memset(damage, 0, sizeof *damage);
	*v1 = NULL;
	while (!in->end)
		if (!input_need(in, in->have + 1))
			return WIRE_NO_MEMORY;
	if (input_is_stopped(in))
		return WIRE_NO_MEMORY;
	if (in->have > UINT32_MAX)
		return wire_damaged(damage, WIRE_FRAMING, in->offset,
		                    "a trace of this old format with more than 4 GiB");
	struct v1 *v = calloc(1, sizeof *v);
	if (!v)
		return WIRE_NO_MEMORY;
	*v = (struct v1){.in = in,
	                 .data = in->data,
	                 .size = in->have,
	                 .version = version,
	                 .tolerant = tolerant,
	                 .at_end = true};
	v->g = (struct generation){.number = 1,
	                           .data = in->data,
	                           .size = in->have,
	                           .offset = in->offset,
	                           .largest = in->have,
	                           .has_inline_strings = true};
	enum wire_result result = index_all(v, damage);
	if (result == WIRE_DAMAGED && tolerant)
		result = WIRE_GENERATION;
	if (result == WIRE_GENERATION && v->ticks_per_s == 0) {
		if (damage->kind == WIRE_SOUND)
			wire_damaged(
				damage, WIRE_TORN, in->offset + v->size,
				"no frequency at the end: the file was cut off, and its clock can't be read");
		result = WIRE_DAMAGED;
	}
	if (result == WIRE_GENERATION && (!v1_merge_init(v) || !sort_samples(v)))
		result = WIRE_NO_MEMORY;
	if (result != WIRE_GENERATION) {
		v1_close(v);
		return result;
	}
	if (v->exits)
		qsort(v->exit, v->exits, sizeof *v->exit, compare_exits);
	v->ns_per_tick = 1e9 / (double)v->ticks_per_s;
	v->at_end = false;
	*v1 = v;
	return WIRE_GENERATION;
}

void v1_close(struct v1 *v)
{
	if (!v)
		return;
	v->g.data = NULL;
	generation_finish(&v->g);
	free(v->batch);
	free(v->proc);
	free(v->sample);
	free(v->sampled);
	free(v->exit);
	free(v->waiting);
	free(v->look);
	free(v->ready);
	free(v->goroutine);
	free(v->free_goroutine);
	free(v->p);
	idmap_finish(&v->proc_of);
	idmap_finish(&v->timers);
	idmap_finish(&v->waiter_of);
	idmap_finish(&v->goroutine_of);
	free(v);
}
