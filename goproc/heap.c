#include "goproc/heap.h"

#include <string.h>

/* What is read. */
enum {
	FIELD_NUMGC,
	FIELD_MARKED,
	FIELD_GOAL,
	FIELD_PERCENT_GOAL,
	FIELD_SWEEP_TRIGGER,
	FIELD_TRIGGERED,
	FIELD_LIMIT,
	FIELD_TOTAL,
	FIELD_IDLE,
	FIELD_GC,
	FIELD_ASSIST,
	FIELDS
};

/* runtime/mgcpacer.go: heapGoalInternal */
#define MIN_RUNWAY UINT64_C(65536)

/* The variables: what is read of each is one piece from its first wanted field to its last. */
enum { MEMSTATS, CONTROLLER, WORK, VARIABLES };
#define PIECE_MAX 1024

struct heap_reader {
	struct layout_field place[FIELDS];
	int variable[FIELDS];
	struct {
		uint64_t address;
		size_t start, end;
	} piece[VARIABLES];
	bool known[FIELDS];
	uint64_t value[FIELDS];
};

static void want(struct heap_reader *reader, int field, int variable, struct layout_field place)
{
	size_t start = (size_t)place.off, end = start + (size_t)place.size;
	reader->place[field] = (struct layout_field){-1, 0};
	if (place.off < 0 || place.size > 8 || reader->piece[variable].address == 0)
		return;
	reader->place[field] = place;
	reader->variable[field] = variable;
	if (reader->piece[variable].end == 0 || start < reader->piece[variable].start)
		reader->piece[variable].start = start;
	if (end > reader->piece[variable].end)
		reader->piece[variable].end = end;
}

static bool read_fields(struct heap_reader *reader, struct memory *memory)
{
	uint8_t bytes[VARIABLES * PIECE_MAX], *at[VARIABLES], *next = bytes;
	struct iovec span[VARIABLES];
	size_t n = 0;
	for (int i = 0; i < VARIABLES; i++) {
		size_t size = reader->piece[i].end - reader->piece[i].start;
		at[i] = next;
		if (size > PIECE_MAX)
			return false;
		if (size > 0)
			span[n++] = memory_span(reader->piece[i].address + reader->piece[i].start, size);
		next += size;
	}
	if (n == 0 || memory_gather(memory, bytes, span, n) != MEMORY_OK)
		return false;
	for (int i = 0; i < FIELDS; i++) {
		struct layout_field place = reader->place[i];
		int variable = reader->variable[i];
		if (place.off < 0)
			continue;
		memcpy(&reader->value[i],
		       at[variable] + ((size_t)place.off - reader->piece[variable].start),
		       (size_t)place.size);
		reader->known[i] = true;
	}
	return true;
}

static int64_t known_value(const struct heap_reader *reader, int field)
{
	return reader->known[field] && reader->value[field] <= INT64_MAX ? (int64_t)reader->value[field]
	                                                                 : GOPROC_UNKNOWN;
}

/* runtime/mgcpacer.go: heapGoalInternal, as far as no memory limit is set. With one, it depends on
   how much is mapped and free in all of the heap. */
static int64_t goal_of(const struct heap_reader *reader)
{
	if (reader->known[FIELD_GOAL])
		return known_value(reader, FIELD_GOAL);
	if (!reader->known[FIELD_PERCENT_GOAL] || !reader->known[FIELD_LIMIT] ||
	    reader->value[FIELD_LIMIT] != INT64_MAX || !reader->known[FIELD_TRIGGERED] ||
	    !reader->known[FIELD_SWEEP_TRIGGER])
		return GOPROC_UNKNOWN;
	uint64_t goal = reader->value[FIELD_PERCENT_GOAL];
	uint64_t triggered = reader->value[FIELD_TRIGGERED];
	if (goal > INT64_MAX)
		return GOPROC_UNKNOWN; /* GOGC=off */
	if (reader->value[FIELD_SWEEP_TRIGGER] > goal)
		goal = reader->value[FIELD_SWEEP_TRIGGER];
	if (triggered != UINT64_MAX && triggered <= INT64_MAX && goal < triggered + MIN_RUNWAY)
		goal = triggered + MIN_RUNWAY;
	return goal <= INT64_MAX ? (int64_t)goal : GOPROC_UNKNOWN;
}

/* They change together while the world is stopped; caught in between they don't add up. */
static bool times_add_up(const struct heap_reader *reader)
{
	uint64_t total = reader->value[FIELD_TOTAL], gc = reader->value[FIELD_GC];
	return total <= INT64_MAX && gc <= total && reader->value[FIELD_IDLE] <= total - gc &&
	       reader->value[FIELD_ASSIST] <= gc;
}

void heap_read(struct memory *memory, const struct globals *globals,
               const struct collector_layout *layout, struct goproc_heap *heap)
{
	struct heap_reader reader = {
		.piece = {[MEMSTATS].address = globals->memstats,
	              [CONTROLLER].address = globals->gc_controller,
	              [WORK].address = globals->work},
	};
	*heap = (struct goproc_heap){GOPROC_UNKNOWN, GOPROC_UNKNOWN, GOPROC_UNKNOWN, GOPROC_UNKNOWN,
	                             GOPROC_UNKNOWN, GOPROC_UNKNOWN, GOPROC_UNKNOWN};
	if (!layout)
		return;
	want(&reader, FIELD_NUMGC, MEMSTATS, layout->numgc);
	want(&reader, FIELD_MARKED, CONTROLLER, layout->heapMarked);
	want(&reader, FIELD_GOAL, CONTROLLER, layout->heapGoal);
	want(&reader, FIELD_PERCENT_GOAL, CONTROLLER, layout->gcPercentHeapGoal);
	want(&reader, FIELD_SWEEP_TRIGGER, CONTROLLER, layout->sweepDistMinTrigger);
	want(&reader, FIELD_TRIGGERED, CONTROLLER, layout->triggered);
	want(&reader, FIELD_LIMIT, CONTROLLER, layout->memoryLimit);
	want(&reader, FIELD_TOTAL, WORK, layout->totalTime);
	want(&reader, FIELD_IDLE, WORK, layout->idleTime);
	want(&reader, FIELD_GC, WORK, layout->gcTotalTime);
	want(&reader, FIELD_ASSIST, WORK, layout->gcAssistTime);
	if (!read_fields(&reader, memory))
		return;
	heap->gc_cycles = known_value(&reader, FIELD_NUMGC);
	heap->marked_bytes = known_value(&reader, FIELD_MARKED);
	heap->goal_bytes = goal_of(&reader);
	if (reader.known[FIELD_TOTAL] && times_add_up(&reader)) {
		heap->cpu_total_ns = known_value(&reader, FIELD_TOTAL);
		heap->cpu_idle_ns = known_value(&reader, FIELD_IDLE);
		heap->cpu_gc_ns = known_value(&reader, FIELD_GC);
		heap->cpu_assist_ns = known_value(&reader, FIELD_ASSIST);
	}
}
