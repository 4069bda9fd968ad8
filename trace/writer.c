#include "trace/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/idmap.h"
#include "util/clock.h"
#include "util/hash.h"

#define GENERATION  1
#define NO_THREAD   UINT64_MAX
#define HEADER      16
#define BATCH_BEGIN 512
/* An event has its type and, of ten bytes at most each, its time and its numbers. */
#define EVENT_MAX (1 + (1 + TRACE_MAX_ARGS) * 10)
#define FRAME_MAX (4 * 10)
/* Of frames we know no address: each different one gets one of its own. */
#define PC_BEGIN 0x1000

/* A batch that is not full yet. */
struct batch {
	uint64_t thread;
	int64_t begin_ns, last_ns;
	uint8_t *data;
	size_t n, capacity;
};

/* What has been seen, by its bytes: the i-th has ID i + 1. */
struct seen {
	struct key {
		size_t at, size; /* in `bytes` */
		uint32_t next;   /* of the same hash, index + 1 */
	} * key;
	size_t n, capacity;
	uint8_t *bytes;
	size_t size, room;
	struct idmap of_hash; /* index */
};

struct trace_writer {
	struct trace_sink sink;
	struct batch *batch;
	size_t batches, batch_capacity;
	struct idmap of_thread;
	struct batch strings, stacks;
	struct batch *held; /* full, from before the beginning */
	size_t holds, hold_capacity;
	bool has_begun;
	struct seen string, stack, frame;
	uint64_t bytes;
	bool no_memory, refused;
};

/* --- bytes ----------------------------------------------------------------------------------- */

static size_t put(uint8_t *to, uint64_t x)
{
	size_t n = 0;
	for (; x >= 0x80; x >>= 7)
		to[n++] = (uint8_t)(x | 0x80);
	to[n++] = (uint8_t)x;
	return n;
}

static bool has_failed(const struct trace_writer *w)
{
	return w->no_memory || w->refused;
}

static void send(struct trace_writer *w, const void *data, size_t size)
{
	if (!has_failed(w) && !w->sink.bytes(w->sink.arg, data, size))
		w->refused = true;
}

static bool grow(struct trace_writer *w, uint8_t **bytes, size_t *capacity, size_t wanted)
{
	if (wanted <= *capacity)
		return true;
	size_t larger = *capacity ? *capacity : BATCH_BEGIN;
	while (larger < wanted)
		larger *= 2;
	uint8_t *grown = realloc(*bytes, larger);
	if (!grown) {
		w->no_memory = true;
		return false;
	}
	*bytes = grown;
	*capacity = larger;
	return true;
}

/* --- batches --------------------------------------------------------------------------------- */

/* The tables may be begun before the trace is. */
static void hold(struct trace_writer *w, struct batch *b)
{
	if (w->holds == w->hold_capacity) {
		size_t larger = w->hold_capacity ? 2 * w->hold_capacity : 8;
		struct batch *grown = realloc(w->held, larger * sizeof *grown);
		w->no_memory |= !grown;
		if (!grown)
			return;
		w->held = grown;
		w->hold_capacity = larger;
	}
	w->held[w->holds++] = *b;
	*b = (struct batch){.thread = b->thread};
}

static void flush(struct trace_writer *w, struct batch *b)
{
	uint8_t head[1 + 4 * 10];
	size_t n = 0;
	if (b->n == 0)
		return;
	if (!w->has_begun) {
		hold(w, b);
		return;
	}
	head[n++] = EV_EVENT_BATCH;
	n += put(head + n, GENERATION);
	n += put(head + n, b->thread);
	n += put(head + n, (uint64_t)b->begin_ns);
	n += put(head + n, b->n);
	send(w, head, n);
	send(w, b->data, b->n);
	w->bytes += n;
	b->n = 0;
}

/* Room for so many bytes more in the batch, which begins anew when it is full. NULL: no memory. */
static uint8_t *room(struct trace_writer *w, struct batch *b, size_t size)
{
	if (b->n + size > TRACE_MAX_BATCH)
		flush(w, b);
	return grow(w, &b->data, &b->capacity, b->n + size) ? b->data + b->n : NULL;
}

static void note(struct trace_writer *w, struct batch *b, size_t size)
{
	b->n += size;
	w->bytes += size;
}

/* Of tables: `kind` is the first byte of each batch. */
static uint8_t *table_room(struct trace_writer *w, struct batch *b, enum trace_event_type kind,
                           size_t size)
{
	uint8_t *to = room(w, b, size + 1);
	if (!to || b->n > 0)
		return to;
	*to = (uint8_t)kind;
	note(w, b, 1);
	return to + 1;
}

static struct batch *batch_of(struct trace_writer *w, uint64_t thread)
{
	uint32_t i = idmap_get(&w->of_thread, thread);
	if (i != IDMAP_NONE)
		return &w->batch[i];
	if (w->batches == w->batch_capacity) {
		size_t larger = w->batch_capacity ? 2 * w->batch_capacity : 16;
		struct batch *grown = realloc(w->batch, larger * sizeof *grown);
		if (!grown)
			return NULL;
		w->batch = grown;
		w->batch_capacity = larger;
	}
	if (!idmap_put(&w->of_thread, thread, (uint32_t)w->batches))
		return NULL;
	w->batch[w->batches] = (struct batch){.thread = thread};
	return &w->batch[w->batches++];
}

void trace_writer_event(struct trace_writer *w, uint64_t thread, int64_t at_ns,
                        enum trace_event_type type, const uint64_t arg[TRACE_MAX_ARGS])
{
	struct batch *b = has_failed(w) ? NULL : batch_of(w, thread);
	uint8_t *to = b ? room(w, b, EVENT_MAX) : NULL;
	size_t n = 0;
	if (!to) {
		w->no_memory |= !has_failed(w);
		return;
	}
	if (b->n == 0)
		b->begin_ns = b->last_ns = at_ns;
	to[n++] = (uint8_t)type;
	n += put(to + n, (uint64_t)(at_ns - b->last_ns));
	for (unsigned i = 0; i < event_specs[type].args; i++)
		n += put(to + n, arg[i]);
	b->last_ns = at_ns;
	note(w, b, n);
}

/* --- tables ---------------------------------------------------------------------------------- */

static uint64_t hash_of(const uint8_t *bytes, size_t size)
{
	uint64_t hash = size;
	for (size_t i = 0; i < size; i++)
		hash = hash_mix(hash, bytes[i]);
	return hash;
}

static bool append(struct trace_writer *w, struct seen *seen, const uint8_t *bytes, size_t size)
{
	if (seen->n == seen->capacity) {
		size_t larger = seen->capacity ? 2 * seen->capacity : 64;
		struct key *grown = realloc(seen->key, larger * sizeof *grown);
		w->no_memory |= !grown;
		if (!grown)
			return false;
		seen->key = grown;
		seen->capacity = larger;
	}
	if (!grow(w, &seen->bytes, &seen->room, seen->size + size))
		return false;
	memcpy(seen->bytes + seen->size, bytes, size);
	seen->key[seen->n++] = (struct key){.at = seen->size, .size = size};
	seen->size += size;
	return true;
}

/* The ID of these bytes; *is_new: nobody has been told of it yet. 0: no memory. */
static uint64_t find(struct trace_writer *w, struct seen *seen, const void *data, size_t size,
                     bool *is_new)
{
	const uint8_t *bytes = data;
	uint64_t hash = hash_of(bytes, size);
	uint32_t first = idmap_get(&seen->of_hash, hash);
	*is_new = false;
	for (uint32_t i = first; i != IDMAP_NONE; i = seen->key[i].next - 1)
		if (seen->key[i].size == size && memcmp(seen->bytes + seen->key[i].at, bytes, size) == 0)
			return i + 1;
	if (has_failed(w) || !append(w, seen, bytes, size))
		return 0;
	uint32_t index = (uint32_t)seen->n - 1;
	if (first != IDMAP_NONE) {
		seen->key[index].next = seen->key[first].next;
		seen->key[first].next = index + 1;
	} else if (!idmap_put(&seen->of_hash, hash, index)) {
		w->no_memory = true;
		return 0;
	}
	*is_new = true;
	return index + 1;
}

static void finish_seen(struct seen *seen)
{
	free(seen->key);
	free(seen->bytes);
	idmap_finish(&seen->of_hash);
}

uint64_t trace_writer_string(struct trace_writer *w, const char *text)
{
	size_t size = strnlen(text, TRACE_MAX_STRING);
	bool is_new;
	if (size == 0)
		return 0;
	uint64_t id = find(w, &w->string, text, size, &is_new);
	uint8_t *to = is_new ? table_room(w, &w->strings, EV_STRINGS, 1 + 2 * 10 + size) : NULL;
	if (!to)
		return id;
	size_t n = 0;
	to[n++] = EV_STRING;
	n += put(to + n, id);
	n += put(to + n, size);
	memcpy(to + n, text, size);
	note(w, &w->strings, n + size);
	return id;
}

uint64_t trace_writer_stack(struct trace_writer *w, const struct writer_frame *frame, size_t n)
{
	uint64_t pc[TRACE_MAX_FRAMES];
	bool is_new;
	if (n > TRACE_MAX_FRAMES)
		n = TRACE_MAX_FRAMES;
	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		pc[i] = PC_BEGIN + find(w, &w->frame, &frame[i], sizeof frame[i], &is_new);
	uint64_t id = find(w, &w->stack, pc, n * sizeof *pc, &is_new);
	uint8_t *to =
		is_new ? table_room(w, &w->stacks, EV_STACKS, 1 + 2 * 10 + n * (size_t)FRAME_MAX) : NULL;
	if (!to)
		return id;
	size_t size = 0;
	to[size++] = EV_STACK;
	size += put(to + size, id);
	size += put(to + size, n);
	for (size_t i = 0; i < n; i++) {
		size += put(to + size, pc[i]);
		size += put(to + size, frame[i].function);
		size += put(to + size, frame[i].file);
		size += put(to + size, frame[i].line);
	}
	note(w, &w->stacks, size);
	return id;
}

/* --- the whole ------------------------------------------------------------------------------- */

struct trace_writer *trace_writer_create(const struct trace_sink *sink)
{
	struct trace_writer *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->sink = *sink;
	w->strings.thread = w->stacks.thread = NO_THREAD;
	return w;
}

void trace_writer_destroy(struct trace_writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->batches; i++)
		free(w->batch[i].data);
	free(w->batch);
	for (size_t i = 0; i < w->holds; i++)
		free(w->held[i].data);
	free(w->held);
	free(w->strings.data);
	free(w->stacks.data);
	idmap_finish(&w->of_thread);
	finish_seen(&w->string);
	finish_seen(&w->stack);
	finish_seen(&w->frame);
	free(w);
}

void trace_writer_begin(struct trace_writer *w, int64_t at_ns, int64_t wall_ns)
{
	char header[HEADER + 1] = {0};
	struct batch sync = {.thread = NO_THREAD, .begin_ns = at_ns};
	snprintf(header, sizeof header, "go 1.%d trace", TRACE_WRITER_VERSION);
	send(w, header, HEADER);
	w->bytes += HEADER;
	uint8_t data[3 + 5 * 10];
	size_t n = 0;
	data[n++] = EV_SYNC;
	data[n++] = EV_FREQUENCY;
	n += put(data + n, NS_PER_S);
	data[n++] = EV_CLOCK_SNAPSHOT;
	n += put(data + n, 0);
	n += put(data + n, (uint64_t)at_ns);
	n += put(data + n, (uint64_t)(wall_ns / NS_PER_S));
	n += put(data + n, (uint64_t)(wall_ns % NS_PER_S));
	sync.data = data;
	note(w, &sync, n);
	w->has_begun = true;
	flush(w, &sync);
	w->strings.begin_ns = w->stacks.begin_ns = at_ns;
	for (size_t i = 0; i < w->holds; i++) {
		w->held[i].begin_ns = at_ns;
		flush(w, &w->held[i]);
	}
}

uint64_t trace_writer_bytes(const struct trace_writer *w)
{
	return w->bytes;
}

bool trace_writer_finish(struct trace_writer *w, bool *no_memory)
{
	for (size_t i = 0; i < w->batches; i++)
		flush(w, &w->batch[i]);
	flush(w, &w->stacks);
	flush(w, &w->strings);
	*no_memory = w->no_memory;
	return !has_failed(w);
}
