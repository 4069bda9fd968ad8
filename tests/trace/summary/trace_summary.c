/*
 * What the differential test compares: the trace's verdict and totals as sorted lines of text, from
 * the analyses, with the reference reader's clock. tests/trace/reference prints the same from
 * golang.org/x/exp/trace.  trace-summary [--tolerant] FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/gc.h"
#include "trace/goroutines.h"
#include "trace/procs.h"
#include "trace/reader.h"

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
	case EV_USER_LOG:
		return "Log";
	default:
		return type >= EV_EXPERIMENTAL_FIRST ? "Experimental" : "StateTransition";
	}
}

struct kinds {
	uint64_t n[256];
	const struct names *names;
};

static bool count_events(void *self, const struct trace_block *block)
{
	struct kinds *kinds = self;
	kinds->names = block->names;
	for (size_t i = 0; i < block->events; i++)
		kinds->n[block->event[i].type]++;
	return true;
}

static void print_kinds(const struct kinds *kinds)
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t n = 0;
		bool first = kinds->n[i] > 0;
		for (unsigned j = 0; j < 256; j++) {
			bool same = kinds->n[j] && strcmp(kind_of((uint8_t)i), kind_of((uint8_t)j)) == 0;
			first = first && !(same && j < i);
			n += same ? kinds->n[j] : 0;
		}
		if (first)
			printf("kind %s %" PRIu64 "\n", kind_of((uint8_t)i), n);
	}
}

static void print_goroutine(void *self, const struct goroutines *a, const struct goroutine_time *g)
{
	const struct kinds *kinds = self;
	static const char *const names[] = {"undetermined", "runnable", "running", "syscall"};
	for (size_t i = 0; i < GO_WAITING; i++)
		if (g->state_ns[i])
			printf("goroutine %" PRIu64 " %s %" PRId64 "\n", g->id, names[i], g->state_ns[i]);
	for (uint32_t i = g->reasons; i; i = a->reason[i - 1].next)
		if (a->reason[i - 1].total_ns)
			printf("goroutine %" PRIu64 " waiting/%s %" PRId64 "\n", g->id,
			       names_text(kinds->names, a->reason[i - 1].reason), a->reason[i - 1].total_ns);
}

static void print_range(const char *what, const struct distribution *d)
{
	if (d->count)
		printf("range %s %" PRIu64 " %" PRId64 " %" PRId64 "\n", what, d->count, d->sum_ns,
		       d->max_ns);
}

static void print_gc(const struct gc *gc, const struct names *names)
{
	for (size_t i = 0; i < gc->kinds; i++) {
		char what[256];
		snprintf(what, sizeof what, "stop-the-world (%s)", names_text(names, gc->kind[i].name));
		print_range(what, &gc->kind[i].pause);
	}
	print_range("GC concurrent mark phase", &gc->mark);
	print_range("GC mark assist", &gc->assist);
	print_range("GC incremental sweep", &gc->sweep);
	if (gc->has_heap)
		printf("heap %" PRIu64 " %" PRIu64 "\n", gc->heap_max, gc->heap_last);
}

static void print_procs(const struct procs *procs)
{
	for (size_t i = 0; i < procs->slots; i++)
		if (procs->slot[i].running_ns)
			printf("proc %" PRIu64 " %" PRId64 "\n", procs->slot[i].id, procs->slot[i].running_ns);
	if (procs->gomaxprocs)
		printf("gomaxprocs %" PRIu64 "\n", procs->gomaxprocs);
}

/* Names die with the pass: what needs them is printed when the trace ends. */
struct ending {
	const struct gc *gc;
};

static bool ignore_events(void *self, const struct trace_block *block)
{
	(void)self;
	(void)block;
	return true;
}

static void print_ending(void *self, const struct trace_block *block, int64_t time_ns)
{
	const struct ending *ending = self;
	(void)time_ns;
	print_gc(ending->gc, block->names);
}

int main(int argc, char **argv)
{
	bool tolerant = argc == 3 && strcmp(argv[1], "--tolerant") == 0;
	if (argc != 2 + tolerant) {
		fprintf(stderr, "usage: trace-summary [--tolerant] FILE\n");
		return 2;
	}
	struct error error = {0};
	struct input in;
	if (input_open(&in, argv[argc - 1], &error) != STATUS_OK) {
		fprintf(stderr, "%s\n", error.text);
		return (int)error.status;
	}
	struct kinds kinds = {0};
	struct goroutines goroutines = {.finished = print_goroutine, .finished_self = &kinds};
	struct procs procs = {0};
	struct gc gc;
	gc_init(&gc);
	struct ending ending = {&gc};
	const struct trace_visitor visitors[] = {
		{.self = &kinds, .events = count_events},
		goroutines_visitor(&goroutines),
		procs_visitor(&procs),
		gc_visitor(&gc),
		{.self = &ending, .events = ignore_events, .end = print_ending},
	};
	struct trace_options options = {.strict = !tolerant, .reference_clock = true};
	struct trace_summary summary;
	enum status status =
		trace_read(&in, &options, visitors, sizeof visitors / sizeof visitors[0], &summary, &error);
	printf("verdict %s\n", status == STATUS_OK ? "whole" : "damaged");
	print_kinds(&kinds);
	print_procs(&procs);
	if (error.text[0])
		fprintf(stderr, "%s\n", error.text);
	goroutines_finish(&goroutines);
	procs_finish(&procs);
	gc_finish(&gc);
	input_finish(&in);
	return 0;
}
