/* Who is still blocked when the trace ends: leaks and deadlocks show here. */
#include <stdlib.h>
#include <string.h>

#include "report/json.h"
#include "report/sections.h"
#include "report/sites.h"

enum { MOST_SITES = 12 };

static int64_t blocked_there(const struct block_site *site)
{
	return site->syscall || site->open > INT64_MAX ? 0 : (int64_t)site->open;
}

static void print_site(const struct analysis *a, struct page *page,
                       const struct page_column *column, size_t columns,
                       const struct block_site *site)
{
	char cell[5][PAGE_CELL];
	page_count(cell[0], site->open);
	page_count(cell[1], site->open_always);
	page_duration(page, cell[2], (double)site->open_max_ns);
	page_named(page, cell[3], &a->names, site->reason, false, "(before trace)");
	site_where(a, page, cell[4], site->stack);
	page_row(page, column, columns, (const char(*)[PAGE_CELL])cell);
}

void blocked_print(const struct analysis *a, struct page *page)
{
	static const struct page_column columns[] = {
		{"GS", 6}, {"ALWAYS", 6}, {"LONGEST", 8}, {"BLOCKED ON", -18}, {"WHERE", -32}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	size_t n;
	const struct block_site **site;
	if (!sites_by(a, blocked_there, &site, &n)) {
		page->torn = true;
		return;
	}
	uint64_t open = 0, always = 0;
	char all[PAGE_CELL], ever[PAGE_CELL];
	page_heading(page, "Still blocked at the end");
	for (size_t i = 0; i < n; i++) {
		open += site[i]->open;
		always += site[i]->open_always;
	}
	page_count(all, open);
	page_count(ever, always);
	page_say(page, "Goroutines: %s; blocked all the time: %s.", all, ever);
	if (n)
		page_header(page, columns, COLUMNS);
	for (size_t i = 0; i < n && i < MOST_SITES; i++)
		print_site(a, page, columns, COLUMNS, site[i]);
	if (n > MOST_SITES)
		page_say(page, "and %zu more places; --json tells them all", n - MOST_SITES);
	free(site);
}

json_t *blocked_json(const struct analysis *a)
{
	size_t n;
	const struct block_site **site;
	if (!sites_by(a, blocked_there, &site, &n))
		return NULL;
	json_t *all = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *row = json_object();
		json_put(&row, "goroutines", json_count(site[i]->open));
		json_put(&row, "all_the_time", json_count(site[i]->open_always));
		json_put(&row, "longest_ns", json_integer(site[i]->open_max_ns));
		json_put(&row, "longest_goroutine", json_count(site[i]->open_goroutine));
		if (site[i]->reason != NAME_NONE)
			json_put(&row, "reason", json_name(&a->names, site[i]->reason));
		json_put(&row, "stack", json_stack(&a->stacks, site[i]->stack, &a->names));
		json_push(&all, row);
	}
	free(site);
	return all;
}
