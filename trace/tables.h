/*
 * The tables inside a generation: strings, stacks, CPU samples, clocks. A part of wire, not meant
 * for others; see wire.h for what they need.
 */
#ifndef SCHEDTOP_TRACE_TABLES_H
#define SCHEDTOP_TRACE_TABLES_H

#include "trace/wire.h"

/* Indexes them all, as far as they are there. WIRE_GENERATION, WIRE_DAMAGED or WIRE_NO_MEMORY. */
enum wire_result tables_read(struct generation *g, struct input *in, unsigned version,
                             struct wire_damage *damage);
/* The same, and checks that the generation has all that it needs. */
enum wire_result tables_index(struct generation *g, struct input *in, unsigned version,
                              struct wire_damage *damage);

/* `id` is not there yet. false: no memory. */
bool wire_table_put(struct wire_table *table, uint64_t id, uint32_t at);
/* The first description of a PC counts. false: no memory. */
bool generation_add_frame(struct generation *g, const struct wire_frame *frame);

/* Returns WIRE_DAMAGED. */
enum wire_result wire_damaged(struct wire_damage *damage, enum wire_damage_kind kind,
                              uint64_t offset, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* `array` is the address of the pointer to an array. Room for one more than n. */
bool wire_grow(void *array, size_t *capacity, size_t n, size_t size);

#endif
