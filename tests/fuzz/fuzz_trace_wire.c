/* Whatever a trace of format 2 may hold, up to its tables: every string and stack that a generation
   claims to have is read; and how far a capture would say it reaches, however its bytes come. */
#include <stdlib.h>
#include <string.h>

#include "collect/trace_reach.h"
#include "trace/format.h"
#include "trace/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_tables(struct generation *g, struct names *names)
{
	const struct wire_frame *frame[TRACE_MAX_FRAMES];
	const char *text;
	size_t length;
	for (uint64_t id = 0; id < 64; id++) {
		bool known = generation_string(g, id, &text, &length);
		if (known != generation_has_string(g, id) || length > TRACE_MAX_STRING)
			abort();
		if (known != (generation_name(g, names, id) != NAME_ERROR))
			abort();
		size_t n = generation_stack(g, id, frame);
		for (size_t i = 0; i < n; i++)
			if (generation_name(g, names, frame[i]->function) == NAME_ERROR)
				abort();
	}
}

static void read_all(const uint8_t *data, size_t size, bool tolerant)
{
	struct input in;
	struct wire wire;
	struct generation g = {0};
	struct names names = {0};
	struct wire_damage damage;
	input_open_memory(&in, data, size);
	unsigned version = trace_header_version(data, size);
	input_consume(&in, TRACE_HEADER_SIZE);
	wire_init(&wire, &in, version, tolerant);
	uint64_t last = 0;
	while (wire_next(&wire, &g, &damage) == WIRE_GENERATION) {
		read_tables(&g, &names);
		if (in.offset + g.size > size || (last && in.offset == last))
			abort(); /* it must get on */
		last = in.offset;
		wire_done(&wire, &g);
	}
	generation_finish(&g);
	names_finish(&names);
}

static int64_t reach_of(const uint8_t *data, size_t size, size_t step)
{
	struct trace_reach r = {.have = 0};
	for (size_t at = 0; at < size; at += step)
		trace_reach_add(&r, data + at, size - at < step ? size - at : step);
	return trace_reach_ns(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t reach_ns = reach_of(data, size, size + 1);
	if (reach_ns < 0 || reach_ns != reach_of(data, size, 7))
		abort();
	if (trace_header_version(data, size) < 22)
		return 0;
	read_all(data, size, false);
	read_all(data, size, true);
	return 0;
}
