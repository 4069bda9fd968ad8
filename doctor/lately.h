/*
 * What goroutines did lately: the last few times each was blocked, so that a rule can tell what
 * somebody did in a stretch of time that has just passed, when it turns out that others waited
 * for it. What a family doesn't note because it is too short counts as running, as far as this
 * table knows. The family owns it; one thread.
 */
#ifndef SCHEDTOP_DOCTOR_LATELY_H
#define SCHEDTOP_DOCTOR_LATELY_H

#include "doctor/witness.h"

/* Of more goroutines at one time nothing is known. */
enum { LATELY_SPELLS = 4, LATELY_GOROUTINES = 1 << 16 };

struct lately_spell {
	int64_t begin_ns, end_ns;
	uint32_t stack;
	uint8_t class; /* enum spell_class */
};

struct lately_goroutine {
	uint64_t id;
	uint32_t noted; /* spells, ever; the last ones are kept, each at noted % LATELY_SPELLS */
	struct lately_spell spell[LATELY_SPELLS];
};

struct lately {
	struct lately_goroutine *slot;
	size_t slots;
};

/* All zero is a good start. */
void lately_finish(struct lately *lately);
/* Of a spell that was no running. false: no memory. */
bool lately_note(struct lately *lately, const struct witness *witness, uint32_t slot,
                 const struct spell *spell);

/* What is known of a stretch of time: from when on, and what lies in it. */
struct lately_view {
	int64_t begin_ns, end_ns;                 /* empty: nothing is known */
	struct lately_spell spell[LATELY_SPELLS]; /* what lies in it, in their order, cut at its ends */
	unsigned spells;
	int64_t running_ns; /* the rest: at most so much */
};
/* Of the goroutine with this slot and ID. */
void lately_look(const struct lately *lately, uint32_t slot, uint64_t id, int64_t begin_ns,
                 int64_t end_ns, struct lately_view *view);

#endif
