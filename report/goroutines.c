/* Who runs: time by start function and by creator. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/json.h"
#include "report/sections.h"
#include "trace/elapsed.h"

enum { MOST_FUNCTIONS = 15, MOST_CREATORS = 5, MOST_WAITING = 5 };

static int by_name(const void *a, const void *b)
{
	uint32_t x = ((const struct goroutine_kind *)a)->function,
			 y = ((const struct goroutine_kind *)b)->function;
	return (x > y) - (x < y);
}

/* The busiest first; then those that wanted to run. */
static int by_time(const void *a, const void *b)
{
	const struct goroutine_kind *x = a, *y = b;
	static const uint8_t order[] = {GO_RUNNING, GO_RUNNABLE, GO_SYSCALL, GO_WAITING};
	for (size_t i = 0; i < sizeof order; i++)
		if (x->state_ns[order[i]] != y->state_ns[order[i]])
			return x->state_ns[order[i]] < y->state_ns[order[i]] ? 1 : -1;
	return (x->function > y->function) - (x->function < y->function);
}

static void add_group(struct goroutine_kind *to, const struct goroutine_kind *from)
{
	to->goroutines += from->goroutines;
	to->created += from->created;
	to->ended += from->ended;
	to->starts += from->starts;
	for (size_t i = 0; i < GO_STATUS_COUNT; i++)
		add_ns(&to->state_ns[i], from->state_ns[i]);
}

/* The groups with one part of their names alone, which stands in `function`. NULL: none, or no
   memory. */
static struct goroutine_kind *fold(const struct goroutines *g, bool by_creator, size_t *n)
{
	struct goroutine_kind *all = g->groups ? calloc(g->groups, sizeof *all) : NULL;
	*n = 0;
	if (!all)
		return NULL;
	memcpy(all, g->group, g->groups * sizeof *all);
	if (by_creator)
		for (size_t i = 0; i < g->groups; i++)
			all[i].function = all[i].creator;
	qsort(all, g->groups, sizeof *all, by_name);
	for (size_t i = 0; i < g->groups; i++) {
		if (*n && all[*n - 1].function == all[i].function)
			add_group(&all[*n - 1], &all[i]);
		else
			all[(*n)++] = all[i];
	}
	qsort(all, *n, sizeof *all, by_time);
	return all;
}

static void print_groups(const struct analysis *a, struct page *page, bool by_creator, size_t most)
{
	const struct page_column columns[] = {{by_creator ? "CREATED BY" : "START FUNCTION", -28},
	                                      {"GS", 6},
	                                      {"RUNNING", 8},
	                                      {"RUNNABLE", 8},
	                                      {"SYSCALL", 8},
	                                      {"BLOCKED", 8}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	static const uint8_t state[] = {GO_RUNNING, GO_RUNNABLE, GO_SYSCALL, GO_WAITING};
	char cell[COLUMNS][PAGE_CELL];
	size_t n;
	struct goroutine_kind *all = fold(&a->goroutines, by_creator, &n);
	if (!all) {
		page->torn = page->torn || a->goroutines.groups > 0;
		return;
	}
	page_header(page, columns, COLUMNS);
	for (size_t i = 0; i < n && i < most; i++) {
		page_named(page, cell[0], &a->names, all[i].function, true,
		           by_creator ? "(before the trace)" : "(unknown)");
		page_count(cell[1], all[i].goroutines);
		for (size_t k = 0; k < sizeof state; k++)
			page_duration(page, cell[2 + k], (double)all[i].state_ns[state[k]]);
		page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
	}
	if (n > most)
		page_say(page, "and %zu more; --json tells them all", n - most);
	free(all);
}

/* Those that were kept waiting. */
static void print_top(const struct analysis *a, struct page *page, const struct top *top)
{
	static const struct page_column columns[] = {{"GOROUTINE", 10},
	                                             {"RUNNING", 8},
	                                             {"RUNNABLE", 8},
	                                             {"LONGEST WAIT", 12},
	                                             {"START FUNCTION", -30}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	char cell[COLUMNS][PAGE_CELL];
	if (top->n == 0)
		return;
	fputc('\n', page->out);
	page_header(page, columns, COLUMNS);
	for (size_t i = 0; i < top->n && i < MOST_WAITING; i++) {
		const struct goroutine_time *g = &top->g[i];
		snprintf(cell[0], PAGE_CELL, "%" PRIu64, g->id);
		page_duration(page, cell[1], (double)g->state_ns[GO_RUNNING]);
		page_duration(page, cell[2], (double)g->state_ns[GO_RUNNABLE]);
		page_longest(page, cell[3], g->latency_max_ns);
		page_named(page, cell[4], &a->names, g->function, true, "(unknown)");
		page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
	}
}

void goroutines_print(const struct analysis *a, struct page *page)
{
	const struct goroutines *g = &a->goroutines;
	char seen[PAGE_CELL], created[PAGE_CELL], ended[PAGE_CELL], most[PAGE_CELL];
	page_heading(page, "Who runs");
	if (g->only) {
		page_say(page, "Goroutine %" PRIu64 " alone%s.", g->only,
		         g->groups ? "" : ": the trace doesn't name it");
		print_groups(a, page, false, MOST_FUNCTIONS);
		return;
	}
	page_count(seen, g->seen);
	page_count(created, g->created);
	page_count(ended, g->ended);
	page_count(most, g->most_alive);
	page_say(page, "Goroutines seen: %s, created: %s, ended: %s; at most %s at a time.", seen,
	         created, ended, most);
	print_groups(a, page, false, MOST_FUNCTIONS);
	print_top(a, page, &a->most_runnable);
	if (g->groups)
		fputc('\n', page->out);
	print_groups(a, page, true, MOST_CREATORS);
}

static json_t *groups_json(const struct analysis *a)
{
	const struct goroutines *g = &a->goroutines;
	json_t *all = json_array();
	for (size_t i = 0; i < g->groups; i++) {
		const struct goroutine_kind *group = &g->group[i];
		json_t *row = json_object();
		if (group->function != NAME_NONE)
			json_put(&row, "function", json_name(&a->names, group->function));
		if (group->creator != NAME_NONE)
			json_put(&row, "created_by", json_name(&a->names, group->creator));
		json_put(&row, "goroutines", json_count(group->goroutines));
		json_put(&row, "created", json_count(group->created));
		json_put(&row, "ended", json_count(group->ended));
		json_put(&row, "starts", json_count(group->starts));
		json_put(&row, "latency_max_ns", json_integer(group->latency_max_ns));
		json_put_states(&row, group->state_ns);
		json_put(&row, "waiting", json_reasons(g, group->reasons, &a->names));
		json_push(&all, row);
	}
	return all;
}

static json_t *top_json(const struct analysis *a, const struct top *top)
{
	json_t *all = json_array();
	for (size_t i = 0; i < top->n; i++) {
		const struct goroutine_time *g = &top->g[i];
		json_t *row = json_object();
		json_put(&row, "id", json_count(g->id));
		if (g->function != NAME_NONE)
			json_put(&row, "function", json_name(&a->names, g->function));
		if (g->creator != NAME_NONE)
			json_put(&row, "created_by", json_name(&a->names, g->creator));
		json_put(&row, "first_ns", json_integer(g->first_ns));
		json_put(&row, "starts", json_count(g->starts));
		json_put(&row, "latency_max_ns", json_integer(g->latency_max_ns));
		json_put_states(&row, g->state_ns);
		json_push(&all, row);
	}
	return all;
}

json_t *goroutines_json(const struct analysis *a)
{
	const struct goroutines *g = &a->goroutines;
	json_t *object = json_object();
	if (g->only) {
		json_put(&object, "only", json_count(g->only));
	} else {
		json_put(&object, "seen", json_count(g->seen));
		json_put(&object, "created", json_count(g->created));
		json_put(&object, "ended", json_count(g->ended));
		json_put(&object, "most_at_a_time", json_count(g->most_alive));
	}
	json_put_states(&object, g->state_ns);
	json_put(&object, "waiting", json_reasons(g, g->all_reasons, &a->names));
	json_put(&object, "groups", groups_json(a));
	json_put(&object, "most_running", top_json(a, &a->most_running));
	json_put(&object, "most_runnable", top_json(a, &a->most_runnable));
	return object;
}
