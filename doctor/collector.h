/*
 * How a program asks for a collection: what rules about the collector and about stops of the world
 * both have to know. Any thread.
 */
#ifndef SCHEDTOP_DOCTOR_COLLECTOR_H
#define SCHEDTOP_DOCTOR_COLLECTOR_H

#include "trace/names.h"
#include "trace/stacks.h"

/* Does the stack lead through a function that starts a cycle for the program, or did the cycle
   begin because it was due? */
bool collector_was_called(const struct stacks *stacks, const struct names *names, uint32_t stack);

#endif
