#include "collect/lane_sink.h"

#include <stdlib.h>
#include <string.h>

/* A gap this many periods long was no sampling: what happened in it is unknown. */
#define GAP_PERIODS 20
/* Moments are told in thousandths of a period, 10 us of 10 ms: to read the Ps takes longer than
   that, and what means nothing would be most of what a recording has to keep. */
#define STEPS_PER_PERIOD 1000

static void lanes_free(struct lanes *lanes)
{
	free(lanes->at_ns);
	free(lanes->state);
	*lanes = (struct lanes){0};
}

void lane_sink_init(struct lane_sink *sink, int64_t period_ns, int64_t now_ns)
{
	*sink = (struct lane_sink){.period_ns = period_ns, .lanes = {.start_ns = now_ns}};
}

void lane_sink_finish(struct lane_sink *sink)
{
	lanes_free(&sink->lanes);
	sink->sample_capacity = sink->proc_capacity = 0;
}

/* Room for one sample more, of `procs` lanes; rows are re-laid when GOMAXPROCS grew. */
static bool make_room(struct lane_sink *sink, size_t procs)
{
	struct lanes *lanes = &sink->lanes;
	if (lanes->samples >= LANE_SAMPLES_MAX)
		return false;
	size_t width = procs > lanes->procs ? procs : lanes->procs;
	if (lanes->samples == sink->sample_capacity || width > sink->proc_capacity) {
		size_t capacity = sink->sample_capacity ? sink->sample_capacity : 128;
		if (lanes->samples == capacity)
			capacity *= 2;
		int64_t *at = realloc(lanes->at_ns, capacity * sizeof *at);
		if (!at)
			return false;
		lanes->at_ns = at;
		uint8_t *state = calloc(capacity, width ? width : 1);
		if (!state)
			return false;
		for (size_t i = 0; i < lanes->samples; i++)
			memcpy(state + i * width, lanes->state + i * lanes->procs, lanes->procs);
		free(lanes->state);
		lanes->state = state;
		sink->sample_capacity = capacity;
		sink->proc_capacity = width;
		lanes->procs = width;
	}
	return true;
}

static void append(struct lane_sink *sink, int64_t at_ns, const uint8_t *state, size_t procs)
{
	if (!make_room(sink, procs))
		return;
	struct lanes *lanes = &sink->lanes;
	uint8_t *row = lanes->state + lanes->samples * lanes->procs;
	memset(row, LANE_UNKNOWN, lanes->procs);
	memcpy(row, state, procs);
	lanes->at_ns[lanes->samples++] = at_ns;
}

void lane_sink_add(struct lane_sink *sink, enum origin origin, int64_t at_ns, const uint8_t *state,
                   size_t procs)
{
	struct lanes *lanes = &sink->lanes;
	int64_t last = lanes->samples ? lanes->at_ns[lanes->samples - 1] : lanes->start_ns;
	if (sink->period_ns >= STEPS_PER_PERIOD)
		at_ns -= at_ns % (sink->period_ns / STEPS_PER_PERIOD);
	if (at_ns <= last)
		return;
	lanes->origin = origin;
	if (at_ns - last > GAP_PERIODS * sink->period_ns)
		append(sink, at_ns - sink->period_ns, state, 0);
	append(sink, at_ns, state, procs);
}

#define ROWS_MAX 4096

void lane_sink_add_rows(struct lane_sink *sink, const struct snapshot *s)
{
	uint8_t state[ROWS_MAX];
	size_t procs = s->np < ROWS_MAX ? s->np : ROWS_MAX;
	int64_t at_ns = s->sched_at.at_ns;
	bool any = false;
	for (size_t i = 0; i < procs; i++) {
		int64_t lane = LANE_UNKNOWN;
		any |= fields_get(&s->p[i].f, P_LANE, &lane);
		state[i] = (uint8_t)lane;
	}
	if (!any)
		return;
	if (sink->lanes.samples == 0 && sink->lanes.start_ns >= at_ns)
		sink->lanes.start_ns = at_ns - s->interval_ns;
	lane_sink_add(sink, s->sched_at.origin, at_ns, state, procs);
}

void lane_sink_take(struct lane_sink *sink, int64_t now_ns, struct lanes *out)
{
	struct lanes taken = sink->lanes;
	int64_t start = taken.samples ? taken.at_ns[taken.samples - 1] : now_ns;
	lanes_free(out);
	*out = taken;
	lane_sink_init(sink, sink->period_ns, start);
}
