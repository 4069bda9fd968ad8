/* What changed between two sets of execution traces, for people, a pull request or programs; and
 * whether it keeps the limits that were set. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/progress.h"
#include "compare/files.h"
#include "compare/measure.h"
#include "compare/show.h"
#include "util/text.h"

struct diff {
	const struct options *o;
	struct files files[SIDES];
	struct side side[SIDES];
	struct items items;
	struct comparison comparison;
	struct gate gate[LIMITS_MAX];
	struct gate_result result[LIMITS_MAX];
	struct measure_options measure;
	struct error damage; /* the first; empty: none */
};

/* BEFORE AFTER, or BEFORE... -- AFTER... */
static enum status list_files(struct diff *d, struct error *error)
{
	const struct options *o = d->o;
	size_t split = o->separated ? o->separator : 1;
	enum status status = STATUS_OK;
	for (size_t i = 0; i < o->paths && status == STATUS_OK; i++)
		status = files_add(&d->files[i >= split], o->path[i], error);
	return status;
}

static enum status read_side(struct diff *d, int which, struct error *error)
{
	struct side *side = &d->side[which];
	struct error first = {0}; /* damage of this side */
	side_init(side, d->files[which].n);
	for (size_t i = 0; i < d->files[which].n; i++) {
		struct progress progress;
		struct error damage = {0};
		progress_init(&progress);
		d->measure.progress = (struct trace_progress){progress_report, &progress};
		enum status status = measure_read(&d->items, side, which, d->files[which].path[i],
		                                  &d->measure, &damage, error);
		progress_finish(&progress);
		if (status != STATUS_OK)
			return status;
		if (!first.text[0])
			first = damage;
	}
	if (!d->damage.text[0])
		d->damage = first;
	if (side_seconds(side) > 0)
		return STATUS_OK;
	/* What is damaged from its beginning on is told as such. */
	if (first.text[0]) {
		*error = first;
		return STATUS_DAMAGED;
	}
	char shown[256];
	text_clean(shown, sizeof shown, d->files[which].path[0], strlen(d->files[which].path[0]));
	return error_set(error, STATUS_FAILED, "%s: no events to compare%s", shown,
	                 d->o->from_ns > 0 ? " at that time" : "");
}

/* The limits come first: a wrong one must not cost reading the traces. */
static enum status parse_limits(struct diff *d, struct error *error)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < d->o->fail_on.n && status == STATUS_OK; i++)
		status = gate_parse(&d->gate[i], d->o->fail_on.text[i], error);
	return status;
}

static enum status show(struct diff *d, struct error *error)
{
	const struct shown shown = {&d->comparison, d->measure.kinds, d->gate, d->result,
	                            d->o->fail_on.n};
	if (d->o->json) {
		char *text = show_json(&shown);
		if (!text)
			return error_no_memory(error);
		puts(text);
		free(text);
	} else if (d->o->markdown) {
		show_markdown(&shown, stdout);
	} else {
		show_text(&shown, stdout, wants_ascii(d->o));
	}
	return STATUS_OK;
}

/* What could be read was shown. Damage counts first, since nobody vouches for numbers of half a
   trace; then a limit that names nothing, which is a slip that must not pass for success. */
static enum status conclude(const struct diff *d, struct error *error)
{
	static const struct {
		enum gate_verdict verdict;
		enum status status;
	} bad[] = {{GATE_NOTHING, STATUS_FAILED}, {GATE_BROKEN, STATUS_REGRESSED}};
	const struct shown shown = {&d->comparison, d->measure.kinds, d->gate, d->result,
	                            d->o->fail_on.n};
	const struct page page = {.ascii = wants_ascii(d->o)};
	if (d->damage.text[0]) {
		*error = d->damage;
		return STATUS_DAMAGED;
	}
	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
		for (size_t i = 0; i < d->o->fail_on.n; i++)
			if (d->result[i].verdict == bad[k].verdict) {
				show_gate(&shown, i, &page, error->text, sizeof error->text);
				return error->status = bad[k].status;
			}
	return STATUS_OK;
}

static enum status run(struct diff *d, struct error *error)
{
	const struct side *const side[SIDES] = {&d->side[BEFORE], &d->side[AFTER]};
	enum status status = parse_limits(d, error);
	if (status == STATUS_OK)
		status = list_files(d, error);
	for (int which = 0; which < SIDES && status == STATUS_OK; which++)
		status = read_side(d, which, error);
	if (status != STATUS_OK)
		return status;
	if (!comparison_make(&d->comparison, &d->items, side, COMPARISON_MARGIN))
		return error_no_memory(error);
	for (size_t i = 0; i < d->o->fail_on.n; i++)
		d->result[i] = gate_judge(&d->gate[i], &d->comparison);
	status = show(d, error);
	return status == STATUS_OK ? conclude(d, error) : status;
}

/* What would narrow nothing is refused: the whole must not pass for the part that was asked for. */
static enum status check_narrowing(const struct options *o, struct error *error)
{
	const unsigned tasks = 1U << ITEM_TASK;
	bool by_task = o->task || o->trace_id;
	if (by_task && o->goroutine)
		return error_set(error, STATUS_USAGE,
		                 "--goroutine can't be combined with --task or --trace-id here: tasks are "
		                 "compared whole, whoever works on them");
	if (by_task && o->items & ~tasks)
		return error_set(
			error, STATUS_USAGE,
			"--task and --trace-id choose among tasks, and can't be combined with --by "
			"region, start or site");
	if (o->goroutine && o->items & tasks)
		return error_set(error, STATUS_USAGE,
		                 "--goroutine can't be combined with --by task: tasks are compared whole, "
		                 "whoever works on them");
	return STATUS_OK;
}

/* Who asks for one thing wants to read about that one; IDs of tasks mean nothing to the rest, and a
   goroutine has no tasks. */
static unsigned kinds_of(const struct options *o)
{
	if (o->items)
		return o->items;
	if (o->task || o->trace_id)
		return 1U << ITEM_TASK;
	return o->goroutine ? ITEM_ALL & ~(1U << ITEM_TASK) : ITEM_ALL;
}

enum status command_diff(const struct options *o, struct error *error)
{
	struct diff *d = calloc(1, sizeof *d);
	long id;
	if (!d)
		return error_no_memory(error);
	d->o = o;
	d->measure = (struct measure_options){.kinds = kinds_of(o),
	                                      .from_ns = o->from_ns,
	                                      .to_ns = o->to_ns,
	                                      .goroutine = o->goroutine,
	                                      .task = {.trace_id = o->trace_id}};
	if (o->task && text_parse_integer(o->task, 1, LONG_MAX, &id))
		d->measure.task.id = (uint64_t)id;
	else
		d->measure.task.type = o->task;
	enum status status = check_narrowing(o, error);
	if (status == STATUS_OK)
		status = run(d, error);
	comparison_finish(&d->comparison);
	items_finish(&d->items);
	for (int which = 0; which < SIDES; which++)
		files_finish(&d->files[which]);
	free(d);
	return status;
}
