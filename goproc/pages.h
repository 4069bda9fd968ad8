/*
 * A memory on top of another one that reads whole pages and keeps some: for what is constant and is
 * read in many small pieces, as type descriptors are. Never for what changes.
 *
 * The caller owns the struct, and the memory below must outlive it; pages_finish frees what it
 * holds. One thread.
 */
#ifndef SCHEDTOP_GOPROC_PAGES_H
#define SCHEDTOP_GOPROC_PAGES_H

#include <stdint.h>

#include "goproc/memory.h"

#define PAGES_KEPT 64 /* a power of two */

struct pages {
	struct memory *below;
	struct {
		uint64_t address; /* of the page; bytes NULL: none yet */
		uint8_t *bytes;
	} page[PAGES_KEPT];
};

/* What reads through the pages, which begin empty. */
struct memory pages_memory(struct pages *pages, struct memory *below);
void pages_finish(struct pages *pages);

#endif
