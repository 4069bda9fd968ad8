#include "goproc/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "goproc/decode.h"
#include "util/clock.h"
#include "util/text.h"

/* runtime2.go: _Pidle and so on. */
enum { P_IDLE, P_RUNNING, P_SYSCALL, P_GCSTOP, P_DEAD };

enum reader_result reader_result_of(enum memory_result result)
{
	switch (result) {
	case MEMORY_OK:
		return READER_OK;
	case MEMORY_FAULT:
		return READER_TORN;
	case MEMORY_GONE:
		return READER_GONE;
	case MEMORY_DENIED:
		return READER_DENIED;
	case MEMORY_FAILED:
		break;
	}
	return READER_FAILED;
}

enum reader_result reader_topology(struct reader *reader, int attempt)
{
	if (reader->topology.valid)
		return READER_OK;
	enum topology_effort effort = attempt < 2 ? TOPOLOGY_NEW_ONLY : TOPOLOGY_WHOLE;
	uint32_t alllink = (uint32_t)reader->objects.m.member[IN_M_ALLLINK].offset;
	return reader_result_of(
		topology_refresh(&reader->topology, &reader->memory, &reader->globals, alllink, effort));
}

enum goproc_activity reader_activity(int64_t p_status, int64_t worker_mode, int64_t curg_status)
{
	switch (p_status) {
	case P_RUNNING:
		if (curg_status == GOPROC_NIL)
			return GOPROC_SCHEDULER;
		/* Since 1.26 there is no _Psyscall: the P keeps running, its goroutine says it. */
		if (curg_status == G_SYSCALL)
			return GOPROC_SYSCALL;
		return worker_mode != 0 ? GOPROC_GC : GOPROC_RUNNING;
	case P_SYSCALL:
		return GOPROC_SYSCALL;
	case P_GCSTOP:
		return GOPROC_GC;
	default:
		return GOPROC_IDLE;
	}
}

/* n elements of that size. When there is no memory *ok becomes false, and the old ones stay. */
static void *resized(void *old, size_t n, size_t size, bool *ok)
{
	void *grown = realloc(old, (n ? n : 1) * size);
	if (grown)
		return grown;
	*ok = false;
	return old;
}

/* The spans of the one big call; they stay the same as long as the topology does. */
static bool plan(struct reader *reader)
{
	const struct topology *t = &reader->topology;
	if (reader->planned == t->generation)
		return true;
	const struct object *p = &reader->objects.p, *m = &reader->objects.m, *g = &reader->objects.who;
	size_t spans = RAW_HEAD_SPANS + t->np * p->span_count + t->nm * m->span_count + 1 +
	               reader->gcstate.span_count;
	size_t bytes = RAW_HEAD + t->np * p->bytes + t->nm * m->bytes + layout_bytes(reader->layout) +
	               reader->gcstate.bytes;
	/* Two goroutines and a string for each M. */
	size_t goroutine_spans = t->nm * (2 * g->span_count + 1);
	size_t goroutine_bytes = t->nm * (2 * g->bytes + sizeof((struct goproc_m *)0)->preemptoff);
	bool ok = true;
	reader->spans = resized(reader->spans, spans, sizeof *reader->spans, &ok);
	reader->raw = resized(reader->raw, bytes, 1, &ok);
	reader->goroutine_spans =
		resized(reader->goroutine_spans, goroutine_spans, sizeof *reader->goroutine_spans, &ok);
	reader->goroutines = resized(reader->goroutines, goroutine_bytes, 1, &ok);
	reader->p = resized(reader->p, t->np, sizeof *reader->p, &ok);
	reader->m = resized(reader->m, t->nm, sizeof *reader->m, &ok);
	reader->seen_ids = resized(reader->seen_ids, t->nm, sizeof *reader->seen_ids, &ok);
	reader->start = resized(reader->start, t->nm, sizeof *reader->start, &ok);
	if (!ok)
		return false;

	const struct globals *globals = &reader->globals;
	const struct layout *layout = reader->layout;
	struct iovec *span = reader->spans;
	*span++ = memory_span(globals->gomaxprocs, 4);
	*span++ = memory_span(globals->allp, 16);
	*span++ = memory_span(globals->allm, 8);
	*span++ = memory_span(globals->allglen, 8);
	/* Without idleTime something that is there, to keep the places; it is not looked at. */
	*span++ = memory_span(globals->sched +
	                          (layout->idleTime.off < 0 ? 0 : (uint64_t)layout->idleTime.off),
	                      8);
	*span++ = memory_span(reader->gcstate.cpu_idle ? reader->gcstate.cpu_idle : globals->sched, 8);
	*span++ = memory_span(globals->gc_phase ? globals->gc_phase : globals->sched, 4);
	for (size_t i = 0; i < t->np; i++)
		span += object_spans(p, t->p[i], span);
	for (size_t i = 0; i < t->nm; i++)
		span += object_spans(m, t->m[i], span);
	*span++ = memory_span(globals->sched, layout_bytes(reader->layout));
	span += gcstate_spans(&reader->gcstate, span);
	reader->span_count = (size_t)(span - reader->spans);
	reader->raw_size = bytes;
	reader->planned = t->generation;
	return true;
}

/* What the second call reads for one M. */
struct errand {
	uint64_t curg, lockedg, preemptoff;
	size_t preemptoff_n;
};

static struct errand errand_of(const struct reader *reader, size_t i)
{
	const struct object *object = &reader->objects.m;
	const uint8_t *record = decode_m_record(reader, i);
	int64_t n = object_value(object, record, IN_M_PREEMPTOFF_LENGTH, 0);
	int64_t room = sizeof reader->m->preemptoff;
	struct errand errand = {
		.curg = (uint64_t)object_value(object, record, IN_M_CURG, 0),
		.lockedg = (uint64_t)object_value(object, record, IN_M_LOCKEDG, 0),
		.preemptoff = (uint64_t)object_value(object, record, IN_M_PREEMPTOFF, 0),
	};
	if (errand.preemptoff && n > 0)
		errand.preemptoff_n = (size_t)(n < room ? n : room);
	return errand;
}

static size_t errand_spans(const struct reader *reader, const struct errand *errand,
                           struct iovec *spans)
{
	size_t n = 0;
	if (errand->curg)
		n += object_spans(&reader->objects.who, errand->curg, spans);
	if (errand->lockedg)
		n += object_spans(&reader->objects.who, errand->lockedg, spans + n);
	if (errand->preemptoff_n)
		spans[n++] = memory_span(errand->preemptoff, errand->preemptoff_n);
	return n;
}

/* Takes one M's answers off the front of `at`; returns what follows them. */
static const uint8_t *take_errand(struct reader *reader, size_t i, const struct errand *errand,
                                  const uint8_t *at)
{
	const struct object *g = &reader->objects.who;
	struct goproc_m *m = &reader->m[i];
	if (errand->curg) {
		int64_t status = object_value(g, at, IN_G_STATUS, 0) & G_STATUS_MASK;
		m->curg = object_value(g, at, IN_G_GOID, GOPROC_UNKNOWN);
		m->curg_status = status <= G_STATUS_LAST ? status : GOPROC_UNKNOWN;
		reader->start[i] = (uint64_t)object_value(g, at, IN_G_STARTPC, 0);
		at += g->bytes;
	}
	if (errand->lockedg) {
		m->lockedg = object_value(g, at, IN_G_GOID, GOPROC_UNKNOWN);
		at += g->bytes;
	}
	text_clean(m->preemptoff, sizeof m->preemptoff, (const char *)at, errand->preemptoff_n);
	return at + errand->preemptoff_n;
}

/* The second call: who the goroutines are that the Ms have. What can't be read stays unknown. */
static enum reader_result run_errands(struct reader *reader)
{
	size_t n = 0, nm = reader->topology.nm;
	for (size_t i = 0; i < nm; i++) {
		struct errand errand = errand_of(reader, i);
		n += errand_spans(reader, &errand, reader->goroutine_spans + n);
		reader->start[i] = 0;
		reader->m[i].preemptoff[0] = '\0';
	}
	if (n == 0)
		return READER_OK;
	enum memory_result together =
		memory_gather(&reader->memory, reader->goroutines, reader->goroutine_spans, n);
	if (together != MEMORY_OK && together != MEMORY_FAULT)
		return reader_result_of(together);
	const uint8_t *at = reader->goroutines;
	for (size_t i = 0; i < nm; i++) {
		struct errand errand = errand_of(reader, i);
		if (together == MEMORY_OK) {
			at = take_errand(reader, i, &errand, at);
			continue;
		}
		/* A pointer led nowhere: one by one, to lose no more than that one. */
		size_t spans = errand_spans(reader, &errand, reader->goroutine_spans);
		enum memory_result alone =
			memory_gather(&reader->memory, reader->goroutines, reader->goroutine_spans, spans);
		if (alone == MEMORY_OK)
			take_errand(reader, i, &errand, reader->goroutines);
		else if (alone != MEMORY_FAULT)
			return reader_result_of(alone);
	}
	return READER_OK;
}

/* What a P shows of its M: the number in the list becomes the id. */
static void join(struct reader *reader)
{
	for (size_t i = 0; i < reader->topology.np; i++) {
		struct goproc_p *p = &reader->p[i];
		int64_t number = p->m;
		p->running[0] = '\0';
		if (number < 0) { /* none, or one that is not in the list yet */
			p->curg = number;
			p->activity = reader_activity(p->status, p->gc_worker, number);
			continue;
		}
		const struct goproc_m *m = &reader->m[number];
		uint64_t start = reader->start[number];
		p->m = m->id;
		p->curg = m->curg;
		p->activity = reader_activity(p->status, p->gc_worker, m->curg_status);
		/* The mode is that of the next worker; it says nothing of a P that runs no goroutine. */
		p->gc_worker = p->activity == GOPROC_GC && p->gc_worker;
		if (start && reader->functions)
			snprintf(p->running, sizeof p->running, "%s", functions_name(reader->functions, start));
	}
}

enum reader_result reader_read(struct reader *reader, struct goproc_state *out, char *why)
{
	char own[WHY_SIZE];
	why = why ? why : own;
	snprintf(why, WHY_SIZE, "its lists of Ps and threads kept changing");
	for (int attempt = 0; attempt < READER_ATTEMPTS; attempt++) {
		enum reader_result result = reader_topology(reader, attempt);
		if (result == READER_TORN)
			continue;
		if (result != READER_OK)
			return result;
		if (!plan(reader))
			return READER_FAILED;
		int64_t now = clock_monotonic_ns();
		result = reader_result_of(
			memory_gather(&reader->memory, reader->raw, reader->spans, reader->span_count));
		if (result != READER_OK && result != READER_TORN)
			return result;
		if (result == READER_TORN || !decode_is_unmoved(reader)) {
			reader->topology.valid = false;
			reader->moves++;
			continue;
		}
		struct goproc_sched sched;
		if (!decode_state(reader, now, &sched, why))
			continue;
		result = run_errands(reader);
		if (result != READER_OK)
			return result;
		join(reader);
		*out = (struct goproc_state){
			.at_ns = now,
			.sched = sched,
			.collector = reader->collector,
			.np = reader->topology.np,
			.nm = reader->topology.nm,
			.p = reader->p,
			.m = reader->m,
			.old_histogram_layout = reader->minor <= 19,
			.histogram = reader->histogram,
		};
		return READER_OK;
	}
	reader->dropped++;
	return READER_TORN;
}

void reader_finish(struct reader *reader)
{
	topology_finish(&reader->topology);
	sampler_destroy(reader->sampler);
	free(reader->spans);
	free(reader->raw);
	free(reader->goroutine_spans);
	free(reader->goroutines);
	free(reader->p);
	free(reader->m);
	free(reader->seen_ids);
	free(reader->start);
}
