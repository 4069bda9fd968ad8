#include "tests/fuzz/trace_pass.h"

#include <stdlib.h>
#include <string.h>

#include "trace/gc.h"
#include "trace/goroutines.h"
#include "trace/index.h"
#include "trace/places.h"
#include "trace/procs.h"
#include "trace/spans.h"

struct suspicion {
	int64_t last_ns;
	uint64_t events, hash;
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

/* All of it but its time as it was written, which is another by the reference's clock. */
static void note_event(struct suspicion *s, const struct trace_event *e)
{
	const uint64_t parts[] = {(uint64_t)e->time_ns,
	                          e->arg[0],
	                          e->arg[1],
	                          e->arg[2],
	                          (uint64_t)e->g << 32 | e->p,
	                          (uint64_t)e->m << 32 | e->subject,
	                          (uint64_t)e->name << 32 | e->type,
	                          (uint64_t)e->from << 16 | (uint64_t)e->to << 8 | e->synthetic};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		s->hash = (s->hash ^ parts[i]) * UINT64_C(0x100000001b3);
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
		note_event(s, e);
	}
	s->events += block->events;
	return true;
}

/* By the reference's clock no event takes a shortcut: both ways must tell the same. */
static void compare_with_long_way(const uint8_t *data, size_t size, bool strict,
                                  const struct suspicion *seen, const struct trace_summary *told)
{
	struct input in;
	struct suspicion suspicion = {0};
	struct trace_summary summary;
	struct error error = {0};
	const struct trace_visitor visitor = {.self = &suspicion, .events = look};
	const struct trace_options options = {.strict = strict,
	                                      .reference_clock = true,
	                                      .one_thread = true};
	input_open_memory(&in, data, size);
	trace_read(&in, &options, &visitor, 1, &summary, &error);
	input_finish(&in);
	demand(suspicion.hash == seen->hash);
	demand(summary.verdict == told->verdict && summary.damages == told->damages);
	for (size_t i = 0; i < summary.damages && i < TRACE_DAMAGES; i++)
		demand(strcmp(summary.damage[i].text, told->damage[i].text) == 0);
	demand(memcmp(&summary.repairs, &told->repairs, sizeof summary.repairs) == 0);
}

/* What the index tells of any window fills it, and no more. */
static void read_index(const struct index *index)
{
	struct lane_cell cell[8];
	struct lane lane[4];
	size_t lanes = index_lane_ids(index, LANE_P, lane, 4);
	for (size_t i = 0; i < lanes && i < 4; i++) {
		index_cells(index, lane[i], index->first_ns, index->last_ns + 8, cell, 8);
		for (size_t c = 0; c < 8; c++)
			for (size_t s = 0; s < SPAN_STATES; s++)
				demand(cell[c].ns[s] >= 0);
	}
	index_goroutines(index, index->first_ns, index->last_ns, lane, 4);
}

/* Spans of a lane follow each other. */
static void read_spans(const struct spans *spans)
{
	demand(!spans->no_memory);
	for (size_t i = 0; i < spans->lanes; i++) {
		const struct span_lane *l = &spans->lane[i];
		for (size_t s = 0; s < l->n; s++) {
			demand(l->span[s].begin_ns < l->span[s].end_ns);
			demand(s == 0 || l->span[s - 1].end_ns <= l->span[s].begin_ns);
			demand(l->span[s].stack <= spans->stacks.n);
		}
	}
}

/* In a pass of its own: names get other numbers by who asks for them. */
static void read_lanes(const uint8_t *data, size_t size, bool strict)
{
	static const struct lane wanted[] = {{LANE_P, 0}, {LANE_M, 1}, {LANE_G, 1}};
	struct input in;
	struct index index = {.budget = 64 << 10};
	struct places places = {0};
	struct spans spans;
	struct trace_summary summary;
	struct error error;
	/* A window that no time is behind, so that it does not end the pass. */
	demand(spans_wish(&spans, wanted, 3, -1000, INT64_C(1) << 62, 8, 0));
	const struct trace_visitor visitors[] = {index_visitor(&index), places_visitor(&places),
	                                         spans_visitor(&spans)};
	const struct trace_options options = {.strict = strict, .one_thread = true};
	input_open_memory(&in, data, size);
	demand(trace_read(&in, &options, visitors, sizeof visitors / sizeof visitors[0], &summary,
	                  &error) != STATUS_FAILED);
	input_finish(&in);
	read_index(&index);
	read_spans(&spans);
	index_finish(&index);
	places_finish(&places);
	spans_finish(&spans);
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
	if (summary.version >= 22) /* in format 1 that clock makes a mistake, see order.h */
		compare_with_long_way(data, size, strict, &suspicion, &summary);
	input_finish(&in);
	goroutines_finish(&goroutines);
	procs_finish(&procs);
	gc_finish(&gc);
	read_lanes(data, size, strict);
}
