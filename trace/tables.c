#include "trace/tables.h"

#include <stdlib.h>
#include <string.h>

#include "trace/format.h"

enum { FIRST_LIMIT = 64 };

/* One batch being read. */
struct reading {
	struct generation *g;
	struct cursor c;
	struct wire_damage *damage;
};

static uint32_t here(const struct reading *r)
{
	return (uint32_t)(r->c.p - r->g->data);
}

static enum wire_result wrong(struct reading *r, const char *what)
{
	return wire_damaged(r->damage, WIRE_CONTENT, r->g->offset + here(r), "generation %llu: %s",
	                    (unsigned long long)r->g->number, what);
}

/* Where no byte of a number is there, Go's reader believes that the trace ends as it should; but
   not everywhere. */
static enum wire_result cut_off(struct reading *r, const char *what)
{
	enum wire_result result = wrong(r, what);
	r->damage->unnoticed = r->c.p == r->c.end;
	return result;
}

/* Makes IDs up to this one indexes. Those that were hashed because they came early move over. */
static bool table_grow(struct wire_table *table, uint64_t id)
{
	size_t limit = table->limit ? table->limit * 2 : FIRST_LIMIT;
	while (limit <= id)
		limit *= 2;
	uint32_t *at = realloc(table->at, limit * sizeof *at);
	if (!at)
		return false;
	memset(at + table->limit, 0, (limit - table->limit) * sizeof *at);
	table->at = at;
	table->limit = limit;
	struct idmap rest = {0};
	bool ok = true;
	for (size_t i = 0; table->sparse.n && i <= table->sparse.mask; i++) {
		const struct idmap_entry *e = &table->sparse.entry[i];
		if (e->value_plus_1 && e->id < limit)
			at[e->id] = e->value_plus_1 - 1;
		else if (e->value_plus_1)
			ok = ok && idmap_put(&rest, e->id, e->value_plus_1 - 1);
	}
	idmap_finish(&table->sparse);
	table->sparse = rest;
	return ok;
}

bool wire_table_put(struct wire_table *table, uint64_t id, uint32_t at)
{
	/* An index costs four bytes: worth it while a quarter of them is in use. */
	if (id >= table->limit && id / 4 <= table->n + FIRST_LIMIT && !table_grow(table, id))
		return false;
	table->n++;
	if (id >= table->limit)
		return idmap_put(&table->sparse, id, at);
	table->at[id] = at;
	return true;
}

static enum wire_result table_add(struct reading *r, struct wire_table *table, uint64_t id,
                                  uint32_t at, const char *twice)
{
	/* ID 0 stands for "none" and is always there: an entry for it is a second one. */
	if (id == 0 || wire_table_get(table, id) != 0)
		return wrong(r, twice);
	return wire_table_put(table, id, at) ? WIRE_GENERATION : WIRE_NO_MEMORY;
}

static enum wire_result add_strings(struct reading *r)
{
	while (r->c.p < r->c.end) {
		uint8_t type = 0;
		uint64_t id, length;
		cursor_byte(&r->c, &type);
		if (type != EV_STRING)
			return wrong(r, "something else among the strings");
		if (!cursor_varint(&r->c, &id))
			return cut_off(r, "a string is cut off");
		uint32_t at = here(r);
		if (!cursor_varint(&r->c, &length))
			return cut_off(r, "a string is cut off");
		if (length > TRACE_MAX_STRING)
			return wrong(r, "a string is longer than 1,024 bytes");
		if (length > (uint64_t)(r->c.end - r->c.p))
			return wrong(r, "a string is cut off");
		r->c.p += length;
		enum wire_result result = table_add(r, &r->g->strings, id, at, "two strings have one ID");
		if (result != WIRE_GENERATION)
			return result;
	}
	return WIRE_GENERATION;
}

bool generation_add_frame(struct generation *g, const struct wire_frame *frame)
{
	if (idmap_get(&g->frame_of, frame->pc) != IDMAP_NONE)
		return true;
	if (!wire_grow(&g->frame, &g->frame_capacity, g->frames, sizeof *g->frame))
		return false;
	g->frame[g->frames] = *frame;
	return idmap_put(&g->frame_of, frame->pc, (uint32_t)g->frames++);
}

static enum wire_result add_stacks(struct reading *r)
{
	while (r->c.p < r->c.end) {
		uint8_t type = 0;
		uint64_t id, frames;
		cursor_byte(&r->c, &type);
		if (type != EV_STACK)
			return wrong(r, "something else among the stacks");
		if (!cursor_varint(&r->c, &id))
			return cut_off(r, "a stack is cut off");
		uint32_t at = here(r);
		if (!cursor_varint(&r->c, &frames))
			return cut_off(r, "a stack is cut off");
		if (frames > TRACE_MAX_FRAMES)
			return wrong(r, "a stack has more than 128 frames");
		for (uint64_t i = 0; i < frames; i++) {
			struct wire_frame f;
			if (!cursor_varint(&r->c, &f.pc) || !cursor_varint(&r->c, &f.function) ||
			    !cursor_varint(&r->c, &f.file) || !cursor_varint(&r->c, &f.line))
				return wrong(r, "a stack is cut off");
			if (!generation_add_frame(r->g, &f))
				return WIRE_NO_MEMORY;
		}
		enum wire_result result = table_add(r, &r->g->stacks, id, at, "two stacks have one ID");
		if (result != WIRE_GENERATION)
			return result;
	}
	return WIRE_GENERATION;
}

static enum wire_result add_samples(struct reading *r)
{
	struct generation *g = r->g;
	while (r->c.p < r->c.end) {
		uint8_t type = 0;
		struct wire_sample s = {0};
		cursor_byte(&r->c, &type);
		if (type != EV_CPU_SAMPLE)
			return wrong(r, "something else among the CPU samples");
		if (!cursor_varint(&r->c, &s.ticks) || !cursor_varint(&r->c, &s.m) ||
		    !cursor_varint(&r->c, &s.p) || !cursor_varint(&r->c, &s.g) ||
		    !cursor_varint(&r->c, &s.stack))
			return cut_off(r, "a CPU sample is cut off");
		if (!wire_grow(&g->sample, &g->sample_capacity, g->samples, sizeof s))
			return WIRE_NO_MEMORY;
		g->sample[g->samples++] = s;
	}
	return WIRE_GENERATION;
}

static enum wire_result set_clocks(struct reading *r, uint64_t batch_time, unsigned version)
{
	struct generation *g = r->g;
	uint64_t ticks = batch_time;
	while (r->c.p < r->c.end) {
		uint8_t type = 0;
		uint64_t value;
		cursor_byte(&r->c, &type);
		if (type == EV_FREQUENCY) {
			if (g->has_frequency)
				return wrong(r, "two frequencies");
			if (!cursor_varint(&r->c, &value))
				return cut_off(r, "the frequency is cut off");
			g->has_frequency = true;
			g->ns_per_tick = 1.0 / ((double)value / 1e9);
		} else if (type == EV_CLOCK_SNAPSHOT && version >= 25) {
			if (g->has_snapshot)
				return wrong(r, "two clock snapshots");
			g->has_snapshot = true;
			if (!cursor_varint(&r->c, &value) || !cursor_varint(&r->c, &g->snapshot_mono_ns) ||
			    !cursor_varint(&r->c, &g->snapshot_s) || !cursor_varint(&r->c, &g->snapshot_ns))
				return cut_off(r, "the clock snapshot is cut off");
			ticks += value;
			g->snapshot_ticks = ticks;
		} else {
			return wrong(r, "something else among the clocks");
		}
	}
	return WIRE_GENERATION;
}

static enum wire_result read_batch(struct generation *g, const struct wire_batch *batch,
                                   unsigned version, struct wire_damage *damage)
{
	const uint8_t *data = g->data + batch->offset;
	struct reading r = {g, {data + 1, data + batch->size}, damage};
	switch (data[0]) {
	case EV_STRINGS:
		return add_strings(&r);
	case EV_STACKS:
		return add_stacks(&r);
	case EV_CPU_SAMPLES:
		return add_samples(&r);
	default: /* before 1.25 the batch is nothing but the frequency */
		if (version < 25)
			r.c.p--;
		return set_clocks(&r, batch->time, version);
	}
}

static int compare_samples(const void *a, const void *b)
{
	int64_t x = ((const struct wire_sample *)a)->time_ns,
			y = ((const struct wire_sample *)b)->time_ns;
	return (x > y) - (x < y);
}

/* What can be said only when all batches were read. */
static enum wire_result check_whole(struct generation *g, unsigned version,
                                    struct wire_damage *damage)
{
	struct reading r = {g, {g->data + g->size, NULL}, damage};
	if (!g->has_frequency)
		return wrong(&r, "no frequency: its clock can't be read");
	if (version >= 25 && !g->has_snapshot)
		return wrong(&r, "no clock snapshot");
	for (size_t i = 0; i < g->frames; i++)
		if (!generation_has_string(g, g->frame[i].function) ||
		    !generation_has_string(g, g->frame[i].file))
			return wrong(&r, "a stack names a function or file that isn't there");
	for (size_t i = 0; i < g->samples; i++)
		g->sample[i].time_ns = generation_ns(g, g->sample[i].ticks);
	if (g->samples)
		qsort(g->sample, g->samples, sizeof *g->sample, compare_samples);
	return WIRE_GENERATION;
}

enum wire_result tables_read(struct generation *g, struct input *in, unsigned version,
                             struct wire_damage *damage)
{
	for (size_t i = 0; i < g->structurals; i++) {
		const struct wire_batch *batch = &g->structural[i];
		enum wire_result result = read_batch(g, batch, version, damage);
		if (result != WIRE_GENERATION)
			return result;
		input_release(in, batch->offset, (size_t)batch->offset + batch->size);
	}
	return WIRE_GENERATION;
}

enum wire_result tables_index(struct generation *g, struct input *in, unsigned version,
                              struct wire_damage *damage)
{
	enum wire_result result = tables_read(g, in, version, damage);
	return result == WIRE_GENERATION ? check_whole(g, version, damage) : result;
}

/* The string whose length stands there; false: there is none. */
static bool string_at(const struct generation *g, uint32_t at, const char **text, size_t *length)
{
	if (at == 0 || at >= g->size)
		return false;
	struct cursor c = {g->data + at, g->data + g->size};
	uint64_t n = 0;
	if (!cursor_varint(&c, &n) || n > (uint64_t)(c.end - c.p))
		return false;
	*text = (const char *)c.p;
	*length = (size_t)n;
	return true;
}

bool generation_string(const struct generation *g, uint64_t id, const char **text, size_t *length)
{
	*text = "";
	*length = 0;
	if (id == 0)
		return true;
	bool in_place = g->has_inline_strings && id >= WIRE_INLINE;
	return string_at(g, in_place ? (uint32_t)id : wire_table_get(&g->strings, id), text, length);
}

uint32_t generation_name_slow(struct generation *g, struct names *names, uint64_t id)
{
	if (g->name_limit < g->strings.limit) {
		uint32_t *bigger = realloc(g->name_of, g->strings.limit * sizeof *bigger);
		if (!bigger) {
			names->torn = true;
			return NAME_ERROR;
		}
		memset(bigger + g->name_limit, 0, (g->strings.limit - g->name_limit) * sizeof *bigger);
		g->name_of = bigger;
		g->name_limit = g->strings.limit;
	}
	bool dense = id < g->name_limit;
	if (dense && g->name_of[id])
		return g->name_of[id] - 1;
	if (!dense) {
		uint32_t known = idmap_get(&g->sparse_name_of, id);
		if (known != IDMAP_NONE)
			return known;
	}
	const char *text;
	size_t length;
	/* Names have their IDs from the file: what it says is none of our places in it. */
	if (!string_at(g, wire_table_get(&g->strings, id), &text, &length))
		return NAME_ERROR;
	uint32_t name = names_intern(names, text, length);
	if (name == NAME_ERROR)
		return NAME_ERROR;
	if (dense) {
		g->name_of[id] = name + 1;
	} else if (!idmap_put(&g->sparse_name_of, id, name)) {
		names->torn = true;
		return NAME_ERROR;
	}
	return name;
}

size_t generation_stack(const struct generation *g, uint64_t id,
                        const struct wire_frame *frame[static 128])
{
	uint32_t at = id ? wire_table_get(&g->stacks, id) : 0;
	if (at == 0)
		return 0;
	struct cursor c = {g->data + at, g->data + g->size};
	uint64_t n = 0;
	cursor_varint(&c, &n);
	if (n > TRACE_MAX_FRAMES) /* format 1 allows more */
		n = TRACE_MAX_FRAMES;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t pc = 0, skipped;
		cursor_varint(&c, &pc);
		cursor_varint(&c, &skipped);
		cursor_varint(&c, &skipped);
		cursor_varint(&c, &skipped);
		frame[i] = &g->frame[idmap_get(&g->frame_of, pc)];
	}
	return (size_t)n;
}
