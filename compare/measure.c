#include "compare/measure.h"

#include <stdio.h>
#include <string.h>

#include "compare/pass.h"
#include "trace/regions.h"
#include "trace/window.h"
#include "util/text.h"

enum { MEMBERS = 4 };

/* --- what visitors tell ---------------------------------------------------------------------- */

void pass_check(struct pass *pass, bool ok)
{
	pass->no_memory = pass->no_memory || !ok;
}

uint32_t pass_item(struct pass *pass, enum item_kind kind, uint32_t name)
{
	uint64_t key = (uint64_t)kind << 32 | name;
	uint32_t item = idmap_get(&pass->item_of, key);
	if (item != IDMAP_NONE)
		return item;
	const struct name *text = names_get(pass->names, name);
	item = items_find(pass->items, kind, text->text, text->length);
	pass_check(pass, item != ITEM_ERROR && idmap_put(&pass->item_of, key, item));
	return item;
}

/* The slice of this time. */
static size_t slice_of(struct pass *pass, int64_t time_ns)
{
	size_t slice;
	while ((slice = side_slice(pass->side, time_ns)) == SIZE_MAX) {
		size_t first = pass->side->run[pass->side->runs].first;
		for (size_t i = 0; i < pass->items->items; i++)
			series_fold(&pass->items->item[i].series[pass->which], first);
		side_fold(pass->side);
	}
	return slice;
}

static bool counts(const struct pass *pass, uint32_t item)
{
	return item < ITEM_NONE && !pass->waits;
}

void pass_count(struct pass *pass, uint32_t item, int64_t at_ns)
{
	if (!counts(pass, item))
		return;
	size_t slice = slice_of(pass, at_ns);
	pass_check(pass, series_count(&pass->items->item[item].series[pass->which], slice));
}

void pass_spend(struct pass *pass, uint32_t item, int64_t at_ns, int64_t ns)
{
	if (!counts(pass, item))
		return;
	size_t slice = slice_of(pass, at_ns);
	pass_check(pass, series_spend(&pass->items->item[item].series[pass->which], slice, ns));
}

void pass_instance(struct pass *pass, uint32_t item, int64_t at_ns, int64_t ns)
{
	if (!counts(pass, item))
		return;
	size_t slice = slice_of(pass, at_ns);
	pass_check(pass, items_instance(pass->items, item, pass->which, slice, ns));
}

void pass_add(struct pass *pass, uint32_t item, int64_t end_ns, int64_t ns)
{
	pass_count(pass, item, end_ns);
	pass_spend(pass, item, end_ns, ns);
	pass_instance(pass, item, end_ns, ns);
}

static void on_region(void *self, const struct region_node *region, uint64_t goroutine, int64_t ns)
{
	struct pass *pass = self;
	(void)goroutine;
	if (!pass->waits && !pass_is_cut(pass, region->begin_ns))
		pass_add(pass, pass_item(pass, ITEM_REGION, region->name), region->begin_ns + ns, ns);
}

static void on_task(void *self, const struct tasks *tasks, const struct open_user_task *task)
{
	struct pass *pass = self;
	const struct task_instance *told = &task->told;
	if (pass->waits || told->open || pass_is_cut(pass, told->begin_ns))
		return;
	/* Whose name is another one's is of no type that both sides share. */
	if (tasks->type[task->type].others)
		pass->items->left_out[ITEM_TASK] = true;
	else if (tasks_is_wanted(tasks, task))
		pass_add(pass, pass_item(pass, ITEM_TASK, tasks->type[task->type].name),
		         told->begin_ns + told->ns, told->ns);
}

/* --- time --------------------------------------------------------------------------------------
 * The first of the visitors, so that the others find the time right. */

static bool clock_on_events(void *self, const struct trace_block *block)
{
	struct pass *pass = self;
	pass->names = block->names;
	if (block->events)
		side_resume(pass->side, block->event[0].time_ns);
	return !pass->no_memory;
}

static void clock_on_gap(void *self, int64_t time_ns)
{
	struct pass *pass = self;
	side_lose(pass->side, time_ns);
}

static void clock_on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct pass *pass = self;
	(void)block;
	pass->end_ns = time_ns;
}

static void clock_restart(void *self, int64_t time_ns)
{
	struct pass *pass = self;
	pass->waits = false;
	pass->restart_ns = time_ns;
	side_restart(pass->side, time_ns);
}

/* --- the pass ----------------------------------------------------------------------------------
 */

/* Names of files are data, too: nothing in them may reach a terminal unchecked. */
static enum status tell(struct error *error, enum status status, const char *path, const char *text)
{
	char shown[256], sentence[sizeof error->text];
	text_clean(shown, sizeof shown, path, strlen(path));
	text_clean(sentence, sizeof sentence, text, strlen(text));
	return error_set(error, status, "%s: %s", strcmp(path, "-") == 0 ? "standard input" : shown,
	                 sentence);
}

static enum status read_input(struct pass *pass, struct input *in, struct trace_summary *summary,
                              const struct measure_options *options, struct error *error)
{
	struct tasks tasks = {.filter = options->task, .concluded = on_task, .concluded_self = pass};
	struct regions regions = {.only = options->goroutine, .ended = on_region, .ended_self = pass};
	struct executions executions = {.pass = pass,
	                                .only = options->goroutine,
	                                .kinds = options->kinds};
	const struct trace_visitor clock = {.self = pass,
	                                    .events = clock_on_events,
	                                    .gap = clock_on_gap,
	                                    .end = clock_on_end};
	const struct {
		unsigned kinds;
		struct window_member member;
	} all[MEMBERS] = {
		{ITEM_ALL, {clock, clock_restart}},
		{1U << ITEM_REGION, {regions_visitor(&regions), regions_restart}},
		{1U << ITEM_TASK, {tasks_visitor(&tasks), tasks_restart}},
		{1U << ITEM_START | 1U << ITEM_SITE, {executions_visitor(&executions), executions_restart}},
	};
	struct window_member member[MEMBERS];
	struct window window = {.member = member, .from_ns = options->from_ns, .to_ns = options->to_ns};
	const struct trace_options trace = {.one_thread = options->one_thread,
	                                    .progress = options->progress};
	const struct trace_visitor visitor = window_visitor(&window);
	tasks.stacks = &executions.stacks;
	for (size_t i = 0; i < MEMBERS; i++)
		if (options->kinds & all[i].kinds)
			member[window.members++] = all[i].member;
	enum status status = trace_read(in, &trace, &visitor, 1, summary, error);
	window_finish(&window);
	executions_finish(&executions);
	regions_finish(&regions);
	tasks_finish(&tasks);
	return status;
}

static enum status conclude(struct pass *pass, const struct trace_summary *summary,
                            struct error *damage)
{
	struct run *run = &pass->side->run[pass->side->runs];
	slice_of(pass, pass->end_ns); /* what ended at the end had one */
	if (side_end(pass->side, pass->end_ns))
		for (size_t i = 0; i < pass->items->items; i++)
			series_join(&pass->items->item[i].series[pass->which], pass->side->slices);
	run->version = summary->version;
	run->events = summary->events;
	run->sampled = summary->sampled_hz > 0;
	run->damaged = summary->verdict == TRACE_DAMAGED;
	if (run->damaged) {
		char text[sizeof damage->text];
		snprintf(text, sizeof text, "damaged at byte %llu: %s",
		         (unsigned long long)summary->damage[0].offset, summary->damage[0].text);
		tell(damage, STATUS_DAMAGED, run->path, text);
	}
	return STATUS_OK;
}

enum status measure_read_input(struct items *items, struct side *side, int which, const char *path,
                               struct input *in, const struct measure_options *options,
                               struct error *damage, struct error *error)
{
	struct pass pass = {.items = items,
	                    .side = side,
	                    .which = which,
	                    .waits = options->from_ns > 0,
	                    .restart_ns = INT64_MIN};
	struct trace_summary summary = {0};
	struct error why = {0};
	side_begin(side, path);
	enum status status = read_input(&pass, in, &summary, options, &why);
	idmap_finish(&pass.item_of);
	if (pass.no_memory)
		return error_no_memory(error);
	/* What was read before the damage counts. */
	if (status != STATUS_OK && !(status == STATUS_DAMAGED && summary.damages))
		return tell(error, status, path, why.text);
	return conclude(&pass, &summary, damage);
}

enum status measure_read(struct items *items, struct side *side, int which, const char *path,
                         const struct measure_options *options, struct error *damage,
                         struct error *error)
{
	struct input in;
	struct error why = {0};
	enum status status = input_open(&in, path, &why);
	if (status != STATUS_OK) {
		/* The sentence names the file already. */
		text_clean(error->text, sizeof error->text, why.text, strlen(why.text));
		return error->status = status;
	}
	status = measure_read_input(items, side, which, path, &in, options, damage, error);
	input_finish(&in);
	return status;
}
