/*
 * The cheap read: what each P does at this moment. It guesses that every P still has the M it had
 * last time, and that one the goroutine, and asks for all of them in one call; only for the wrong
 * guesses there is another one, and one more for the goroutines of Ms that are new to their P.
 */
#include "goproc/reader.h"

#include <stdlib.h>

/* Since 1.26 a P in a system call looks like one that runs; before, the goroutine need not be
 * asked. */
#define GOROUTINES_SINCE 26

struct slot {
	uint64_t guessed_m, guessed_g; /* 0: no guess */
	uint64_t m, g;                 /* as they are now */
	int64_t p_status, worker_mode;
	int64_t g_status; /* GOPROC_NIL: no goroutine; GOPROC_UNKNOWN: not looked at */
	bool ask_m, ask_g;
};

struct sampler {
	/* With the few members that are read. A P's worker mode lies far from the rest and says nothing
	   of a P without an M: it is an object of its own, read together with the M. */
	struct object p, worker, m, g;
	bool ask_goroutines;
	struct slot *slot;
	struct iovec *spans;
	uint8_t *raw;
	size_t capacity; /* in Ps */
};

enum { HEAD_GOMAXPROCS = 0, HEAD_ALLP = 4, HEAD_BYTES = 20 };
#define HEAD_SPANS 2

static struct sampler *sampler_create(const struct reader *reader)
{
	struct sampler *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->p = s->worker = reader->objects.p;
	s->m = reader->objects.m;
	s->g = reader->objects.who;
	object_pack(&s->p, 1U << IN_P_ID | 1U << IN_P_STATUS | 1U << IN_P_M);
	object_pack(&s->worker, 1U << IN_P_WORKER_MODE);
	object_pack(&s->m, 1U << IN_M_CURG);
	object_pack(&s->g, 1U << IN_G_STATUS);
	s->ask_goroutines = reader->minor >= GOROUTINES_SINCE;
	return s;
}

void sampler_destroy(struct sampler *s)
{
	if (s) {
		free(s->slot);
		free(s->spans);
		free(s->raw);
	}
	free(s);
}

static bool reserve(struct sampler *s, size_t np)
{
	if (np <= s->capacity)
		return true;
	size_t spans = HEAD_SPANS + np * (s->p.span_count + s->worker.span_count + s->m.span_count +
	                                  s->g.span_count);
	size_t bytes = HEAD_BYTES + np * (s->p.bytes + s->worker.bytes + s->m.bytes + s->g.bytes);
	struct slot *slot = calloc(np, sizeof *slot); /* no guesses */
	struct iovec *iovec = malloc(spans * sizeof *iovec);
	uint8_t *raw = malloc(bytes);
	if (!slot || !iovec || !raw) {
		free(slot);
		free(iovec);
		free(raw);
		return false;
	}
	free(s->slot);
	free(s->spans);
	free(s->raw);
	s->slot = slot;
	s->spans = iovec;
	s->raw = raw;
	s->capacity = np;
	return true;
}

static void forget_guesses(struct sampler *s)
{
	for (size_t i = 0; i < s->capacity; i++)
		s->slot[i] = (struct slot){0};
}

/* An M and the worker mode of its P. */
static size_t m_spans(const struct reader *reader, const struct sampler *s, size_t p, uint64_t m,
                      struct iovec *span)
{
	size_t n = object_spans(&s->m, m, span);
	return n + object_spans(&s->worker, reader->topology.p[p], span + n);
}

/* What m_spans has asked for; the bytes that it takes. */
static size_t take_m(const struct sampler *s, struct slot *slot, const uint8_t *record)
{
	slot->g = (uint64_t)object_value(&s->m, record, IN_M_CURG, 0);
	slot->g_status = slot->g ? GOPROC_UNKNOWN : GOPROC_NIL;
	slot->worker_mode = object_value(&s->worker, record + s->m.bytes, IN_P_WORKER_MODE, 0);
	return s->m.bytes + s->worker.bytes;
}

/* The first call: the Ps, and what is guessed. */
static enum memory_result read_ps(struct reader *reader, struct sampler *s)
{
	struct iovec *span = s->spans;
	*span++ = memory_span(reader->globals.gomaxprocs, 4);
	*span++ = memory_span(reader->globals.allp, 16);
	for (size_t i = 0; i < reader->topology.np; i++) {
		const struct slot *slot = &s->slot[i];
		span += object_spans(&s->p, reader->topology.p[i], span);
		if (slot->guessed_m)
			span += m_spans(reader, s, i, slot->guessed_m, span);
		if (slot->guessed_g)
			span += object_spans(&s->g, slot->guessed_g, span);
	}
	return memory_gather(&reader->memory, s->raw, s->spans, (size_t)(span - s->spans));
}

static int64_t g_status(const struct sampler *s, const uint8_t *record)
{
	return object_value(&s->g, record, IN_G_STATUS, 0) & G_STATUS_MASK;
}

/* Which guesses were right, and what is to be asked. false: these are no Ps. */
static bool check_guesses(const struct reader *reader, struct sampler *s)
{
	const uint8_t *at = s->raw + HEAD_BYTES;
	for (size_t i = 0; i < reader->topology.np; i++) {
		struct slot *slot = &s->slot[i];
		int64_t id = object_value(&s->p, at, IN_P_ID, -1);
		slot->p_status = object_value(&s->p, at, IN_P_STATUS, -1);
		slot->worker_mode = 0;
		slot->m = (uint64_t)object_value(&s->p, at, IN_P_M, 0);
		if (id != (int64_t)i || slot->p_status > P_STATUS_LAST)
			return false;
		at += s->p.bytes;
		slot->g = 0;
		slot->g_status = slot->m ? GOPROC_UNKNOWN : GOPROC_NIL;
		slot->ask_m = slot->m && slot->m != slot->guessed_m;
		if (slot->guessed_m) {
			if (slot->m == slot->guessed_m)
				take_m(s, slot, at);
			at += s->m.bytes + s->worker.bytes;
		}
		slot->ask_g = s->ask_goroutines && slot->g;
		if (slot->guessed_g) {
			if (slot->ask_g && slot->g == slot->guessed_g) {
				slot->g_status = g_status(s, at);
				slot->ask_g = false;
			}
			at += s->g.bytes;
		}
	}
	return true;
}

/* A further call for what was not guessed; the number of questions it answered, -1: failed. */
static enum memory_result ask(struct reader *reader, struct sampler *s, size_t *asked)
{
	size_t n = 0, np = reader->topology.np;
	struct iovec *span = s->spans;
	for (size_t i = 0; i < np; i++) {
		const struct slot *slot = &s->slot[i];
		if (slot->ask_m)
			span += m_spans(reader, s, i, slot->m, span);
		else if (slot->ask_g)
			span += object_spans(&s->g, slot->g, span);
		n += slot->ask_m || slot->ask_g;
	}
	*asked = n;
	if (n == 0)
		return MEMORY_OK;
	enum memory_result result =
		memory_gather(&reader->memory, s->raw, s->spans, (size_t)(span - s->spans));
	const uint8_t *at = s->raw;
	for (size_t i = 0; i < np && result == MEMORY_OK; i++) {
		struct slot *slot = &s->slot[i];
		if (slot->ask_m) {
			at += take_m(s, slot, at);
			slot->ask_m = false;
			slot->ask_g = s->ask_goroutines && slot->g;
		} else if (slot->ask_g) {
			slot->g_status = g_status(s, at);
			slot->ask_g = false;
			at += s->g.bytes;
		}
	}
	return result;
}

static enum reader_result sample_once(struct reader *reader, struct sampler *s)
{
	enum memory_result result = read_ps(reader, s);
	if (result == MEMORY_OK && (memory_u32(s->raw + HEAD_GOMAXPROCS) != reader->topology.np ||
	                            memory_u64(s->raw + HEAD_ALLP) != reader->topology.allp ||
	                            memory_u64(s->raw + HEAD_ALLP + 8) != reader->topology.np)) {
		reader->topology.valid = false;
		return READER_TORN;
	}
	if (result == MEMORY_OK && !check_guesses(reader, s))
		return READER_TORN;
	size_t asked = 1;
	while (result == MEMORY_OK && asked > 0)
		result = ask(reader, s, &asked);
	return reader_result_of(result);
}

enum reader_result reader_sample(struct reader *reader, enum goproc_activity *activity, size_t max,
                                 size_t *np)
{
	if (!reader->sampler && !(reader->sampler = sampler_create(reader)))
		return READER_FAILED;
	struct sampler *s = reader->sampler;
	for (int attempt = 0; attempt < READER_ATTEMPTS; attempt++) {
		enum reader_result result = reader_topology(reader, attempt);
		if (result == READER_OK && !reserve(s, reader->topology.np))
			result = READER_FAILED;
		if (result == READER_OK)
			result = sample_once(reader, s);
		if (result == READER_TORN) {
			forget_guesses(s);
			continue;
		}
		if (result != READER_OK)
			return result;
		*np = reader->topology.np;
		for (size_t i = 0; i < *np; i++) {
			struct slot *slot = &s->slot[i];
			slot->guessed_m = slot->m;
			slot->guessed_g = s->ask_goroutines ? slot->g : 0;
			if (i < max)
				activity[i] = reader_activity(slot->p_status, slot->worker_mode, slot->g_status);
		}
		return READER_OK;
	}
	reader->dropped++;
	return READER_TORN;
}
