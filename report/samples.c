/* CPU samples, where the program's profiler ran along. */
#include <stdlib.h>

#include "report/json.h"
#include "report/sections.h"

enum { MOST_FUNCTIONS = 12 };

void samples_print(const struct analysis *a, struct page *page)
{
	static const struct page_column columns[] = {
		{"SAMPLES", 8}, {"SHARE", 7}, {"WITH CALLED", 11}, {"SHARE", 7}, {"FUNCTION", -36}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	const struct samples *s = &a->samples;
	char cell[COLUMNS][PAGE_CELL], total[PAGE_CELL], none[PAGE_CELL];
	size_t n;
	if (s->total == 0) /* most traces have none: nothing to say */
		return;
	page_heading(page, "CPU samples");
	page_count(total, s->total);
	page_count(none, s->no_goroutine);
	page_say(page, "%s samples, %s of them on threads without a goroutine.", total, none);
	struct sample_function *all = samples_functions(s, &n);
	if (n)
		page_header(page, columns, COLUMNS);
	for (size_t i = 0; i < n && i < MOST_FUNCTIONS; i++) {
		page_count(cell[0], all[i].flat);
		page_share(cell[1], (double)all[i].flat, (double)s->total);
		page_count(cell[2], all[i].cumulative);
		page_share(cell[3], (double)all[i].cumulative, (double)s->total);
		page_named(page, cell[4], &a->names, all[i].function, true, "(unknown)");
		page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
	}
	if (n > MOST_FUNCTIONS)
		page_say(page, "and %zu more; --json tells them all", n - MOST_FUNCTIONS);
	free(all);
}

static json_t *stacks_json(const struct analysis *a)
{
	json_t *all = json_array();
	for (uint32_t i = 0; i < a->samples.limit; i++) {
		if (a->samples.count[i] == 0)
			continue;
		json_t *row = json_object();
		json_put(&row, "samples", json_count(a->samples.count[i]));
		json_put(&row, "stack", json_stack(&a->stacks, i, &a->names));
		json_push(&all, row);
	}
	return all;
}

json_t *samples_json(const struct analysis *a)
{
	json_t *object = json_object(), *functions = json_array();
	size_t n;
	struct sample_function *all = samples_functions(&a->samples, &n);
	for (size_t i = 0; i < n; i++) {
		json_t *row = json_object();
		json_put(&row, "function", json_name(&a->names, all[i].function));
		json_put(&row, "flat", json_count(all[i].flat));
		json_put(&row, "cumulative", json_count(all[i].cumulative));
		json_push(&functions, row);
	}
	free(all);
	json_put(&object, "total", json_count(a->samples.total));
	json_put(&object, "without_goroutine", json_count(a->samples.no_goroutine));
	json_put(&object, "functions", functions);
	json_put(&object, "stacks", stacks_json(a));
	return object;
}
