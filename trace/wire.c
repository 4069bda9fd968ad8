#include "trace/wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/format.h"
#include "trace/tables.h"

enum {
	HEADER_MAX = 2 + 4 * VARINT_MAX + 1, /* type, four numbers, first byte of the data */
	/* Letting go of pages interrupts the other threads: not too often. */
	RELEASE_EVERY = 2 << 20,
};

unsigned trace_header_version(const uint8_t *data, size_t n)
{
	if (n < TRACE_HEADER_SIZE || memcmp(data, "go 1.", 5) != 0 ||
	    memcmp(data + 7, " trace\0\0", 9) != 0)
		return 0;
	if (data[5] < '1' || data[5] > '9' || data[6] < '0' || data[6] > '9')
		return 0;
	return (unsigned)(data[5] - '0') * 10 + (unsigned)(data[6] - '0');
}

void wire_init(struct wire *wire, struct input *in, unsigned version, bool tolerant)
{
	*wire = (struct wire){.in = in, .version = version, .tolerant = tolerant};
}

enum wire_result wire_damaged(struct wire_damage *damage, enum wire_damage_kind kind,
                              uint64_t offset, const char *format, ...)
{
	va_list args;
	damage->kind = kind;
	damage->offset = offset;
	damage->unnoticed = false;
	va_start(args, format);
	vsnprintf(damage->text, sizeof damage->text, format, args);
	va_end(args);
	return WIRE_DAMAGED;
}

void generation_finish(struct generation *g)
{
	free(g->batch);
	free(g->thread);
	free(g->structural);
	free(g->frame);
	free(g->sample);
	free(g->strings.at);
	free(g->stacks.at);
	free(g->name_of);
	idmap_finish(&g->thread_of);
	idmap_finish(&g->strings.sparse);
	idmap_finish(&g->stacks.sparse);
	idmap_finish(&g->sparse_name_of);
	idmap_finish(&g->frame_of);
	memset(g, 0, sizeof *g);
}

/* Empties the generation and keeps what is worth keeping of its memory. */
static void reset(struct generation *g)
{
	struct generation old = *g;
	free(old.strings.at);
	free(old.stacks.at);
	free(old.name_of);
	idmap_clear(&old.thread_of);
	idmap_clear(&old.strings.sparse);
	idmap_clear(&old.stacks.sparse);
	idmap_clear(&old.sparse_name_of);
	idmap_clear(&old.frame_of);
	*g = (struct generation){
		.batch = old.batch,
		.batch_capacity = old.batch_capacity,
		.thread = old.thread,
		.thread_capacity = old.thread_capacity,
		.structural = old.structural,
		.structural_capacity = old.structural_capacity,
		.frame = old.frame,
		.frame_capacity = old.frame_capacity,
		.sample = old.sample,
		.sample_capacity = old.sample_capacity,
		.thread_of = old.thread_of,
		.strings = {.sparse = old.strings.sparse},
		.stacks = {.sparse = old.stacks.sparse},
		.sparse_name_of = old.sparse_name_of,
		.frame_of = old.frame_of,
		.largest = old.largest,
	};
}

void generation_note_read(struct generation *g, struct input *in, uint32_t batch)
{
	g->batch[batch].read = true;
	g->unreleased += g->batch[batch].size;
	if (g->unreleased < RELEASE_EVERY)
		return;
	g->unreleased = 0;
	/* Batches lie in the order in which they were written, so that those read form few runs. */
	for (size_t i = 0; i < g->batches; i++) {
		if (!g->batch[i].read)
			continue;
		size_t from = g->batch[i].offset;
		while (i + 1 < g->batches && g->batch[i + 1].read)
			i++;
		input_release(in, from, (size_t)g->batch[i].offset + g->batch[i].size);
	}
}

bool wire_grow(void *array, size_t *capacity, size_t n, size_t size)
{
	if (n < *capacity)
		return true;
	size_t wanted = *capacity ? *capacity * 2 : 64;
	void *old;
	memcpy(&old, array, sizeof old);
	void *bigger = realloc(old, wanted * size);
	if (!bigger)
		return false;
	memcpy(array, &bigger, sizeof bigger);
	*capacity = wanted;
	/* cppcheck-suppress memleak ; the array has it, which it does not see in memcpy */
	return true;
}

/* A batch's header as it was read; `size` bytes of data follow at `data`, an offset. */
struct header {
	uint8_t type, experiment;
	uint8_t kind; /* the data's first byte */
	uint64_t number, m, time, size;
	size_t data;
};

enum header_result {
	HEADER_BATCH,
	HEADER_GENERATION_END,
	HEADER_INPUT_END,
	HEADER_BAD,
	HEADER_NO_MEMORY
};

/* Reads the header at offset `at` of the input and makes sure that its data is there. */
static enum header_result read_header(struct wire *wire, size_t at, struct header *h,
                                      struct wire_damage *damage)
{
	struct input *in = wire->in;
	if (!input_need(in, at + HEADER_MAX))
		return HEADER_NO_MEMORY;
	if (at == in->have)
		return HEADER_INPUT_END;
	uint64_t offset = in->offset + at;
	size_t n = in->have - at < HEADER_MAX ? in->have - at : HEADER_MAX;
	uint8_t copy[HEADER_MAX];
	const uint8_t *bytes = input_peek(in, at, n, copy);
	struct cursor c = {bytes, bytes + n};
	cursor_byte(&c, &h->type);
	if (h->type == EV_END_OF_GENERATION)
		return HEADER_GENERATION_END;
	if (h->type != EV_EVENT_BATCH && h->type != EV_EXPERIMENTAL_BATCH) {
		wire_damaged(damage, WIRE_FRAMING, offset, "expected a batch, found a byte %u", h->type);
		return HEADER_BAD;
	}
	h->experiment = 0;
	/* The reference takes a file that ends right behind this type for one that ends before it. */
	if (h->type == EV_EXPERIMENTAL_BATCH && !cursor_byte(&c, &h->experiment))
		return HEADER_INPUT_END;
	if (!cursor_varint(&c, &h->number) || !cursor_varint(&c, &h->m) ||
	    !cursor_varint(&c, &h->time) || !cursor_varint(&c, &h->size)) {
		bool torn = in->end && (size_t)(c.end - c.p) < VARINT_MAX;
		wire_damaged(damage, torn ? WIRE_TORN : WIRE_FRAMING, offset, "the header of a batch is %s",
		             torn ? "cut off" : "damaged");
		return HEADER_BAD;
	}
	if (h->size > TRACE_MAX_BATCH) {
		wire_damaged(damage, WIRE_FRAMING, offset,
		             "a batch claims %llu bytes, more than the %u it may have",
		             (unsigned long long)h->size, TRACE_MAX_BATCH);
		return HEADER_BAD;
	}
	h->data = at + (size_t)(c.p - bytes);
	h->kind = h->size && c.p < c.end ? *c.p : 0;
	if (!input_need(in, h->data + (size_t)h->size))
		return HEADER_NO_MEMORY;
	if (in->have - h->data < h->size) {
		wire_damaged(damage, WIRE_TORN, offset,
		             "the file ends inside a batch: %zu of its %zu bytes are there",
		             in->have - h->data, (size_t)h->size);
		return HEADER_BAD;
	}
	return HEADER_BATCH;
}

static bool is_structural(const struct header *h, unsigned version)
{
	const uint8_t kind = h->kind;
	if (h->type == EV_EXPERIMENTAL_BATCH || h->size == 0)
		return false;
	return kind == EV_STRINGS || kind == EV_STACKS || kind == EV_CPU_SAMPLES ||
	       kind == (version < 25 ? EV_FREQUENCY : EV_SYNC);
}

/* Enters a batch into the generation. Offsets are relative to the generation's first byte. */
static bool add_batch(struct generation *g, const struct header *h, bool structural)
{
	struct wire_batch batch = {h->time, (uint32_t)h->data, (uint32_t)h->size, WIRE_NONE, false};
	if (structural) {
		if (!wire_grow(&g->structural, &g->structural_capacity, g->structurals, sizeof batch))
			return false;
		g->structural[g->structurals++] = batch;
		return true;
	}
	uint32_t t = idmap_get(&g->thread_of, h->m);
	if (t == IDMAP_NONE) {
		if (!wire_grow(&g->thread, &g->thread_capacity, g->threads, sizeof *g->thread))
			return false;
		t = (uint32_t)g->threads++;
		g->thread[t] = (struct wire_thread){h->m, WIRE_NONE, WIRE_NONE};
		if (!idmap_put(&g->thread_of, h->m, t))
			return false;
	}
	if (!wire_grow(&g->batch, &g->batch_capacity, g->batches, sizeof batch))
		return false;
	uint32_t b = (uint32_t)g->batches++;
	g->batch[b] = batch;
	struct wire_thread *thread = &g->thread[t];
	if (thread->last == WIRE_NONE)
		thread->first = b;
	else
		g->batch[thread->last].next = b;
	thread->last = b;
	return true;
}

/* What the reference says of a batch whose number is not the generation's. true: the generation
 * ends in front of it. */
static bool ends_before(struct wire *wire, const struct generation *g, const struct header *h,
                        uint64_t offset, struct wire_damage *damage)
{
	if (wire->version >= 26) {
		wire_damaged(
			damage, WIRE_SEQUENCE, offset,
			"generation %llu has no end, %llu begins: its end is missing, or they are mixed",
			(unsigned long long)g->number, (unsigned long long)h->number);
	} else if (h->number == g->number + 1) {
		return true;
	} else {
		wire_damaged(damage, WIRE_SEQUENCE, offset,
		             "generation %llu is followed by %llu: out of order",
		             (unsigned long long)g->number, (unsigned long long)h->number);
	}
	return wire->tolerant;
}

/* Hops over the batches of one generation. */
static enum wire_result find_extent(struct wire *wire, struct generation *g,
                                    struct wire_damage *damage)
{
	struct input *in = wire->in;
	bool marked = wire->version >= 26; /* ends are written, not guessed */
	size_t at = 0;
	g->offset = in->offset;
	for (;;) {
		struct header h = {0};
		struct wire_damage found = {0};
		if (input_is_stopped(in))
			return WIRE_NO_MEMORY; /* as a visitor ends it */
		enum header_result result = read_header(wire, at, &h, &found);
		if (result == HEADER_NO_MEMORY)
			return WIRE_NO_MEMORY;
		if (result == HEADER_INPUT_END) {
			g->size = at;
			wire->ended = true;
			if (!marked)
				return WIRE_GENERATION;
			if (g->batches)
				return wire_damaged(damage, WIRE_TORN, in->offset + at,
				                    "generation %llu has no end: the file was cut off",
				                    (unsigned long long)g->number);
			/* Go's reader takes this for a clean end. */
			if (at > 0)
				wire_damaged(damage, WIRE_TORN, in->offset,
				             "the file was cut off in the first batches of a generation");
			return WIRE_END;
		}
		if (result == HEADER_GENERATION_END && marked) {
			g->size = at + 1;
			return WIRE_GENERATION;
		}
		if (result == HEADER_GENERATION_END || (result == HEADER_BATCH && h.number == 0)) {
			g->size = at;
			return wire_damaged(damage, WIRE_FRAMING, in->offset + at, "a batch of generation 0");
		}
		if (result == HEADER_BAD) {
			g->size = at;
			*damage = found;
			if (marked || g->number == 0)
				return WIRE_DAMAGED;
			wire->pending = found; /* what came before may be whole */
			return WIRE_GENERATION;
		}
		if (g->number == 0)
			g->number = h.number;
		if (h.number != g->number) {
			g->size = at;
			bool end = ends_before(wire, g, &h, in->offset + at, &found);
			wire->pending = found;
			if (!end) {
				*damage = found;
				return WIRE_DAMAGED;
			}
			return WIRE_GENERATION;
		}
		if (h.data + h.size > UINT32_MAX)
			return wire_damaged(damage, WIRE_FRAMING, in->offset + at,
			                    "generation %llu is larger than 4 GiB",
			                    (unsigned long long)g->number);
		if (g->min_ticks == 0 || h.time < g->min_ticks)
			g->min_ticks = h.time;
		if (h.type == EV_EXPERIMENTAL_BATCH)
			g->experimental_batches++;
		else if (!add_batch(g, &h, is_structural(&h, wire->version)))
			return WIRE_NO_MEMORY;
		at = h.data + (size_t)h.size;
	}
}

enum wire_result wire_next(struct wire *wire, struct generation *g, struct wire_damage *damage)
{
	memset(damage, 0, sizeof *damage);
	reset(g);
	if (wire->pending.kind == WIRE_TORN || wire->pending.kind == WIRE_FRAMING) {
		*damage = wire->pending; /* reported once the generation before it was read */
		return WIRE_DAMAGED;
	}
	memset(&wire->pending, 0, sizeof wire->pending);
	if (wire->version < 26 && wire->previous != 0) {
		/* Before 1.26 nothing marks the end; the first generation must be there, others need not.
		 */
		if (!input_need(wire->in, 1))
			return WIRE_NO_MEMORY;
		if (wire->in->have > 0 && wire->ended)
			wire_damaged(damage, WIRE_TORN, wire->in->offset, "a batch is cut off behind its type");
		if (wire->in->have == 0 || wire->ended)
			return WIRE_END;
	}
	enum wire_result result = find_extent(wire, g, damage);
	g->data = wire->in->data;
	if (g->size > g->largest)
		g->largest = g->size;
	if (result == WIRE_GENERATION) {
		wire->previous = g->number;
		result = tables_index(g, wire->in, wire->version, damage);
	} else if (result != WIRE_NO_MEMORY && !wire->tolerant) {
		/* Go's reader looks into each batch before it goes on to the next, or finds the end. */
		struct wire_damage earlier = {0};
		if (tables_read(g, wire->in, wire->version, &earlier) == WIRE_DAMAGED) {
			*damage = earlier;
			result = WIRE_DAMAGED;
		}
	}
	return result;
}

void wire_done(struct wire *wire, struct generation *g)
{
	input_release(wire->in, 0, g->size);
	input_consume(wire->in, g->size);
	g->data = NULL;
	g->size = 0;
}
