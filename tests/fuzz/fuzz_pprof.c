/* Whatever a server of net/http/pprof may answer, by the first byte: which of the answers it is. */
#include <stddef.h>
#include <stdint.h>

#include "collect/pprof_figures.h"
#include "collect/pprof_goroutines.h"
#include "collect/trace_shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
		goroutine_set_unref(pprof_goroutines(p, 1, &error));
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
	enum { PROFILE, PACKED, MEMSTATS, VARS, CMDLINE, TRACE, ANSWERS };
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
	case CMDLINE:
		pprof_read_program(text, size, program, sizeof program);
		break;
	default:
		read_trace(data + 1, size);
		break;
	}
	return 0;
}
