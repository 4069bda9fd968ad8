/* Tasks and regions: how long they took, and what held them up. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/json.h"
#include "report/sections.h"

enum { MOST_TYPES = 8, MOST_REGIONS = 8, LINE_ROOM = PAGE_WIDTH - 4 };

static const struct page_column columns[] = {{"TYPE", -25}, {"COUNT", 7}, {"OPEN", 5}, {"MEAN", 7},
                                             {"P50", 7},    {"P99", 7},   {"MAX", 7}};
enum { COLUMNS = sizeof columns / sizeof *columns };

static void print_type(const struct analysis *a, struct page *page, uint32_t name, bool others,
                       const struct distribution *d, uint64_t open)
{
	char cell[COLUMNS][PAGE_CELL];
	if (others)
		snprintf(cell[0], PAGE_CELL, "(all further types)");
	else
		page_named(page, cell[0], &a->names, name, false, "(without a name)");
	page_count(cell[1], d->count);
	page_count(cell[2], open);
	page_mean(page, cell[3], (double)d->sum_ns, d->count);
	page_percentile(page, cell[4], d, .5);
	page_percentile(page, cell[5], d, .99);
	page_percentile(page, cell[6], d, 1);
	page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
}

static void kind_cell(const struct analysis *a, const struct page *page, char cell[PAGE_CELL],
                      const struct spent_reasons *reasons, unsigned kind)
{
	const char *fixed;
	uint32_t name = spent_name(reasons, kind, &fixed);
	if (fixed)
		snprintf(cell, PAGE_CELL, "%s", fixed);
	else
		page_named(page, cell, &a->names, name, false, "");
}

/* "running 40 %, chan receive 31 %, ...": the largest parts. */
static void print_parts(const struct analysis *a, struct page *page,
                        const struct spent_reasons *reasons, const struct breakdown *spent)
{
	char line[PAGE_CELL] = "", name[PAGE_CELL], share[PAGE_CELL], part[64];
	bool told[SPENT_KINDS] = {false};
	double whole = 0;
	size_t n = 0;
	for (unsigned i = 0; i < SPENT_KINDS; i++)
		whole += (double)spent->ns[i];
	for (;;) {
		unsigned most = SPENT_KINDS;
		for (unsigned i = 0; i < SPENT_KINDS; i++)
			if (!told[i] && (most == SPENT_KINDS || spent->ns[i] > spent->ns[most]))
				most = i;
		if (most == SPENT_KINDS || (double)spent->ns[most] < whole / 1000 || spent->ns[most] == 0)
			break;
		told[most] = true;
		kind_cell(a, page, name, reasons, most);
		page_share(share, (double)spent->ns[most], whole);
		int length = snprintf(part, sizeof part, "%s%.32s %.8s", n ? ", " : "", name, share);
		if (n + (size_t)length > LINE_ROOM)
			break;
		memcpy(line + n, part, (size_t)length + 1);
		n += (size_t)length;
	}
	if (n)
		page_say(page, "  %s", line);
}

static void print_steps(const struct analysis *a, struct page *page,
                        const struct task_instance *task)
{
	const struct task_detail *d = &task->detail;
	char at[PAGE_CELL], ns[PAGE_CELL], kind[PAGE_CELL], waker[PAGE_CELL];
	for (unsigned i = 0; i < d->steps; i++) {
		const struct task_step *s = &d->step[i];
		page_duration(page, at, (double)(s->at_ns - task->begin_ns));
		page_duration(page, ns, (double)s->ns);
		kind_cell(a, page, kind, &a->tasks.reasons, s->kind);
		page_named(page, waker, &a->names, s->waker, true, "");
		page_say(page, "  +%s %.40s %s, goroutine %" PRIu64 "%s%.60s", at, kind, ns, s->goroutine,
		         waker[0] ? ", ended by " : "", waker);
	}
	if (d->other_steps) {
		page_duration(page, ns, (double)d->other_steps_ns);
		page_say(page, "  and %" PRIu64 " shorter steps of %s together", d->other_steps, ns);
	}
}

static void print_logs(const struct analysis *a, struct page *page,
                       const struct task_instance *task)
{
	char at[PAGE_CELL], category[PAGE_CELL], text[PAGE_CELL];
	for (size_t i = 0; i < task->kept_logs; i++) {
		const struct task_log *log = &task->log[i];
		page_duration(page, at, (double)(log->at_ns - task->begin_ns));
		page_named(page, category, &a->names, log->category, false, "log");
		page_name(page, text, log->text, log->length, false, "");
		page_say(page, "  +%s %.40s: %.200s", at, category, text);
	}
	if (task->logs > task->kept_logs && task->kept_logs)
		page_say(page, "  and %" PRIu64 " more log messages", task->logs - task->kept_logs);
}

static bool is_narrowed(const struct analysis *a)
{
	const struct task_filter *f = &a->options.task;
	return f->id || f->type || f->trace_id;
}

static void print_instance(const struct analysis *a, struct page *page,
                           const struct task_instance *task)
{
	char ns[PAGE_CELL];
	page_duration(page, ns, (double)task->ns);
	page_say(page, "Task %" PRIu64 " took %s%s, begun by goroutine %" PRIu64 ":", task->id, ns,
	         task->open ? " so far" : "", task->creator);
	if (!task->has_detail)
		return;
	print_parts(a, page, &a->tasks.reasons, &task->detail.spent);
	if (is_narrowed(a)) {
		print_steps(a, page, task);
		print_logs(a, page, task);
	}
}

/* Types by the time of all their tasks. */
static const struct task_type **types_of(const struct tasks *t, size_t *n)
{
	const struct task_type **all = t->types ? calloc(t->types, sizeof(void *)) : NULL;
	*n = 0;
	for (size_t i = 0; all && i < t->types; i++) {
		const struct task_type *type = &t->type[i];
		if (type->ended + type->open == 0)
			continue;
		size_t at = (*n)++;
		for (; at > 0 && all[at - 1]->duration.sum_ns < type->duration.sum_ns; at--)
			all[at] = all[at - 1];
		all[at] = type;
	}
	return all;
}

static void print_tasks(const struct analysis *a, struct page *page)
{
	const struct tasks *t = &a->tasks;
	size_t n;
	const struct task_type **all = types_of(t, &n);
	page->torn = page->torn || (!all && t->types > 0);
	if (n)
		page_header(page, columns, COLUMNS);
	for (size_t i = 0; all && i < n && i < MOST_TYPES; i++) {
		const struct task_type *type = all[i];
		print_type(a, page, type->name, type->others, &type->duration, type->open);
		if (!is_narrowed(a))
			print_parts(a, page, &t->reasons, &type->spent);
		for (size_t k = 0; k < type->kept && (k == 0 || is_narrowed(a)); k++)
			print_instance(a, page, type->slowest[k]);
	}
	if (n > MOST_TYPES)
		page_say(page, "and %zu more types; --json tells them all", n - MOST_TYPES);
	if (n == 0 && is_narrowed(a))
		page_say(page, "No task is such.");
	free(all);
}

static const struct region_type **regions_of(const struct regions *r, size_t *n)
{
	const struct region_type **all = r->types ? calloc(r->types, sizeof(void *)) : NULL;
	*n = 0;
	for (size_t i = 0; all && i < r->types; i++) {
		const struct region_type *type = &r->type[i];
		if (type->duration.count + type->open + type->cut + type->began_earlier == 0)
			continue;
		size_t at = (*n)++;
		for (; at > 0 && all[at - 1]->duration.sum_ns < type->duration.sum_ns; at--)
			all[at] = all[at - 1];
		all[at] = type;
	}
	return all;
}

static void print_regions(const struct analysis *a, struct page *page)
{
	size_t n;
	const struct region_type **all = regions_of(&a->regions, &n);
	page->torn = page->torn || (!all && a->regions.types > 0);
	if (all && n && !is_narrowed(a)) {
		fprintf(page->out, "\n  Regions\n");
		page_header(page, columns, COLUMNS);
		for (size_t i = 0; i < n && i < MOST_REGIONS; i++) {
			print_type(a, page, all[i]->name, all[i]->others, &all[i]->duration, all[i]->open);
			print_parts(a, page, &a->regions.reasons, &all[i]->spent);
		}
		if (n > MOST_REGIONS)
			page_say(page, "and %zu more types; --json tells them all", n - MOST_REGIONS);
	}
	free(all);
}

void tasks_print(const struct analysis *a, struct page *page)
{
	const struct tasks *t = &a->tasks;
	char count[PAGE_CELL];
	if (t->types + a->regions.types + t->logs == 0 && !is_narrowed(a))
		return; /* most programs are not annotated: nothing to say */
	page_heading(page, "Tasks");
	print_tasks(a, page);
	print_regions(a, page);
	if (t->logs && !is_narrowed(a)) {
		page_count(count, t->logs);
		page_say(page, "Log messages: %s.", count);
	}
}

/* --- JSON ------------------------------------------------------------------------------------ */

static json_t *steps_json(const struct analysis *a, const struct task_detail *d)
{
	json_t *all = json_array();
	for (unsigned i = 0; i < d->steps; i++) {
		const char *fixed;
		uint32_t name = spent_name(&a->tasks.reasons, d->step[i].kind, &fixed);
		json_t *row = json_object();
		json_put(&row, "at_ns", json_integer(d->step[i].at_ns));
		json_put(&row, "ns", json_integer(d->step[i].ns));
		json_put(&row, "kind", fixed ? json_string(fixed) : json_name(&a->names, name));
		json_put(&row, "goroutine", json_count(d->step[i].goroutine));
		if (d->step[i].waker != NAME_NONE)
			json_put(&row, "ended_by", json_name(&a->names, d->step[i].waker));
		json_push(&all, row);
	}
	return all;
}

static json_t *logs_json(const struct analysis *a, const struct task_instance *task)
{
	json_t *all = json_array();
	for (size_t i = 0; i < task->kept_logs; i++) {
		json_t *row = json_object();
		json_put(&row, "at_ns", json_integer(task->log[i].at_ns));
		json_put(&row, "category", json_name(&a->names, task->log[i].category));
		json_put(&row, "text", json_text(task->log[i].text, task->log[i].length));
		json_push(&all, row);
	}
	return all;
}

static json_t *instance_json(const struct analysis *a, const struct task_instance *task)
{
	json_t *object = json_object();
	json_put(&object, "id", json_count(task->id));
	if (task->parent)
		json_put(&object, "parent", json_count(task->parent));
	json_put(&object, "goroutine", json_count(task->creator));
	json_put(&object, "begin_ns", json_integer(task->begin_ns));
	json_put(&object, "ns", json_integer(task->ns));
	json_put(&object, "open", json_boolean(task->open));
	json_put(&object, "logs", json_count(task->logs));
	json_put(&object, "regions", json_count(task->regions));
	json_put(&object, "subtasks", json_count(task->subtasks));
	if (task->has_detail) {
		json_put(&object, "spent",
		         json_breakdown(&task->detail.spent, &a->tasks.reasons, &a->names));
		json_put(&object, "critical_path", steps_json(a, &task->detail));
		json_put(&object, "shorter_steps", json_count(task->detail.other_steps));
		json_put(&object, "shorter_steps_ns", json_integer(task->detail.other_steps_ns));
	}
	if (task->kept_logs)
		json_put(&object, "log", logs_json(a, task));
	return object;
}

static json_t *types_json(const struct analysis *a)
{
	size_t n;
	const struct task_type **types = types_of(&a->tasks, &n);
	if (!types && a->tasks.types > 0)
		return NULL;
	json_t *all = json_array();
	for (size_t i = 0; types && i < n; i++) {
		const struct task_type *type = types[i];
		json_t *row = json_object(), *slowest = json_array();
		if (!type->others)
			json_put(&row, "type", json_name(&a->names, type->name));
		json_put(&row, "ended", json_count(type->ended));
		json_put(&row, "open", json_count(type->open));
		if (type->open)
			json_put(&row, "open_max_ns", json_integer(type->open_max_ns));
		json_put(&row, "duration", json_distribution(&type->duration, true));
		json_put(&row, "spent", json_breakdown(&type->spent, &a->tasks.reasons, &a->names));
		json_put(&row, "spent_tasks", json_count(type->broken_down));
		json_put(&row, "logs", json_count(type->logs));
		json_put(&row, "regions", json_count(type->regions));
		for (size_t k = 0; k < type->kept; k++)
			json_push(&slowest, instance_json(a, type->slowest[k]));
		json_put(&row, "slowest", slowest);
		json_push(&all, row);
	}
	free(types);
	return all;
}

static json_t *regions_json(const struct analysis *a)
{
	size_t n;
	const struct region_type **types = regions_of(&a->regions, &n);
	if (!types && a->regions.types > 0)
		return NULL;
	json_t *all = json_array();
	for (size_t i = 0; types && i < n; i++) {
		const struct region_type *type = types[i];
		json_t *row = json_object();
		if (!type->others)
			json_put(&row, "type", json_name(&a->names, type->name));
		json_put(&row, "duration", json_distribution(&type->duration, true));
		json_put(&row, "open", json_count(type->open));
		json_put(&row, "cut", json_count(type->cut));
		json_put(&row, "began_earlier", json_count(type->began_earlier));
		json_put(&row, "spent", json_breakdown(&type->spent, &a->regions.reasons, &a->names));
		json_put(&row, "spent_regions", json_count(type->broken_down));
		if (type->duration.count) {
			json_t *slowest = json_object();
			json_put(&slowest, "ns", json_integer(type->slowest_ns));
			json_put(&slowest, "begin_ns", json_integer(type->slowest_begin_ns));
			json_put(&slowest, "goroutine", json_count(type->slowest_goroutine));
			json_put(&slowest, "task", json_count(type->slowest_task));
			json_put(&row, "slowest", slowest);
		}
		json_push(&all, row);
	}
	free(types);
	return all;
}

json_t *tasks_json(const struct analysis *a)
{
	json_t *object = json_object();
	json_put(&object, "types", types_json(a));
	json_put(&object, "regions", regions_json(a));
	json_put(&object, "logs", json_count(a->tasks.logs));
	json_put(&object, "began_earlier", json_count(a->tasks.ended_only));
	return object;
}
