#include "tests/fuzz/trace_pass.h"

#include <stdlib.h>

#include "trace/gc.h"
#include "trace/goroutines.h"
#include "trace/procs.h"

struct suspicion {
	int64_t last_ns;
	uint64_t events;
	bool begun;
};

static void demand(bool promise)
{
	if (!promise)
		abort();
}

/* Every byte that the event's IDs lead to. */
static void read_tables(const struct trace_block *block, const struct trace_event *e)
{
	const struct wire_frame *frame[TRACE_MAX_FRAMES];
	const char *text;
	size_t length;
	size_t n = generation_stack(block->generation, e->arg[2], frame);
	for (size_t i = 0; i < n; i++)
		generation_name(block->generation, block->names, frame[i]->function);
	if (e->type == EV_USER_LOG && generation_string(block->generation, e->arg[1], &text, &length))
		demand(names_intern(block->names, text, length) != NAME_ERROR);
}

static bool look(void *self, const struct trace_block *block)
{
	struct suspicion *s = self;
	for (size_t i = 0; i < block->events; i++) {
		const struct trace_event *e = &block->event[i];
		/* A clock that has reached the end of time stands still. */
		demand(!s->begun || e->time_ns > s->last_ns || e->time_ns == INT64_MAX);
		s->last_ns = e->time_ns;
		s->begun = true;
		demand(e->g == TRACE_NONE || e->g < block->goroutines);
		demand(e->p == TRACE_NONE || e->p < block->procs);
		demand(e->m == TRACE_NONE || e->m < block->threads);
		demand(names_text(block->names, e->name) != NULL);
		if (block->generation)
			read_tables(block, e);
	}
	s->events += block->events;
	return true;
}

void trace_pass(const uint8_t *data, size_t size, bool strict)
{
	struct input in;
	struct suspicion suspicion = {0};
	struct goroutines goroutines = {0};
	struct procs procs = {0};
	struct gc gc;
	struct trace_summary summary;
	struct error error = {0};
	gc_init(&gc);
	const struct trace_visitor visitors[] = {
		{.self = &suspicion, .events = look},
		goroutines_visitor(&goroutines),
		procs_visitor(&procs),
		gc_visitor(&gc),
	};
	const struct trace_options options = {.strict = strict, .one_thread = true};
	input_open_memory(&in, data, size);
	enum status status =
		trace_read(&in, &options, visitors, sizeof visitors / sizeof visitors[0], &summary, &error);
	demand((status == STATUS_OK) == (error.text[0] == '\0'));
	demand(status != STATUS_FAILED); /* there is memory enough */
	demand(summary.events == suspicion.events);
	demand(summary.lost_bytes <= size);
	demand(!strict || status != STATUS_OK || summary.verdict == TRACE_WHOLE);
	input_finish(&in);
	goroutines_finish(&goroutines);
	procs_finish(&procs);
	gc_finish(&gc);
}
