/*
 * Stacks that differ in how the program got there, but not in where it stands: each is known by the
 * first one with the same innermost frame of the program. What recurses has thousands of stacks and
 * few places. The caller owns it, and the stacks and names outlive it; one thread.
 */
#ifndef SCHEDTOP_DOCTOR_SPOTS_H
#define SCHEDTOP_DOCTOR_SPOTS_H

#include "trace/idmap.h"
#include "trace/names.h"
#include "trace/stacks.h"

struct spots {
	uint32_t *of; /* by stack, 0: not asked for yet */
	size_t limit;
	struct idmap first; /* by function and line of the frame */
};

/* All zero is a good start. */
void spots_finish(struct spots *spots);
/* A stack that stands for the place; STACK_NONE of STACK_NONE; STACK_ERROR: no memory, or of that.
 */
uint32_t spots_of(struct spots *spots, const struct stacks *stacks, const struct names *names,
                  uint32_t stack);

#endif
