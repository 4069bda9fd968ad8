/*
 * What the garbage collector keeps in variables of its own: cycles, heap, and where processor time
 * went until the last cycle. Their addresses come from the symbol table and their layout from the
 * generated table, and only when their sizes are those of the table: a program built with another
 * patch release may differ. All of it is unknown otherwise.
 *
 * Plain data; part of a reader.
 */
#ifndef SCHEDTOP_GOPROC_GCSTATE_H
#define SCHEDTOP_GOPROC_GCSTATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "goproc/goproc.h"
#include "goproc/objects.h"
#include "goproc/topology.h"

enum gc_variable { GC_CONTROLLER, GC_MEMSTATS, GC_WORK, GC_VARIABLES };

struct gcstate {
	uint64_t address[GC_VARIABLES]; /* 0: unknown */
	struct object object[GC_VARIABLES];
	uint64_t cpu_idle; /* address of the one that moves together with sched.idleTime; 0: unknown */
	size_t span_count, bytes;
	int minor;
};

void gcstate_init(struct gcstate *state, const struct globals *globals, int minor);
/* Appends the spans; the number of them. */
size_t gcstate_spans(const struct gcstate *state, struct iovec *spans);
/* What has been read from the spans. What is not plausible is unknown. */
void gcstate_decode(const struct gcstate *state, const uint8_t *raw, struct goproc_collector *out);

#endif
