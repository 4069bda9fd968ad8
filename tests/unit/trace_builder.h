/*
 * Writes small traces of format 2 for the tests of trace/. The test owns the bytes; one thread.
 */
#ifndef SCHEDTOP_TESTS_UNIT_TRACE_BUILDER_H
#define SCHEDTOP_TESTS_UNIT_TRACE_BUILDER_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "trace/format.h"

struct builder {
	uint8_t data[4096];
	size_t n;
	size_t batch; /* where the open batch's size stands, two bytes */
};

static inline void build_byte(struct builder *b, unsigned byte)
{
	b->data[b->n++] = (uint8_t)byte;
}

static inline void build_number(struct builder *b, uint64_t x)
{
	for (; x >= 0x80; x >>= 7)
		build_byte(b, (unsigned)(x & 0x7f) | 0x80);
	build_byte(b, (unsigned)x);
}

static inline void build_header(struct builder *b, unsigned version)
{
	b->n = (size_t)snprintf((char *)b->data, sizeof b->data, "go 1.%u trace", version);
	while (b->n < 16)
		build_byte(b, 0);
}

/* Opens a batch; its size is padded to two bytes, as the runtime pads it to ten. */
static inline void build_batch(struct builder *b, uint64_t generation, uint64_t m, uint64_t time)
{
	build_byte(b, EV_EVENT_BATCH);
	build_number(b, generation);
	build_number(b, m);
	build_number(b, time);
	b->batch = b->n;
	b->n += 2;
}

static inline void build_end(struct builder *b)
{
	size_t size = b->n - b->batch - 2;
	b->data[b->batch] = (uint8_t)((size & 0x7f) | 0x80);
	b->data[b->batch + 1] = (uint8_t)(size >> 7);
}

/* An event with the numbers that its type has, one tick after the one before it. */
static inline void build_event(struct builder *b, unsigned type, uint64_t a0, uint64_t a1,
                               uint64_t a2, uint64_t a3)
{
	const uint64_t args[] = {a0, a1, a2, a3};
	build_byte(b, type);
	build_number(b, 1);
	for (unsigned i = 0; i < event_specs[type].args; i++)
		build_number(b, args[i]);
}

static inline void build_string(struct builder *b, uint64_t id, const char *text)
{
	size_t n = strlen(text);
	build_byte(b, EV_STRING);
	build_number(b, id);
	build_number(b, n);
	memcpy(b->data + b->n, text, n);
	b->n += n;
}

/* A clock of one tick a nanosecond. */
static inline void build_clock(struct builder *b, uint64_t generation, unsigned version)
{
	build_batch(b, generation, UINT64_MAX, 1);
	if (version >= 25)
		build_byte(b, EV_SYNC);
	build_byte(b, EV_FREQUENCY);
	build_number(b, 1000000000);
	if (version >= 25)
		build_event(b, EV_CLOCK_SNAPSHOT, 1, 2, 3, 0);
	build_end(b);
}

static inline void build_strings(struct builder *b, uint64_t generation)
{
	build_batch(b, generation, UINT64_MAX, 1);
	build_byte(b, EV_STRINGS);
	build_string(b, 1, "chan receive");
	build_string(b, 2, "outer");
	build_string(b, 3, "inner");
	build_end(b);
}

#endif
