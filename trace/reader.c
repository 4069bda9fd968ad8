#include "trace/reader.h"

#include <stdio.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/sampled.h"
#include "trace/v1.h"
#include "trace/wire.h"
#include "util/clock.h"
#include "util/text.h"

enum { FIRST_V1 = 11, FIRST_V2 = 22, NEWEST_VERSION = 26, PROGRESS_EVERY_NS = 100 * 1000 * 1000 };

static const struct {
	unsigned version;
	const char *go;
} releases[] = {
	{11, "Go 1.11 to 1.18"}, {19, "Go 1.19 or 1.20"}, {21, "Go 1.21"},         {22, "Go 1.22"},
	{23, "Go 1.23 or 1.24"}, {25, "Go 1.25"},         {26, "Go 1.26 or 1.27"},
};

const char *trace_go_version(unsigned header_version)
{
	for (size_t i = 0; i < sizeof releases / sizeof releases[0]; i++)
		if (releases[i].version == header_version)
			return releases[i].go;
	return header_version > NEWEST_VERSION ? "a Go newer than this schedtop" : "an unknown Go";
}

static bool is_known(unsigned header_version)
{
	for (size_t i = 0; i < sizeof releases / sizeof releases[0]; i++)
		if (releases[i].version == header_version)
			return true;
	return false;
}

/* One pass. */
struct pass {
	struct input *in;
	const struct trace_options *options;
	struct trace_summary *summary;
	struct wire wire;
	struct generation g;
	struct order *order;
	uint64_t expected;  /* number of the next generation, 0: any */
	double ns_per_tick; /* of the last generation that had a clock */
	int64_t reported_ns;
};

static void note_damage(struct trace_summary *s, uint64_t offset, const char *text)
{
	s->verdict = TRACE_DAMAGED;
	if (s->damages < TRACE_DAMAGES) {
		s->damage[s->damages].offset = offset;
		snprintf(s->damage[s->damages].text, sizeof s->damage[0].text, "%s", text);
	}
	s->damages++;
}

/* How far the clock went in the generation that is not shown, by its batches' times. */
static void note_loss(struct pass *p, uint64_t bytes)
{
	p->summary->lost_bytes += bytes;
	if (!p->g.has_frequency)
		p->g.ns_per_tick = p->ns_per_tick;
	if (p->g.ns_per_tick == 0 || p->summary->events + order_events(p->order) == 0)
		return;
	int64_t from = order_last_ns(p->order), to = from;
	const struct wire_batch *const batch[] = {p->g.batch, p->g.structural};
	const size_t batches[] = {p->g.batches, p->g.structurals};
	for (size_t kind = 0; kind < 2; kind++) {
		for (size_t i = 0; i < batches[kind]; i++) {
			int64_t t = generation_ns(&p->g, batch[kind][i].time);
			if (t > to)
				to = t;
		}
	}
	add_ns(&p->summary->lost_ns, elapsed_ns(from, to));
}

static void report_progress(struct pass *p)
{
	const struct trace_progress *progress = &p->options->progress;
	if (!progress->report)
		return;
	int64_t now = clock_monotonic_ns();
	if (now - p->reported_ns < PROGRESS_EVERY_NS)
		return;
	p->reported_ns = now;
	progress->report(progress->self, p->in->consumed, p->in->size);
}

enum step { STEP_ON, STEP_END, STEP_FAILED };

static enum step no_memory(struct error *error)
{
	error_no_memory(error);
	return STEP_FAILED;
}

/* What can't be joined to what was read before starts anew. */
static enum step start_anew(struct pass *p, struct error *error)
{
	p->summary->gaps++;
	return order_gap(p->order) == ORDER_NO_MEMORY ? no_memory(error) : STEP_ON;
}

static enum step show(struct pass *p, struct error *error)
{
	struct trace_summary *s = p->summary;
	if (!p->options->strict && p->expected && p->g.number != p->expected) {
		char text[128];
		snprintf(text, sizeof text,
		         "generation %llu follows %llu: what lay between them is missing",
		         (unsigned long long)p->g.number, (unsigned long long)p->expected - 1);
		note_damage(s, p->g.offset, text);
		if (start_anew(p, error) == STEP_FAILED)
			return STEP_FAILED;
	}
	p->expected = p->g.number + 1;
	p->ns_per_tick = p->g.ns_per_tick;
	if (p->g.has_snapshot && !s->has_clock) {
		s->has_clock = true;
		s->clock_s = p->g.snapshot_s;
		s->clock_ns = p->g.snapshot_ns;
		s->clock_at_ns = generation_ns(&p->g, p->g.snapshot_ticks);
	}
	switch (order_generation(p->order, &p->g, p->in)) {
	case ORDER_OK:
		s->generations++;
		return STEP_ON;
	case ORDER_NO_MEMORY:
		return no_memory(error);
	case ORDER_STOPPED:
		s->verdict = TRACE_STOPPED;
		return STEP_END;
	case ORDER_BROKEN:
		break;
	}
	note_damage(s, p->g.offset, order_problem(p->order));
	if (p->options->strict)
		return STEP_END;
	note_loss(p, 0);
	p->expected = 0;
	return start_anew(p, error);
}

/* true: there may be good generations behind the damage. */
static bool can_skip(const struct pass *p, const struct wire_damage *damage)
{
	return !p->options->strict && p->g.size > 0 &&
	       (damage->kind == WIRE_CONTENT || damage->kind == WIRE_SEQUENCE);
}

/* Everything behind the place is lost. */
static void lose_rest(struct pass *p)
{
	struct input *in = p->in;
	uint64_t lost = 0;
	while (in->have > 0 || !in->end) {
		if (!input_need(in, 1))
			break;
		lost += in->have;
		input_consume(in, in->have);
	}
	note_loss(p, lost);
}

/* What the first generation says of itself. */
static void note_sampled(struct pass *p)
{
	const char *text;
	size_t length, label = strlen(SAMPLED_LABEL);
	if (p->summary->generations > 0 || !generation_string(&p->g, 1, &text, &length) ||
	    length <= label || memcmp(text, SAMPLED_LABEL, label) != 0)
		return;
	uint64_t hz = 0;
	for (size_t i = label; i < length && text[i] >= '0' && text[i] <= '9' && hz < SAMPLED_HZ_MAX;
	     i++)
		hz = 10 * hz + (uint64_t)(text[i] - '0');
	p->summary->sampled_hz = hz ? hz : 1; /* what says that it is sampled is not taken for more */
}

static enum step next_generation(struct pass *p, struct error *error)
{
	struct wire_damage damage;
	struct trace_summary *s = p->summary;
	report_progress(p);
	enum wire_result result = wire_next(&p->wire, &p->g, &damage);
	s->experimental_batches += p->g.experimental_batches;
	switch (result) {
	case WIRE_NO_MEMORY:
		return no_memory(error);
	case WIRE_END:
		if (damage.kind != WIRE_SOUND && !p->options->strict) {
			note_damage(s, damage.offset, damage.text);
			lose_rest(p);
		}
		return STEP_END;
	case WIRE_DAMAGED:
		if (damage.unnoticed && p->options->strict)
			return STEP_END;
		note_damage(s, damage.offset, damage.text);
		if (!can_skip(p, &damage)) {
			lose_rest(p);
			return STEP_END;
		}
		note_loss(p, p->g.size);
		wire_done(&p->wire, &p->g);
		p->expected = 0;
		return start_anew(p, error);
	case WIRE_GENERATION:
		break;
	}
	note_sampled(p);
	enum step step = show(p, error);
	wire_done(&p->wire, &p->g);
	return step;
}

static enum step read_v2(struct pass *p, struct error *error)
{
	enum step step;
	const struct trace_begin *begin = &p->options->begin;
	wire_init(&p->wire, p->in, p->summary->version, !p->options->strict);
	if (p->in->map && begin->offset > p->in->offset &&
	    begin->offset - p->in->offset <= p->in->have) {
		input_consume(p->in, (size_t)(begin->offset - p->in->offset));
		p->wire.previous = begin->number - 1;
	}
	do
		step = next_generation(p, error);
	while (step == STEP_ON);
	p->summary->largest_generation = p->g.largest;
	generation_finish(&p->g);
	return step;
}

static enum step show_v1(struct pass *p, struct v1 *v1, struct error *error)
{
	enum order_result result = ORDER_OK;
	while (result == ORDER_OK && !v1_at_end(v1)) {
		result = v1_show(v1, p->order);
		if (p->in->map)
			p->in->consumed = v1_done(v1);
		report_progress(p);
	}
	if (result == ORDER_BROKEN)
		note_damage(p->summary, p->in->offset + v1_done(v1), order_problem(p->order));
	if (result == ORDER_STOPPED)
		p->summary->verdict = TRACE_STOPPED;
	return result == ORDER_NO_MEMORY ? no_memory(error) : STEP_END;
}

/* The whole trace is one generation. */
static enum step read_v1(struct pass *p, struct error *error)
{
	struct trace_summary *s = p->summary;
	struct wire_damage damage;
	struct v1 *v1;
	enum wire_result result = v1_open(&v1, p->in, s->version, !p->options->strict, &damage);
	if (result == WIRE_NO_MEMORY)
		return no_memory(error);
	s->largest_generation = p->in->have;
	if (damage.kind != WIRE_SOUND) {
		note_damage(s, damage.offset, damage.text);
		s->lost_bytes = p->in->offset + p->in->have - damage.offset;
	}
	enum step step = STEP_END;
	if (result == WIRE_GENERATION) {
		s->generations = 1;
		step = show_v1(p, v1, error);
	}
	v1_close(v1);
	input_consume(p->in, p->in->have);
	return step;
}

static enum status read_all(struct pass *p, const struct trace_visitor *visitors, size_t n,
                            struct error *error)
{
	struct trace_summary *s = p->summary;
	struct order_options options = {!p->options->strict, p->options->reference_clock,
	                                p->options->stop,    p->options->one_thread,
	                                p->options->names,   p->options->help};
	p->order = order_create(visitors, n, &options);
	if (!p->order)
		return error_no_memory(error);
	enum step step = s->version < FIRST_V2 ? read_v1(p, error) : read_v2(p, error);
	if (step == STEP_END && order_end(p->order) == ORDER_NO_MEMORY)
		step = no_memory(error);
	s->events = order_events(p->order);
	s->first_ns = order_first_ns(p->order);
	s->last_ns = order_last_ns(p->order);
	s->repairs = *order_repairs(p->order);
	s->bytes = p->in->offset;
	order_destroy(p->order);
	return step == STEP_FAILED ? STATUS_FAILED : STATUS_OK;
}

/* What the system could not read is not damaged by that. */
static enum status judge_reading(const struct input *in, struct error *error)
{
	if (!in->failed)
		return STATUS_OK;
	return error_set(error, STATUS_FAILED, "the trace can't be read on at byte %llu: %s",
	                 (unsigned long long)in->consumed, in->torn_why);
}

enum status trace_check(struct input *in, bool strict, struct error *error)
{
	if (!input_need(in, TRACE_HEADER_SIZE))
		return error_no_memory(error);
	if (in->have < TRACE_HEADER_SIZE && judge_reading(in, error) != STATUS_OK)
		return STATUS_FAILED;
	unsigned version = trace_header_version(in->data, in->have);
	if (version == 0)
		return error_set(error, STATUS_DAMAGED,
		                 in->have == 0
		                     ? "the file is empty: the program closed it before trace.Stop"
		                     : "not a Go execution trace: it doesn't begin with \"go 1.NN trace\"");
	if (version < FIRST_V1)
		return error_set(error, STATUS_DAMAGED,
		                 "format \"go 1.%u\" is older than Go 1.11; this schedtop doesn't read it",
		                 version);
	if (strict && !is_known(version))
		return error_set(error, STATUS_DAMAGED, "unknown format \"go 1.%u\"", version);
	return STATUS_OK;
}

enum status trace_read(struct input *in, const struct trace_options *options,
                       const struct trace_visitor *visitors, size_t n,
                       struct trace_summary *summary, struct error *error)
{
	struct pass pass = {.in = in, .options = options, .summary = summary};
	memset(summary, 0, sizeof *summary);
	enum status status = trace_check(in, options->strict, error);
	summary->version = trace_header_version(in->data, in->have);
	summary->newer = summary->version > NEWEST_VERSION;
	if (status != STATUS_OK)
		return status;
	input_consume(in, TRACE_HEADER_SIZE);
	status = read_all(&pass, visitors, n, error);
	if (status == STATUS_OK)
		status = judge_reading(in, error);
	if (status != STATUS_OK)
		return status;
	if (in->torn)
		note_damage(summary, in->offset, in->torn_why);
	if (options->strict && summary->verdict == TRACE_DAMAGED)
		return error_set(error, STATUS_DAMAGED, "%s", summary->damage[0].text);
	return STATUS_OK;
}

enum status trace_verdict(const struct trace_summary *s, struct error *error)
{
	if (s->verdict != TRACE_DAMAGED)
		return STATUS_OK;
	return error_set(error, STATUS_DAMAGED, "damaged at byte %llu: %s",
	                 (unsigned long long)s->damage[0].offset, s->damage[0].text);
}

/* Names of files are data, too: nothing in them may reach a terminal unchecked. */
enum status trace_name_error(struct error *error, enum status status, const char *path)
{
	struct error raw = *error;
	char shown[256];
	if (status == STATUS_OK)
		return status;
	text_clean(shown, sizeof shown, path, strlen(path));
	text_clean(error->text, sizeof error->text, raw.text, strlen(raw.text));
	if (status != STATUS_DAMAGED)
		return status;
	raw = *error;
	return error_set(error, status, "%s: %s", strcmp(path, "-") == 0 ? "standard input" : shown,
	                 raw.text);
}
