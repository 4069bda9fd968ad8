/* Whatever a server of net/http/pprof may answer, by the first byte: which of the answers it is. */
#include <stddef.h>
#include <stdint.h>

#include "collect/pprof_figures.h"
#include "collect/pprof_goroutines.h"
#include "collect/trace_shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The groups, and the stacks of the largest one of each kind. */
static void read_goroutines(const struct pprof_profile *p)
{
	struct error error = {0};
	struct goroutine_set *set = pprof_goroutines(p, 1, 0, &error);
	for (int by = 0; set && by < GOROUTINES_BY_COUNT; by++) {
		if (set->by[by].n == 0)
			continue;
		const struct goroutine_group *g = &set->by[by].group[0];
		struct goroutine_set *again = pprof_goroutines(p, 1, g->key, &error);
		uint64_t told = 0;
		for (size_t i = 0; again && i < again->members; i++)
			told += again->member[i].count;
		if (again && told > again->count)
			__builtin_trap();
		goroutine_set_unref(again);
	}
	goroutine_set_unref(set);
}

static void read_profile(const uint8_t *data, size_t size)
{
	struct pprof_profile *p = NULL;
	struct error error = {0};
	char binary[64];
	if (pprof_profile_parse(&p, data, size, &error) != STATUS_OK)
		return;
	pprof_identity(p);
	pprof_binary(p, binary, sizeof binary);
	/* Many goroutines cost time and find nothing. */
	if (pprof_profile_total(p) < 10000)
		read_goroutines(p);
	pprof_profile_close(p);
}

/* In two pieces, it must come to the same. */
static void read_trace(const uint8_t *data, size_t size)
{
	struct trace_shape whole = {0}, halves = {0};
	trace_shape_add(&whole, data, size);
	trace_shape_add(&halves, data, size / 2);
	trace_shape_add(&halves, data + size / 2, size - size / 2);
	if (trace_shape_is_whole(&whole) != trace_shape_is_whole(&halves))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { PROFILE, PACKED, MEMSTATS, VARS, CMDLINE, TRACE, METRICS, ANSWERS };
	struct pprof_build build;
	struct fields fields;
	struct pprof_profile *p = NULL;
	char program[64];
	if (size == 0)
		return 0;
	const char *text = (const char *)data + 1;
	size--;
	switch (data[0] % ANSWERS) {
	case PROFILE:
		read_profile(data + 1, size);
		break;
	case PACKED:
		pprof_profile_open(&p, text, size, NULL);
		pprof_profile_close(p);
		break;
	case MEMSTATS:
		pprof_read_memstats(text, size, &fields);
		break;
	case VARS:
		pprof_read_vars(text, size, &fields);
		break;
	case METRICS:
		pprof_read_metrics(text, size, &build);
		break;
	case CMDLINE:
		pprof_read_program(text, size, program, sizeof program);
		break;
	default:
		read_trace(data + 1, size);
		break;
	}
	return 0;
}
