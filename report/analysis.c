#include "report/analysis.h"

#include <string.h>

#include "trace/window.h"

enum { OWN_MEMBERS = 11, MEMBERS = OWN_MEMBERS + 5 };

/* --- goroutines that lead ------------------------------------------------------------------ */

static void on_goroutine(void *self, const struct goroutines *goroutines,
                         const struct goroutine_time *g)
{
	struct analysis *a = self;
	(void)goroutines;
	top_add(&a->most_running, g);
	top_add(&a->most_runnable, g);
	if (a->options.finished)
		a->options.finished(a->options.finished_self, g);
}

static void on_restart(void *self)
{
	struct analysis *a = self;
	a->most_running.n = a->most_runnable.n = 0;
	if (a->options.restarted)
		a->options.restarted(a->options.finished_self);
}

/* --- the pass -------------------------------------------------------------------------------- */

static void prepare(struct analysis *a)
{
	gc_init(&a->gc);
	a->most_running.state = GO_RUNNING;
	a->most_runnable.state = GO_RUNNABLE;
	a->goroutines.finished = on_goroutine;
	a->goroutines.restarted = on_restart;
	a->goroutines.finished_self = a;
	a->goroutines.only = a->blocking.only = a->regions.only = a->samples.only =
		a->options.goroutine;
	a->blocking.stacks = a->tasks.stacks = a->samples.stacks = &a->stacks;
	a->stacks.shared = a->options.spells;
	a->mmu.only_ns = a->options.mmu_ns;
	a->tasks.filter = a->options.task;
	a->tasks.keep_rows = a->options.task_rows;
	a->states =
		(struct states){.goroutines = &a->goroutines,
	                    .blocking = &a->blocking,
	                    .mmu = &a->mmu,
	                    /* Who listens may do without. */
	                    .activity =
	                        a->options.no_activity && a->options.spells ? NULL : &a->activity,
	                    .spells = a->options.spells};
}

/* What nobody asks for costs nothing. */
static size_t choose(struct analysis *a, struct window_member member[static MEMBERS])
{
	const unsigned states = 1U << REPORT_GOROUTINES | 1U << REPORT_WAITS | 1U << REPORT_BLOCKED |
	                        1U << REPORT_UTILIZATION | 1U << REPORT_GC;
	const bool together = (a->options.kinds & states) == states && !a->options.goroutine;
	const struct {
		unsigned kinds;
		struct window_member member;
		bool in_states;
	} all[] = {
		{1U << REPORT_GOROUTINES | 1U << REPORT_WAITS,
	     {goroutines_visitor(&a->goroutines), goroutines_restart},
	     true},
		{1U << REPORT_WAITS | 1U << REPORT_BLOCKED,
	     {blocking_visitor(&a->blocking), blocking_restart},
	     true},
		{1U << REPORT_UTILIZATION, {procs_visitor(&a->procs), procs_restart}, false},
		{a->options.no_activity ? 0 : 1U << REPORT_UTILIZATION | 1U << REPORT_GC,
	     {activity_visitor(&a->activity), activity_restart},
	     true},
		{1U << REPORT_GC, {gc_visitor(&a->gc), gc_restart}, false},
		{1U << REPORT_GC, {mmu_visitor(&a->mmu), mmu_restart}, true},
		{1U << REPORT_TASKS, {tasks_visitor(&a->tasks), tasks_restart}, false},
		{1U << REPORT_TASKS, {regions_visitor(&a->regions), regions_restart}, false},
		{1U << REPORT_SAMPLES, {samples_visitor(&a->samples), samples_restart}, false},
	};
	_Static_assert(sizeof all / sizeof *all < OWN_MEMBERS, "room for every analysis");
	size_t n = 0;
	if (together)
		member[n++] = (struct window_member){states_visitor(&a->states), states_restart};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (a->options.kinds & all[i].kinds && !(together && all[i].in_states))
			member[n++] = all[i].member;
	if (a->options.spells && !together)
		member[n++] = (struct window_member){spells_visitor(a->options.spells), spells_restart};
	for (size_t i = 0; i < a->options.alsos && n < MEMBERS; i++)
		member[n++] = a->options.also[i];
	return n;
}

/* Some of it is not there, for want of memory: less than all would pass for all. */
static bool is_torn(const struct analysis *a)
{
	return a->goroutines.known.torn || a->tasks.torn || a->tasks.reasons.torn || a->regions.torn ||
	       a->regions.reasons.torn;
}

enum status analysis_read_input(struct analysis *a, struct input *in, const char *path,
                                const struct analysis_options *options, struct error *error)
{
	struct window_member member[MEMBERS];
	memset(a, 0, sizeof *a);
	a->path = path;
	a->options = *options;
	a->file_bytes = in->size;
	a->packing = in->packing;
	prepare(a);
	struct window window = {.member = member,
	                        .members = choose(a, member),
	                        .from_ns = options->from_ns,
	                        .to_ns = options->to_ns};
	const struct trace_help help = {relay_help, options->spells ? &options->spells->relay : NULL};
	/* Nobody to show it to needs no thread of its own. */
	const struct trace_options trace = {.strict = options->strict,
	                                    .one_thread = options->one_thread || window.members == 0,
	                                    .names = &a->names,
	                                    .help = options->spells ? &help : NULL,
	                                    .progress = options->progress};
	const struct trace_visitor inner = window_visitor(&window);
	const struct trace_visitor visitor =
		options->wrap ? options->wrap(options->wrap_self, &inner) : inner;
	enum status status = trace_read(in, &trace, &visitor, 1, &a->summary, error);
	window_finish(&window);
	if ((status == STATUS_OK || status == STATUS_DAMAGED) && is_torn(a))
		return trace_name_error(error, error_no_memory(error), path);
	/* What was read before the damage is there to be told. */
	if (status == STATUS_DAMAGED && a->summary.damages)
		return STATUS_OK;
	return trace_name_error(error, status, path);
}

enum status analysis_open(struct input *in, const char *path, struct error *error)
{
	enum status status = input_open(in, path, error);
	if (status != STATUS_OK)
		return trace_name_error(error, status, path);
	status = trace_check(in, false, error);
	if (status == STATUS_OK)
		return status;
	input_finish(in);
	return trace_name_error(error, status, path);
}

enum status analysis_read(struct analysis *a, const char *path,
                          const struct analysis_options *options, struct error *error)
{
	struct input in;
	memset(a, 0, sizeof *a);
	enum status status = input_open(&in, path, error);
	if (status != STATUS_OK)
		return trace_name_error(error, status, path);
	status = analysis_read_input(a, &in, path, options, error);
	input_finish(&in);
	return status;
}

enum status analysis_verdict(const struct analysis *a, struct error *error)
{
	return trace_name_error(error, trace_verdict(&a->summary, error), a->path);
}

void analysis_finish(struct analysis *a)
{
	goroutines_finish(&a->goroutines);
	blocking_finish(&a->blocking);
	procs_finish(&a->procs);
	gc_finish(&a->gc);
	mmu_finish(&a->mmu);
	tasks_finish(&a->tasks);
	regions_finish(&a->regions);
	samples_finish(&a->samples);
	stacks_finish(&a->stacks);
	names_finish(&a->names);
}
