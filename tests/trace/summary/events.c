#include "tests/trace/summary/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t events_digest(uint64_t sum, const void *data, size_t n)
{
	const unsigned char *p = data;
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * UINT64_C(1099511628211);
	return sum;
}

const char *events_quote(const char *text, size_t length)
{
	static char buffer[4][4 * TRACE_MAX_STRING + 1];
	static unsigned turn;
	char *out = buffer[turn++ % 4];
	size_t n = 0;
	for (size_t i = 0; i < length && i < TRACE_MAX_STRING; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c > ' ' && c < 0x7f && c != '\\')
			out[n++] = (char)c;
		else
			n += (size_t)sprintf(&out[n], "\\x%02x", c);
	}
	out[n] = '\0';
	return out;
}

const char *events_quote_name(const struct names *names, uint32_t number)
{
	const struct name *name = names_get(names, number);
	return events_quote(name->text ? name->text : "", name->length);
}

/* The reference's kinds, golang.org/x/exp/trace.EventKind.String, by our types. */
static const char *kind_of(uint8_t type)
{
	switch (type) {
	case EV_SYNC:
		return "Sync";
	case EV_CPU_SAMPLE:
		return "StackSample";
	case EV_PROCS_CHANGE:
	case EV_HEAP_ALLOC:
	case EV_HEAP_GOAL:
		return "Metric";
	case EV_GO_LABEL:
		return "Label";
	case EV_STW_BEGIN:
	case EV_GC_BEGIN:
	case EV_GC_SWEEP_BEGIN:
	case EV_GC_MARK_ASSIST_BEGIN:
		return "RangeBegin";
	case EV_GC_ACTIVE:
	case EV_GC_SWEEP_ACTIVE:
	case EV_GC_MARK_ASSIST_ACTIVE:
		return "RangeActive";
	case EV_STW_END:
	case EV_GC_END:
	case EV_GC_SWEEP_END:
	case EV_GC_MARK_ASSIST_END:
		return "RangeEnd";
	case EV_USER_TASK_BEGIN:
		return "TaskBegin";
	case EV_USER_TASK_END:
		return "TaskEnd";
	case EV_USER_REGION_BEGIN:
		return "RegionBegin";
	case EV_USER_REGION_END:
		return "RegionEnd";
	case EV_USER_REGION_STRAY:
		return "RegionStray"; /* the reference has given up before */
	case EV_USER_LOG:
		return "Log";
	default:
		return type >= EV_EXPERIMENTAL_FIRST ? "Experimental" : "StateTransition";
	}
}

static struct event_kind *count(struct events *a, const char *name)
{
	struct event_kind *k = a->kind;
	while (k->name && strcmp(k->name, name) != 0)
		k++;
	if (!k->name)
		*k = (struct event_kind){name, 0, EVENTS_DIGEST_START};
	k->events++;
	return k;
}

/* --- lines ----------------------------------------------------------------------------------- */

static uint64_t digest_stack(const struct trace_block *block, uint64_t id)
{
	const struct wire_frame *frame[TRACE_MAX_FRAMES];
	size_t n = generation_stack(block->generation, id, frame);
	uint64_t sum = n ? EVENTS_DIGEST_START : 0;
	for (size_t i = 0; i < n; i++) {
		const uint64_t string[] = {frame[i]->function, frame[i]->file};
		char numbers[64];
		for (size_t k = 0; k < 2; k++) {
			const char *text = "";
			size_t length = 0;
			generation_string(block->generation, string[k], &text, &length);
			sum = events_digest(events_digest(sum, text, length), "\n", 1);
		}
		int length = snprintf(numbers, sizeof numbers, "%" PRIx64 " %" PRIu64 "\n", frame[i]->pc,
		                      frame[i]->line);
		sum = events_digest(sum, numbers, (size_t)length);
	}
	return sum;
}

static uint64_t stack_of(struct events *a, const struct trace_block *block, uint64_t id)
{
	if (id == 0 || !block->generation)
		return 0;
	struct stack_digest *known = &a->stack[id % STACKS_KNOWN];
	if (known->generation != block->generation->number || known->id != id)
		*known = (struct stack_digest){block->generation->number, id, digest_stack(block, id)};
	return known->digest;
}

static const char *go_state(uint8_t state)
{
	static const char *const names[] = {"Undetermined", "Runnable", "Running",
	                                    "Syscall",      "Waiting",  "NotExist"};
	return names[state];
}

/* A P in a syscall is one that runs, as long as nobody took it away. */
static const char *proc_state(uint8_t state)
{
	static const char *const names[] = {"Undetermined", "Running", "Idle",
	                                    "Running",      "Idle",    "NotExist"};
	return names[state];
}

static const char *range_name(const struct trace_block *block, const struct trace_event *e)
{
	static char name[4 * TRACE_MAX_STRING + 32];
	switch (e->type) {
	case EV_STW_BEGIN:
	case EV_STW_END:
		snprintf(name, sizeof name, "stop-the-world (%s)",
		         events_quote_name(block->names, e->name));
		return name;
	case EV_GC_BEGIN:
	case EV_GC_ACTIVE:
	case EV_GC_END:
		return "GC concurrent mark phase";
	case EV_GC_SWEEP_BEGIN:
	case EV_GC_SWEEP_ACTIVE:
	case EV_GC_SWEEP_END:
		return "GC incremental sweep";
	case EV_GC_MARK_ASSIST_BEGIN:
	case EV_GC_MARK_ASSIST_ACTIVE:
	case EV_GC_MARK_ASSIST_END:
		return "GC mark assist";
	default:
		return NULL;
	}
}

/* What the range belongs to: a goroutine, a P or nothing. */
static uint64_t range_scope(const struct trace_block *block, const struct trace_event *e)
{
	switch (e->type) {
	case EV_GC_BEGIN:
	case EV_GC_ACTIVE:
	case EV_GC_END:
		return 0;
	case EV_GC_SWEEP_BEGIN:
	case EV_GC_SWEEP_ACTIVE:
	case EV_GC_SWEEP_END:
		return block->proc[e->subject].id;
	default:
		return block->goroutine[e->subject].id;
	}
}

static uint64_t digest_log(const struct trace_block *block, const struct trace_event *e)
{
	const char *text = "";
	size_t length = 0;
	if (block->generation)
		generation_string(block->generation, e->arg[1], &text, &length);
	return events_digest(EVENTS_DIGEST_START, text, length);
}

static void describe(FILE *out, struct events *a, const struct trace_block *block,
                     const struct trace_event *e)
{
	const char *range = range_name(block, e);
	if (range) {
		fprintf(out, "%s %" PRIu64, range, range_scope(block, e));
		if (e->type == EV_GC_SWEEP_END)
			fprintf(out, " %" PRIu64 " %" PRIu64, e->arg[0], e->arg[1]);
		return;
	}
	switch (e->type) {
	case EV_SYNC:
		fprintf(out, "%" PRIu64, e->arg[0]);
		break;
	case EV_PROCS_CHANGE:
		fprintf(out, "/sched/gomaxprocs:threads %" PRIu64, e->arg[0]);
		break;
	case EV_HEAP_ALLOC:
		fprintf(out, "/memory/classes/heap/objects:bytes %" PRIu64, e->arg[0]);
		break;
	case EV_HEAP_GOAL:
		fprintf(out, "/gc/heap/goal:bytes %" PRIu64, e->arg[0]);
		break;
	case EV_GO_LABEL:
		fputs(events_quote_name(block->names, e->name), out);
		break;
	case EV_USER_TASK_BEGIN:
	case EV_USER_TASK_END:
		fprintf(out, "%" PRIu64 " %" PRIu64 " %s", e->arg[0], e->arg[1],
		        events_quote_name(block->names, e->name));
		break;
	case EV_USER_REGION_BEGIN:
	case EV_USER_REGION_END:
	case EV_USER_REGION_STRAY:
		fprintf(out, "%" PRIu64 " %s", e->arg[0], events_quote_name(block->names, e->name));
		break;
	case EV_USER_LOG:
		fprintf(out, "%" PRIu64 " %s %016" PRIx64, e->arg[0],
		        events_quote_name(block->names, e->name), digest_log(block, e));
		break;
	case EV_CPU_SAMPLE:
		break;
	case EV_PROC_START:
	case EV_PROC_STOP:
	case EV_PROC_STEAL:
	case EV_PROC_STATUS:
		fprintf(out, "proc %" PRIu64 " %s %s", block->proc[e->subject].id, proc_state(e->from),
		        proc_state(e->to));
		break;
	default:
		if (e->type >= EV_EXPERIMENTAL_FIRST)
			break;
		fprintf(out, "goroutine %" PRIu64 " %s %s %s", block->goroutine[e->subject].id,
		        go_state(e->from), go_state(e->to),
		        e->to == GO_WAITING || e->to == GO_RUNNABLE
		            ? events_quote_name(block->names, e->name)
		            : "");
		if (e->type == EV_GO_CREATE || e->type == EV_GO_CREATE_BLOCKED)
			fprintf(out, " starts %016" PRIx64, stack_of(a, block, e->arg[0]));
		break;
	}
}

static int64_t slot_id(const struct trace_slot *slots, uint32_t slot)
{
	return slot == TRACE_NONE ? -1 : (int64_t)slots[slot].id;
}

static void note_line(struct events *a, const struct trace_block *block,
                      const struct trace_event *e)
{
	static char line[8 * TRACE_MAX_STRING];
	struct event_kind *kind = count(a, kind_of(e->type));
	bool sample = e->type == EV_CPU_SAMPLE; /* of goroutine 0: of none */
	FILE *out = fmemopen(line, sizeof line, "w");
	if (!out)
		abort();
	fprintf(out, "%" PRId64 " %s g%" PRId64 " p%" PRId64 " m%" PRId64 " ", e->time_ns, kind->name,
	        sample ? (e->arg[0] ? (int64_t)e->arg[0] : -1) : slot_id(block->goroutine, e->g),
	        slot_id(block->proc, e->p), sample ? (int64_t)e->arg[1] : slot_id(block->thread, e->m));
	describe(out, a, block, e);
	fprintf(out, " %016" PRIx64 "\n", stack_of(a, block, e->arg[2]));
	size_t length = (size_t)ftell(out);
	fclose(out);
	kind->digest = events_digest(kind->digest, line, length);
	if (a->print)
		printf("event %.*s", (int)length, line);
}

/* --- ranges and logs ------------------------------------------------------------------------- */

static struct open_range *range_of(struct events *a, const char *name, uint64_t scope)
{
	struct open_range *free_one = NULL;
	for (size_t i = 0; i < RANGES_OPEN; i++) {
		struct open_range *r = &a->range[i];
		if (r->open && r->scope == scope && strncmp(r->name, name, sizeof r->name - 1) == 0)
			return r;
		if (!r->open && !free_one)
			free_one = r;
	}
	if (!free_one)
		abort(); /* no trace of ours has so many */
	free_one->scope = scope;
	snprintf(free_one->name, sizeof free_one->name, "%s", name);
	return free_one;
}

static void note_range(struct events *a, const struct trace_block *block, const char *name,
                       const struct trace_event *e)
{
	uint64_t scope = range_scope(block, e);
	struct open_range *r = range_of(a, name, scope);
	const char *kind = kind_of(e->type);
	if (strcmp(kind, "RangeEnd") == 0) {
		if (r->open)
			printf("span %s %" PRIu64 " %" PRId64 " %" PRId64 "\n", name, scope, r->since_ns,
			       e->time_ns - r->since_ns);
		r->open = false;
	} else if (!r->open || strcmp(kind, "RangeBegin") == 0) {
		r->open = true;
		r->since_ns = strcmp(kind, "RangeBegin") == 0 ? e->time_ns : trace_since(block, e);
	}
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct events *a = self;
	a->names = block->names;
	for (size_t i = 0; i < block->events; i++) {
		const struct trace_event *e = &block->event[i];
		const char *range = range_name(block, e);
		if (range)
			note_range(a, block, range, e);
		if (e->type == EV_USER_LOG)
			printf("log %" PRId64 " %" PRIu64 " %s %016" PRIx64 " %" PRId64 "\n",
			       slot_id(block->goroutine, e->g), e->arg[0],
			       events_quote_name(block->names, e->name), digest_log(block, e), e->time_ns);
		note_line(a, block, e);
	}
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct events *a = self;
	(void)time_ns;
	for (size_t i = 0; i < RANGES_OPEN; i++)
		a->range[i].open = false;
}

struct trace_visitor events_visitor(struct events *events)
{
	return (struct trace_visitor){.self = events, .events = on_events, .gap = on_gap};
}

void events_print(const struct events *a)
{
	for (const struct event_kind *k = a->kind; k->name; k++)
		printf("kind %s %" PRIu64 "\ndigest %s %016" PRIx64 "\n", k->name, k->events, k->name,
		       k->digest);
}
