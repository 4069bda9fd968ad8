/* Who waits, and why: for a P, in system calls, for each other. */
#include <stdlib.h>
#include <string.h>

#include "report/json.h"
#include "report/sections.h"
#include "report/sites.h"

enum { MOST_REASONS = 12, MOST_SITES = 12, MOST_SYSCALLS = 5 };

static void print_durations(const struct analysis *a, struct page *page)
{
	static const struct page_column columns[] = {{"WAIT", -19}, {"COUNT", 7}, {"MEAN", 7},
	                                             {"P50", 7},    {"P90", 7},   {"P99", 7},
	                                             {"MAX", 7}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	const struct {
		const char *what, *ascii;
		const struct distribution *d;
	} rows[] = {{"runnable → running", "runnable -> running", &a->goroutines.latency},
	            {"system calls", "system calls", &a->goroutines.syscall}};
	char cell[COLUMNS][PAGE_CELL];
	page_header(page, columns, COLUMNS);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct distribution *d = rows[i].d;
		snprintf(cell[0], PAGE_CELL, "%s", page->ascii ? rows[i].ascii : rows[i].what);
		page_times(page, cell[1], d->count);
		page_mean(page, cell[2], (double)d->sum_ns, d->count);
		page_percentile(page, cell[3], d, .5);
		page_percentile(page, cell[4], d, .9);
		page_percentile(page, cell[5], d, .99);
		page_percentile(page, cell[6], d, 1);
		page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
	}
}

static int by_total(const void *a, const void *b)
{
	const struct reason_time *x = a, *y = b;
	if (x->total_ns != y->total_ns)
		return x->total_ns < y->total_ns ? 1 : -1;
	return (x->next > y->next) - (x->next < y->next);
}

static size_t count_reasons(const struct goroutines *g)
{
	size_t n = 0;
	for (uint32_t i = g->all_reasons; i; i = g->reason[i - 1].next)
		n++;
	return n;
}

static void print_reasons(const struct analysis *a, struct page *page)
{
	static const struct page_column columns[] = {
		{"BLOCKED ON", -32}, {"COUNT", 7}, {"TOTAL", 8}, {"MEAN", 8}, {"SHARE", 7}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	const struct goroutines *g = &a->goroutines;
	size_t n = count_reasons(g), k = 0;
	struct reason_time *all = n ? calloc(n, sizeof *all) : NULL;
	char cell[COLUMNS][PAGE_CELL];
	page->torn = page->torn || (!all && n > 0);
	if (!all)
		return;
	for (uint32_t i = g->all_reasons; i; i = g->reason[i - 1].next, k++) {
		all[k] = g->reason[i - 1];
		all[k].next = (uint32_t)k; /* its place where totals are equal */
	}
	qsort(all, n, sizeof *all, by_total);
	fputc('\n', page->out);
	page_header(page, columns, COLUMNS);
	for (size_t i = 0; i < n && i < MOST_REASONS; i++) {
		page_named(page, cell[0], &a->names, all[i].reason, false, "(before trace)");
		page_times(page, cell[1], all[i].count);
		page_duration(page, cell[2], (double)all[i].total_ns);
		page_mean(page, cell[3], (double)all[i].total_ns, all[i].count);
		page_share(cell[4], (double)all[i].total_ns, (double)g->state_ns[GO_WAITING]);
		page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
	}
	if (n > MOST_REASONS)
		page_say(page, "and %zu more; --json tells them all", n - MOST_REASONS);
	free(all);
}

static int64_t blocked_time(const struct block_site *site)
{
	return site->syscall ? 0 : site->total_ns;
}

static int64_t syscall_time(const struct block_site *site)
{
	return site->syscall ? site->total_ns : 0;
}

static void print_sites(const struct analysis *a, struct page *page)
{
	static const struct page_column columns[] = {
		{"BLOCKED ON", -18}, {"COUNT", 7}, {"TOTAL", 7}, {"MAX", 7}, {"WHERE", -31}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	char cell[COLUMNS][PAGE_CELL];
	size_t n;
	const struct block_site **site;
	if (!sites_by(a, blocked_time, &site, &n)) {
		page->torn = true;
		return;
	}
	if (n) {
		fputc('\n', page->out);
		page_header(page, columns, COLUMNS);
	}
	for (size_t i = 0; i < n && i < MOST_SITES; i++) {
		page_named(page, cell[0], &a->names, site[i]->reason, false, "(before trace)");
		page_times(page, cell[1], site[i]->count);
		page_duration(page, cell[2], (double)site[i]->total_ns);
		page_longest(page, cell[3], site[i]->max_ns);
		site_where(a, page, cell[4], site[i]->stack);
		page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
	}
	if (n > MOST_SITES)
		page_say(page, "and %zu more places; --json tells them all", n - MOST_SITES);
	free(site);
}

static void print_syscalls(const struct analysis *a, struct page *page)
{
	static const struct page_column columns[] = {
		{"SYSTEM CALLS", 12}, {"TOTAL", 7}, {"MEAN", 7}, {"MAX", 7}, {"WHERE", -37}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	char cell[COLUMNS][PAGE_CELL];
	size_t n;
	const struct block_site **site;
	if (!sites_by(a, syscall_time, &site, &n)) {
		page->torn = true;
		return;
	}
	if (n) {
		fputc('\n', page->out);
		page_header(page, columns, COLUMNS);
	}
	for (size_t i = 0; i < n && i < MOST_SYSCALLS; i++) {
		page_times(page, cell[0], site[i]->count);
		page_duration(page, cell[1], (double)site[i]->total_ns);
		page_mean(page, cell[2], (double)site[i]->total_ns, site[i]->count);
		page_longest(page, cell[3], site[i]->max_ns);
		site_where(a, page, cell[4], site[i]->stack);
		page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
	}
	if (n > MOST_SYSCALLS)
		page_say(page, "and %zu more places; --json tells them all", n - MOST_SYSCALLS);
	free(site);
}

void waits_print(const struct analysis *a, struct page *page)
{
	page_heading(page, "Who waits, and why");
	print_durations(a, page);
	print_reasons(a, page);
	print_sites(a, page);
	print_syscalls(a, page);
}

static json_t *sites_json(const struct analysis *a, int64_t (*key)(const struct block_site *site))
{
	size_t n;
	const struct block_site **site;
	if (!sites_by(a, key, &site, &n))
		return NULL;
	json_t *all = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *row = json_object();
		if (site[i]->reason != NAME_NONE)
			json_put(&row, "reason", json_name(&a->names, site[i]->reason));
		json_put(&row, "count", json_count(site[i]->count));
		json_put(&row, "total_ns", json_integer(site[i]->total_ns));
		json_put(&row, "max_ns", json_integer(site[i]->max_ns));
		json_put(&row, "stack", json_stack(&a->stacks, site[i]->stack, &a->names));
		json_push(&all, row);
	}
	free(site);
	return all;
}

json_t *waits_json(const struct analysis *a)
{
	const struct goroutines *g = &a->goroutines;
	json_t *object = json_object();
	if (!a->summary.sampled_hz)
		json_put(&object, "scheduling_latency", json_distribution(&g->latency, true));
	json_put(&object, "syscalls", json_distribution(&g->syscall, true));
	json_put(&object, "reasons", json_reasons(g, g->all_reasons, &a->names));
	json_put(&object, "sites", sites_json(a, blocked_time));
	json_put(&object, "syscall_sites", sites_json(a, syscall_time));
	return object;
}
