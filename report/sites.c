#include "report/sites.h"

#include <stdlib.h>
#include <string.h>

void site_where(const struct analysis *a, const struct page *page, char cell[PAGE_CELL],
                uint32_t stack)
{
	uint32_t i = stacks_where(&a->stacks, &a->names, stack);
	if (i == UINT32_MAX) {
		snprintf(cell, PAGE_CELL, "(no stack)");
		return;
	}
	const struct stack_frame *frame = &a->stacks.frame[i];
	page_named(page, cell, &a->names, frame->function, true, "(unknown)");
	size_t n = strlen(cell);
	snprintf(cell + n, PAGE_CELL - n, ":%u", frame->line);
}

/* Sites with their keys, to be sorted. */
struct ranked {
	const struct block_site *site;
	int64_t key;
};

static int by_key(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? 1 : -1;
	return (x->site > y->site) - (x->site < y->site);
}

bool sites_by(const struct analysis *a, int64_t (*key)(const struct block_site *site),
              const struct block_site ***out, size_t *n)
{
	const struct blocking *b = &a->blocking;
	*n = 0;
	*out = NULL;
	if (!b->sites)
		return true;
	struct ranked *ranked = calloc(b->sites, sizeof *ranked);
	const struct block_site **site = calloc(b->sites, sizeof(void *));
	if (!ranked || !site) {
		free(ranked);
		free(site);
		return false;
	}
	for (size_t i = 0; i < b->sites; i++)
		if (key(&b->site[i]))
			ranked[(*n)++] = (struct ranked){&b->site[i], key(&b->site[i])};
	qsort(ranked, *n, sizeof *ranked, by_key);
	for (size_t i = 0; i < *n; i++)
		site[i] = ranked[i].site;
	free(ranked);
	*out = site;
	return true;
}
