#include "collect/trace_reach.h"

#include <string.h>

#include "util/clock.h"

/* internal/trace/tracev2/events.go */
enum {
	EVENT_BATCH = 1,
	FREQUENCY = 8,
	EXPERIMENTAL_BATCH = 49,
	SYNC = 50,
	END_OF_GENERATION = 52,
};

#define HEADER_SIZE 16 /* of the trace */
#define BATCH_MAX   65536
#define PEEK_SIZE   12 /* of a batch's data: enough for a Sync and a Frequency */

/* Reads a number; 0 bytes of it: it is not all there. A number that is too long breaks the trace.
 */
static size_t read_varint(struct trace_reach *r, size_t at, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; at + i < r->have; i++) {
		unsigned char byte = r->head[at + i];
		if (i == 9 && byte > 1) {
			r->broken = true;
			return 0;
		}
		*value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80)
			return i + 1;
	}
	return 0;
}

static void note_frequency(struct trace_reach *r, size_t at)
{
	uint64_t per_s;
	if (r->ns_per_tick > 0 || at + 2 > r->have || r->head[at] != SYNC ||
	    r->head[at + 1] != FREQUENCY)
		return;
	if (read_varint(r, at + 2, &per_s) && per_s > 0)
		r->ns_per_tick = (double)NS_PER_S / (double)per_s;
}

static void note_time(struct trace_reach *r, uint64_t generation, uint64_t ticks)
{
	if (!r->any) {
		r->first_generation = generation;
		r->from_ticks = r->to_ticks = ticks;
	}
	r->any = true;
	/* Threads write their batches as they come. The tables that end a generation have a time, too:
	   that of its end. */
	if (generation == r->first_generation && ticks < r->from_ticks)
		r->from_ticks = ticks;
	if (ticks > r->to_ticks)
		r->to_ticks = ticks;
}

/* What is gathered begins a batch: looks whether that is enough of it. */
static void look(struct trace_reach *r)
{
	enum { GENERATION, THREAD, TIME, SIZE, FIELDS };
	uint64_t field[FIELDS];
	size_t at = 1;
	if (r->head[0] == END_OF_GENERATION) {
		r->have = 0;
		return;
	}
	if (r->head[0] == EXPERIMENTAL_BATCH)
		at = 2; /* a byte that says which experiment */
	else if (r->head[0] != EVENT_BATCH)
		r->broken = true;
	for (int i = 0; i < FIELDS && !r->broken; i++) {
		size_t n = read_varint(r, at, &field[i]);
		if (n == 0)
			return;
		at += n;
	}
	if (r->broken || field[SIZE] > BATCH_MAX) {
		r->broken = true;
		return;
	}
	size_t peek = field[SIZE] < PEEK_SIZE ? (size_t)field[SIZE] : PEEK_SIZE;
	if (r->have < at + peek)
		return;
	note_time(r, field[GENERATION], field[TIME]);
	note_frequency(r, at);
	r->skip = field[SIZE] - peek;
	r->have = 0;
}

void trace_reach_add(struct trace_reach *r, const void *data, size_t size)
{
	const unsigned char *at = data;
	while (size > 0 && !r->broken) {
		if (r->skip > 0) {
			size_t n = r->skip < size ? (size_t)r->skip : size;
			r->skip -= n;
			at += n;
			size -= n;
			continue;
		}
		/* A batch's header and what is looked at of its data always fit. */
		r->head[r->have++] = *at++;
		size--;
		if (r->opened) {
			look(r);
		} else if (r->have == HEADER_SIZE) {
			r->opened = true;
			r->have = 0;
		}
	}
}

int64_t trace_reach_ns(const struct trace_reach *r)
{
	if (r->broken || !r->any || r->ns_per_tick <= 0)
		return 0;
	double ns = (double)(r->to_ticks - r->from_ticks) * r->ns_per_tick;
	return ns < 9e18 ? (int64_t)ns : 0;
}
