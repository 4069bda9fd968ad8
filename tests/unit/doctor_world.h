/*
 * A program as the rules of the doctor see it when a trace is over: what the analyses know of its
 * goroutines, and the spells that the witness tells, made up one by one. The test owns it; one
 * thread.
 */
#ifndef SCHEDTOP_TESTS_UNIT_DOCTOR_WORLD_H
#define SCHEDTOP_TESTS_UNIT_DOCTOR_WORLD_H

#include "doctor/rules.h"
#include "doctor/trace_doctor.h"

#define WORLD_MS INT64_C(1000000)

enum { WORLD_SLOTS = 8 };

struct world {
	struct analysis analysis;
	struct witness witness;
	struct witness_goroutine slot[WORLD_SLOTS];
	struct situations situations;
	struct limits_set limits;
	struct doctor doctor;
	const struct trace_family *family;
	void *self;
	struct findings findings;
};

/* A trace of so many ms with so many Ps, for one family of rules. */
void world_begin(struct world *world, const struct trace_family *family, int64_t ms, uint64_t ps);
void world_finish(struct world *world);

uint32_t world_name(struct world *world, const char *name);
/* The number of a stack of these functions, the leaf first, with blanks between. */
uint32_t world_stack(struct world *world, const char *functions);
/* What the analysis knows of goroutines that start with a function and whose creator is unknown.
   Counts of waits by their reason are added with world_waits. */
struct goroutine_kind *world_kind(struct world *world, const char *function, uint64_t goroutines,
                                  uint64_t starts, int64_t running_ms);
void world_waits(struct world *world, struct goroutine_kind *kind, const char *reason,
                 uint64_t count);
/* A goroutine of its own in a slot, with its ID and what it starts with. */
struct witness_goroutine *world_goroutine(struct world *world, uint32_t slot, uint64_t id,
                                          const char *function);
/* A spell of the goroutine in a slot; all of it, and of what it does not say nothing is so. */
void world_spell(struct world *world, uint32_t slot, struct spell spell);
/* The same `times` times, one directly after the other. */
void world_spells(struct world *world, uint32_t slot, struct spell spell, unsigned times);
/* The trace is over. The only finding, or NULL where there is none; more fail the test. */
const struct finding *world_finding(struct world *world);
/* The one of this slug, or NULL; after world_finding or world_conclude. */
const struct finding *world_find(const struct world *world, enum slug slug);
void world_conclude(struct world *world);
double world_measure(const struct finding *finding, const char *name, enum measure_unit unit);

#endif
