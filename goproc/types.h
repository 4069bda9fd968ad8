/*
 * The run-time type descriptors (internal/abi.Type), which say where each field of the runtime's
 * structures is in this very binary. Stripped binaries keep them, and they are right where tables
 * of versions are not: `m` changed within the patch releases of 1.24.
 *
 * Everything read is checked: descriptors that point outside their section, loops and absurd counts
 * make the look-up fail. Reads through a struct memory; the thread of its owner.
 */
#ifndef SCHEDTOP_GOPROC_TYPES_H
#define SCHEDTOP_GOPROC_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "goproc/memory.h"
#include "goproc/moduledata.h"

struct types {
	struct memory *memory;
	uint64_t start, end; /* moduledata's types and etypes */
	int minor;
};

#define TYPES_FIND_MAX 8

/* Looks up struct types by name ("runtime.g") in two passes over all descriptors. address[i] is 0
   for those that are not there. false: nothing could be read, or n is more than TYPES_FIND_MAX. */
bool types_find(const struct types *types, const char *const *names, size_t n, uint64_t *address);

struct type_place {
	uint64_t offset, size;
};
/* The place of the member at `paths` below the struct type at `address`. A path is dotted
   ("timers.heap.len": slices have array, len and cap, strings have str and len); alternatives are
   separated by |. The atomic types of the runtime are unwrapped. false: no such member, or the
   descriptors are damaged. */
bool types_place(const struct types *types, uint64_t address, const char *paths,
                 struct type_place *place);

#endif
