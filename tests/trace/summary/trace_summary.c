/*
 * What the differential test compares: the trace's verdict and totals as sorted lines of text, from the
 * analyses, with the reference reader's clock. tests/trace/reference prints the same from
 * golang.org/x/exp/trace.  trace-summary [--tolerant] FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/goroutines.h"
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
	const struct trace_visitor visitors[] = {
		{&kinds, count_events, NULL, NULL},
		goroutines_visitor(&goroutines),
	};
	struct trace_options options = {.strict = !tolerant, .reference_clock = true};
	struct trace_summary summary;
	enum status status = trace_read(&in, &options, visitors, sizeof visitors / sizeof visitors[0],
									&summary, &error);
	printf("verdict %s\n", status == STATUS_OK ? "whole" : "damaged");
	print_kinds(&kinds);
	if (error.text[0])
		fprintf(stderr, "%s\n", error.text);
	goroutines_finish(&goroutines);
	input_finish(&in);
	return 0;
}
