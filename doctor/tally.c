#include "doctor/tally.h"

#include <stdlib.h>

#include "trace/elapsed.h"
#include "trace/tables.h"

void tally_finish(struct tally *tally)
{
	free(tally->row);
	idmap_finish(&tally->of_key);
	*tally = (struct tally){0};
}

static struct tally_row *row_of(struct tally *tally, uint32_t what, uint32_t where)
{
	if (tally->rows >= TALLY_ROWS)
		what = where = UINT32_MAX;
	uint64_t key = (uint64_t)what << 32 | where;
	if (!wire_grow(&tally->row, &tally->capacity, tally->rows, sizeof *tally->row) ||
	    !idmap_put(&tally->of_key, key, (uint32_t)tally->rows))
		return NULL;
	tally->row[tally->rows] = (struct tally_row){.what = what, .where = where};
	return &tally->row[tally->rows++];
}

static struct tally_row *find(struct tally *tally, uint32_t what, uint32_t where)
{
	uint32_t known = idmap_get(&tally->of_key, (uint64_t)what << 32 | where);
	if (known == IDMAP_NONE && tally->rows >= TALLY_ROWS)
		known = idmap_get(&tally->of_key, UINT64_MAX);
	return known == IDMAP_NONE ? row_of(tally, what, where) : &tally->row[known];
}

struct tally_row *tally_add(struct tally *tally, uint32_t what, uint32_t where, int64_t at_ns,
                            int64_t ns, uint64_t goroutine)
{
	struct tally_row *row = find(tally, what, where);
	if (!row)
		return NULL;
	row->count++;
	add_ns(&row->total_ns, ns);
	if (row->count == 1 || ns > row->longest_ns) {
		row->longest_ns = ns;
		row->longest_at_ns = at_ns;
		row->longest_goroutine = goroutine;
	}
	return row;
}

void tally_row_add(struct tally_row *to, const struct tally_row *from)
{
	bool is_longer = to->count == 0 || from->longest_ns > to->longest_ns;
	to->count += from->count;
	add_ns(&to->total_ns, from->total_ns);
	to->long_count += from->long_count;
	add_ns(&to->long_ns, from->long_ns);
	if (!is_longer)
		return;
	to->longest_ns = from->longest_ns;
	to->longest_at_ns = from->longest_at_ns;
	to->longest_goroutine = from->longest_goroutine;
}

static int longest_first(const void *a, const void *b)
{
	const struct tally_row *x = a, *y = b;
	if (x->long_ns != y->long_ns)
		return x->long_ns < y->long_ns ? 1 : -1;
	if (x->total_ns != y->total_ns)
		return x->total_ns < y->total_ns ? 1 : -1;
	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	return x->where < y->where ? -1 : x->where > y->where;
}

void tally_sort(struct tally *tally)
{
	if (tally->rows)
		qsort(tally->row, tally->rows, sizeof *tally->row, longest_first);
}
