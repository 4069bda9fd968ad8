/*
 * The runtime in memory of goproc_fake.h, with goroutines that have stacks, and the tables of
 * functions of goproc_tables.h to understand them: all that reading goroutines needs.
 *
 * The world owns everything; world_destroy frees it.
 */
#ifndef SCHEDTOP_TESTS_GOPROC_WORLD_H
#define SCHEDTOP_TESTS_GOPROC_WORLD_H

#include "goproc/gs.h"
#include "goproc/gstacks.h"
#include "goproc/pclntab.h"
#include "goproc/unwind.h"
#include "tests/unit/goproc_fake.h"
#include "tests/unit/goproc_tables.h"

#define WORLD_TEXT       UINT64_C(0x400000)
#define WORLD_STACK      0x4000 /* bytes of each stack */
#define WORLD_GOROUTINES 3      /* in the list at the beginning */

struct world {
	struct fake *fake;
	struct gs gs;
	struct unwinder *unwinder;
	struct gstacks stacks;
	struct pclntab *pclntab;
	struct memory tables_memory;
	uint8_t tables[TABLES_SIZE];
	size_t tables_n;
};

/* All Gs wait, for reason 7 and without a stack: their saved sp is the end of it. G i has goid
   100 + i. */
struct world *world_create(int minor);
void world_destroy(struct world *world);

/* One whole reading, `max` at a time; *dropped is the number of those that were. */
enum reader_result world_read(struct world *world, size_t max, int64_t now_ns, gs_sink *sink,
                              void *arg, uint32_t *dropped);

/* The end of the stack of G i. */
uint64_t world_stack_end(size_t i);
/* G i stands at pc, called from the n return addresses, innermost first. main.worker is the
   function that has frames (TABLES_WORKER_STACK); the stack ends with the last one's. */
void world_set_stack(struct world *world, size_t i, uint64_t pc, const uint64_t *returns, size_t n);

#endif
