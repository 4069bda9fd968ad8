#include "tests/unit/goroutine_fixture.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	const struct goroutine_kinds *kind;
};

static const char *function_of(const struct goroutine_kinds *kind, enum goroutine_place_id id)
{
	return id == GOROUTINE_CREATOR ? kind->creator : id == GOROUTINE_START ? kind->start : kind->at;
}

static int line_of(const char *function)
{
	unsigned hash = 7;
	for (; *function; function++)
		hash = hash * 31 + (unsigned char)*function;
	return (int)(1 + hash % 700);
}

static struct goroutine_where where_of(const char *function)
{
	return (struct goroutine_where){function, "/src/orders/cmd/orders-api/fanout.go",
	                                line_of(function), false};
}

static void name_place(void *arg, enum goroutine_place_id id, uint64_t number,
                       struct goroutine_where *out)
{
	const struct reader *reader = arg;
	*out = where_of(function_of(&reader->kind[number - 1], id));
}

static const char *name_reason(void *arg, uint16_t number)
{
	const struct reader *reader = arg;
	return reader->kind[number - 1].reason;
}

static struct goroutine_row row_of(const struct goroutine_kinds *kind, uint64_t number, uint32_t i,
                                   int64_t goid)
{
	return (struct goroutine_row){
		.goid = goid,
		.creator = kind->creator ? number : 0,
		.start = kind->start ? number : 0,
		.at = kind->at ? number : 0,
		.wait_ns =
			kind->longest_ns < 0 ? -1 : kind->longest_ns - kind->longest_ns * i / kind->count,
		.at_least = kind->at_least && i == 0,
		.system = kind->system,
		.state = (uint8_t)kind->state,
		.reason = kind->reason ? (uint16_t)number : 0,
	};
}

/* Of each stack the last frame is inlined, and every fourth could not be read. */
static enum status add_members(struct goroutine_set *set, const struct reader *reader,
                               const struct goroutine_row *row, const struct goroutine_pick *pick)
{
	enum status status = STATUS_OK;
	goroutine_set_begin_detail(set, pick->key);
	for (size_t i = 0; i < pick->n && status == STATUS_OK; i++) {
		const struct goroutine_row *r = &row[pick->index[i]];
		const struct goroutine_kinds *kind = &reader->kind[r->start ? r->start - 1 : 0];
		struct goroutine_where stack[] = {where_of("runtime.gopark"), where_of("runtime.chansend"),
		                                  where_of(kind->at ? kind->at : "main.inner"),
		                                  where_of(kind->start ? kind->start : "main.outer")};
		stack[2].inlined = true;
		status = goroutine_set_add_member(set, r, stack, i % 4 == 3 ? 0 : 4);
	}
	return status;
}

static enum status fill(struct goroutine_set *set, const struct reader *reader,
                        const struct goroutine_row *row, size_t rows, int detail)
{
	const struct goroutine_names names = {name_place, name_reason, (void *)reader};
	struct goroutine_pick pick = {0};
	enum status status = goroutine_set_group(set, row, rows, &names, NULL);
	if (status != STATUS_OK || detail < 0)
		return status;
	pick.key = set->by[GOROUTINES_BY_CREATOR].group[detail].key;
	status = goroutine_set_group(set, row, rows, &names, &pick);
	return status ? status : add_members(set, reader, row, &pick);
}

struct goroutine_set *make_goroutines(const struct goroutine_kinds *kind, size_t kinds, int detail)
{
	struct reader reader = {kind};
	size_t rows = 0, n = 0;
	for (size_t k = 0; k < kinds; k++)
		rows += kind[k].count;
	struct goroutine_row *row = calloc(rows + 1, sizeof *row);
	struct goroutine_set *set = goroutine_set_create();
	for (size_t k = 0; row && k < kinds; k++)
		for (uint32_t i = 0; i < kind[k].count; i++, n++)
			row[n] = row_of(&kind[k], k + 1, i, (int64_t)n + 1);
	if (!row || !set || fill(set, &reader, row, rows, detail) != STATUS_OK) {
		goroutine_set_unref(set);
		set = NULL;
	}
	free(row);
	if (set) {
		set->period_ns = INT64_C(2000000000);
		set->cost_ppm = 4000;
	}
	return set;
}
