/*
 * Format 2 of Go's execution traces as bytes: the header, batches, and the generations they form. A
 * generation is found by hopping from batch header to batch header; then its tables (strings,
 * stacks, CPU samples, clocks) are indexed in place, and batches of events are left as they lie,
 * one list per thread. The caller owns both structures and uses them from one thread; a
 * generation's pointers reach into the input and die when it is consumed.
 */
#ifndef SCHEDTOP_TRACE_WIRE_H
#define SCHEDTOP_TRACE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/idmap.h"
#include "trace/input.h"
#include "trace/names.h"
#include "trace/varint.h"

#define TRACE_HEADER_SIZE 16
#define TRACE_NO_THREAD   UINT64_MAX
#define WIRE_NONE         UINT32_MAX
#define WIRE_INLINE       (UINT64_C(1) << 63)

/* The NN of "go 1.NN trace\0\0\0"; 0: not a trace. */
unsigned trace_header_version(const uint8_t *data, size_t n);

struct wire_batch {
	uint64_t time;         /* ticks */
	uint32_t offset, size; /* within the generation */
	uint32_t next;         /* of the same thread, or WIRE_NONE */
	bool read;             /* all of its events were */
};

struct wire_thread {
	uint64_t id;
	uint32_t first, last; /* batches, in the order of the file: batch times are no sort key */
};

/* Where each ID's entry lies. Go counts IDs up, so most are indexes; the others are hashed. */
struct wire_table {
	uint32_t *at; /* offset within the generation; 0: none */
	size_t limit; /* IDs below it are in `at`; grows with the number of entries, not with the IDs */
	struct idmap sparse;
	size_t n;
};

struct wire_frame {
	uint64_t pc, function, file, line; /* function and file are IDs of strings */
};

struct wire_sample {
	uint64_t ticks, m, p, g, stack;
	int64_t time_ns;
};

struct generation {
	uint64_t number;
	const uint8_t *data;
	size_t size;
	uint64_t offset; /* of data[0] in the trace */
	uint64_t min_ticks;

	double ns_per_tick;
	bool has_frequency, has_snapshot;
	bool has_inline_strings; /* format 1: IDs of WIRE_INLINE + offset are strings in events */
	uint64_t snapshot_ticks, snapshot_mono_ns, snapshot_s, snapshot_ns;

	struct wire_batch *batch;
	size_t batches, batch_capacity;
	size_t unreleased; /* bytes of those that were read, but whose pages were not let go */
	struct wire_thread *thread;
	size_t threads, thread_capacity;
	struct idmap thread_of;
	struct wire_batch *structural;
	size_t structurals, structural_capacity;
	size_t experimental_batches;

	struct wire_table strings, stacks;
	uint32_t *name_of; /* string ID -> number in names + 1, filled on demand */
	size_t name_limit; /* of name_of; the others are in... */
	struct idmap sparse_name_of;
	struct wire_frame *frame;
	size_t frames, frame_capacity;
	struct idmap frame_of; /* by PC; the first description of a PC counts */
	struct wire_sample *sample;
	size_t samples, sample_capacity;
	size_t largest; /* of all generations read with this structure, bytes */
};

/* What wire_next found. Damage has a sentence without the file's name, and a place. */
enum wire_result {
	WIRE_GENERATION, /* `g` is whole */
	WIRE_END,        /* the trace ends here, as it should */
	WIRE_DAMAGED,    /* `g` is not to be used; see damage */
	WIRE_NO_MEMORY,
};

enum wire_damage_kind {
	WIRE_SOUND,
	WIRE_TORN,     /* the input ends inside something */
	WIRE_FRAMING,  /* what should be a batch is none: nothing after it can be trusted */
	WIRE_SEQUENCE, /* a generation is missing, or its end */
	WIRE_CONTENT,  /* a table of this generation is wrong; the next one may be good */
};

struct wire_damage {
	enum wire_damage_kind kind;
	uint64_t offset;
	bool unnoticed; /* Go's reader takes it for the end of the trace */
	char text[160];
};

struct wire {
	struct input *in;
	unsigned version;
	bool tolerant;     /* split where generations are out of sequence instead of giving them up */
	uint64_t previous; /* number of the last generation found, 0: none */
	bool ended;        /* nothing follows it */
	struct wire_damage pending; /* found behind a generation that is good itself */
};

/* `in` stands behind the header. */
void wire_init(struct wire *wire, struct input *in, unsigned version, bool tolerant);
/* Finds and indexes the next generation. Consume its bytes with wire_done before the next call. */
enum wire_result wire_next(struct wire *wire, struct generation *g, struct wire_damage *damage);
void wire_done(struct wire *wire, struct generation *g);

/* The batch's events were read. Pages are let go by and by. */
void generation_note_read(struct generation *g, struct input *in, uint32_t batch);

/* All zero is a good start. */
void generation_finish(struct generation *g);

/* ticks -> ns as the reference does it: one multiplication, truncated; out of range as amd64 does.
 */
static inline int64_t ticks_to_ns(uint64_t ticks, double ns_per_tick)
{
	if (__builtin_expect(ticks <= UINT32_MAX, 1)) { /* converted in one instruction */
		double ns = (double)(int64_t)ticks * ns_per_tick;
		return ns < 9223372036854775808.0 ? (int64_t)ns : INT64_MIN;
	}
	double ns = (double)ticks * ns_per_tick;
	return ns < 9223372036854775808.0 ? (int64_t)ns : INT64_MIN;
}
static inline int64_t generation_ns(const struct generation *g, uint64_t ticks)
{
	return ticks_to_ns(ticks, g->ns_per_tick);
}

static inline uint32_t wire_table_get(const struct wire_table *table, uint64_t id)
{
	if (__builtin_expect(id < table->limit, 1))
		return table->at[id];
	uint32_t at = idmap_get(&table->sparse, id);
	return at == IDMAP_NONE ? 0 : at;
}
static inline bool generation_has_stack(const struct generation *g, uint64_t id)
{
	return id == 0 || wire_table_get(&g->stacks, id) != 0;
}
static inline bool generation_has_string(const struct generation *g, uint64_t id)
{
	return id == 0 || wire_table_get(&g->strings, id) != 0;
}
/* The string's bytes; false: unknown ID. */
bool generation_string(const struct generation *g, uint64_t id, const char **text, size_t *length);
/* Its number in `names`, kept there from now on. NAME_ERROR: unknown ID or no memory. */
uint32_t generation_name_slow(struct generation *g, struct names *names, uint64_t id);
static inline uint32_t generation_name(struct generation *g, struct names *names, uint64_t id)
{
	if (__builtin_expect(id < g->name_limit && g->name_of[id], 1))
		return g->name_of[id] - 1;
	return id == 0 ? NAME_NONE : generation_name_slow(g, names, id);
}
/* Frames of a stack, leaf first; the number of them, 0 for stack 0 and unknown ones. */
size_t generation_stack(const struct generation *g, uint64_t id,
                        const struct wire_frame *frame[static 128]);

#endif
