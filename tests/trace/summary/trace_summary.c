/*
 * What the differential test compares: the trace's verdict, a digest of all its events, every task,
 * region, log and range, and the totals of the analyses, as lines of text, with the reference
 * reader's clock. tests/trace/reference prints the same from golang.org/x/exp/trace.
 * trace-summary [--tolerant] [--events] FILE
 * Of one task alone, in the same words, its regions, logs and what its only goroutine spent:
 * trace-summary --task ID FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trace/summary/events.h"
#include "tests/trace/summary/waits.h"
#include "trace/gc.h"
#include "trace/goroutines.h"
#include "trace/procs.h"
#include "trace/reader.h"
#include "trace/regions.h"
#include "trace/task_story.h"
#include "trace/tasks.h"

static void print_goroutine(void *self, const struct goroutines *a, const struct goroutine_time *g)
{
	const struct events *events = self;
	static const char *const names[] = {"undetermined", "runnable", "running", "syscall"};
	for (size_t i = 0; i < GO_WAITING; i++)
		if (g->state_ns[i])
			printf("goroutine %" PRIu64 " %s %" PRId64 "\n", g->id, names[i], g->state_ns[i]);
	for (uint32_t i = g->reasons; i; i = a->reason[i - 1].next)
		if (a->reason[i - 1].total_ns)
			printf("goroutine %" PRIu64 " waiting/%s %" PRId64 "\n", g->id,
			       names_text(events->names, a->reason[i - 1].reason), a->reason[i - 1].total_ns);
}

static void print_spent(const char *what, const char *whose, const struct breakdown *spent,
                        const struct spent_reasons *reasons, const struct names *names)
{
	for (unsigned i = 0; i < SPENT_KINDS; i++) {
		const char *fixed;
		uint32_t name = spent_name(reasons, i, &fixed);
		if (spent->ns[i])
			printf("%s %s %s %" PRId64 "\n", what, whose,
			       fixed ? events_quote(fixed, strlen(fixed)) : events_quote_name(names, name),
			       spent->ns[i]);
	}
}

static void print_task(void *self, const struct tasks *a, const struct open_user_task *t)
{
	const struct events *events = self;
	const struct task_instance *told = &t->told;
	char id[24];
	printf("task %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %s logs %" PRIu64 " regions %" PRIu64
	       " subtasks %" PRIu64 " %" PRId64 " %" PRId64 "\n",
	       events_quote_name(events->names, a->type[t->type].name), told->id, told->parent,
	       told->creator, told->open ? "open" : "ended", told->logs, told->regions, told->subtasks,
	       told->begin_ns, told->ns);
	snprintf(id, sizeof id, "%" PRIu64, told->id);
	if (t->detail)
		print_spent("task-spent", id, &a->detail[t->detail - 1].spent, &a->reasons, events->names);
}

static void print_region(void *self, const struct region_node *region, uint64_t goroutine,
                         int64_t ns)
{
	const struct events *events = self;
	printf("region %" PRIu64 " %s %" PRIu64 " %" PRId64 " %" PRId64 "\n", goroutine,
	       events_quote_name(events->names, region->name), region->task, region->begin_ns, ns);
}

static void print_types(const struct tasks *tasks, const struct regions *regions,
                        const struct names *names)
{
	for (size_t i = 0; i < tasks->types; i++) {
		const struct task_type *t = &tasks->type[i];
		printf("task-type %s ended %" PRIu64 " open %" PRIu64 " logs %" PRIu64 " regions %" PRIu64
		       " %" PRId64 " %" PRId64 "\n",
		       events_quote_name(names, t->name), t->ended, t->open, t->logs, t->regions,
		       t->duration.sum_ns, t->duration.max_ns);
	}
	for (size_t i = 0; i < regions->types; i++) {
		const struct region_type *t = &regions->type[i];
		char name[4 * TRACE_MAX_STRING + 1];
		snprintf(name, sizeof name, "%s", events_quote_name(names, t->name));
		printf("region-type %s ended %" PRIu64 " open %" PRIu64 " cut %" PRIu64 " earlier %" PRIu64
		       " %" PRId64 " %" PRId64 "\n",
		       name, t->duration.count, t->open, t->cut, t->began_earlier, t->duration.sum_ns,
		       t->duration.max_ns);
		print_spent("region-spent", name, &t->spent, &regions->reasons, names);
	}
	if (tasks->ended_only)
		printf("tasks that only ended %" PRIu64 "\n", tasks->ended_only);
	if (tasks->logs)
		printf("logs %" PRIu64 "\n", tasks->logs);
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
	const struct tasks *tasks;
	const struct regions *regions;
	const struct waits *waits;
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
	print_types(ending->tasks, ending->regions, block->names);
	waits_print(ending->waits, block->names);
}

/* --- one task -------------------------------------------------------------------------------- */

static void print_story(void *self, const struct trace_block *block, int64_t time_ns)
{
	const struct task_story *story = self;
	char id[24];
	task_story_visitor(self).end(self, block, time_ns);
	for (size_t i = 0; i < story->regions; i++) {
		const struct story_region *r = &story->region[i];
		if (r->end == STORY_ENDED)
			printf("region %" PRIu64 " %s %" PRIu64 " %" PRId64 " %" PRId64 "\n", r->goroutine,
			       events_quote_name(block->names, r->name), story->id, r->begin_ns, r->ns);
	}
	for (size_t i = 0; i < story->logs; i++) {
		const struct story_log *log = &story->log[i];
		printf("log %" PRIu64 " %" PRIu64 " %s %016" PRIx64 " %" PRId64 "\n", log->goroutine,
		       story->id, events_quote_name(block->names, log->category),
		       events_digest(EVENTS_DIGEST_START, log->text, log->length), log->at_ns);
	}
	snprintf(id, sizeof id, "%" PRIu64, story->id);
	if (story->goroutines == 1)
		print_spent("task-spent", id, &story->goroutine[0].spent, &story->reasons, block->names);
}

static int tell_story(struct input *in, uint64_t id)
{
	struct task_story *story = calloc(1, sizeof *story);
	struct trace_options options = {.strict = true, .reference_clock = true};
	struct trace_summary summary;
	struct error error = {0};
	if (!story)
		return 1;
	story->id = id;
	struct trace_visitor visitor = task_story_visitor(story);
	visitor.end = print_story;
	enum status status = trace_read(in, &options, &visitor, 1, &summary, &error);
	if (error.text[0])
		fprintf(stderr, "%s\n", error.text);
	task_story_finish(story);
	free(story);
	return (int)status;
}

int main(int argc, char **argv)
{
	uint64_t task = 0;
	bool tolerant = false, print = false;
	int arg = 1;
	for (; arg < argc && argv[arg][0] == '-'; arg++) {
		tolerant = tolerant || strcmp(argv[arg], "--tolerant") == 0;
		print = print || strcmp(argv[arg], "--events") == 0;
		if (strcmp(argv[arg], "--task") == 0 && arg + 1 < argc)
			task = strtoull(argv[++arg], NULL, 10);
	}
	if (argc != arg + 1) {
		fprintf(stderr, "usage: trace-summary [--tolerant] [--events] [--task ID] FILE\n");
		return 2;
	}
	struct error error = {0};
	struct input in;
	struct events *events = calloc(1, sizeof *events);
	if (!events || input_open(&in, argv[arg], &error) != STATUS_OK) {
		fprintf(stderr, "%s\n", error.text);
		free(events);
		return (int)error.status;
	}
	if (task) {
		int status = tell_story(&in, task);
		input_finish(&in);
		free(events);
		return status;
	}
	events->print = print;
	struct goroutines goroutines = {.finished = print_goroutine, .finished_self = events};
	struct procs procs = {0};
	struct stacks stacks = {0};
	struct tasks tasks = {.stacks = &stacks, .concluded = print_task, .concluded_self = events};
	struct regions regions = {.ended = print_region, .ended_self = events};
	struct gc gc;
	gc_init(&gc);
	struct waits waits;
	waits_init(&waits);
	struct trace_visitor wait[WAITS_VISITORS];
	waits_visitors(&waits, wait);
	struct ending ending = {&gc, &tasks, &regions, &waits};
	const struct trace_visitor visitors[] = {
		events_visitor(events),
		goroutines_visitor(&goroutines),
		procs_visitor(&procs),
		gc_visitor(&gc),
		tasks_visitor(&tasks),
		regions_visitor(&regions),
		wait[0],
		wait[1],
		wait[2],
		{.self = &ending, .events = ignore_events, .end = print_ending},
	};
	struct trace_options options = {.strict = !tolerant, .reference_clock = true};
	struct trace_summary summary;
	enum status status =
		trace_read(&in, &options, visitors, sizeof visitors / sizeof visitors[0], &summary, &error);
	bool whole = status == STATUS_OK && summary.verdict == TRACE_WHOLE;
	printf("verdict %s\n", whole ? "whole" : "damaged");
	if (tolerant)
		printf("lost %" PRIu64 " %" PRId64 "\nrepaired regions %" PRIu64 "\n", summary.lost_bytes,
		       summary.lost_ns, summary.repairs.regions);
	events_print(events);
	print_procs(&procs);
	if (error.text[0])
		fprintf(stderr, "%s\n", error.text);
	goroutines_finish(&goroutines);
	procs_finish(&procs);
	gc_finish(&gc);
	tasks_finish(&tasks);
	regions_finish(&regions);
	waits_finish(&waits);
	stacks_finish(&stacks);
	input_finish(&in);
	free(events);
	return 0;
}
