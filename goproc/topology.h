/*
 * Which Ps and Ms there are: their addresses, cached between reads, for knowing them is what makes
 * one system call enough. The runtime changes both lists while it is read, so a topology is a guess
 * that every read verifies; when it was wrong, it is refreshed.
 *
 * Owned by the reader it is part of; that one's thread.
 */
#ifndef SCHEDTOP_GOPROC_TOPOLOGY_H
#define SCHEDTOP_GOPROC_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "goproc/memory.h"

/* Absurd beyond; the runtime's own limits are 2^31 Ps and, by default, 10,000 threads. */
#define TOPOLOGY_PROCS_MAX   65536
#define TOPOLOGY_THREADS_MAX 200000

/* Addresses of the runtime's variables, relocated. */
struct globals {
	uint64_t sched, allp, allm, gomaxprocs, allglen;
	uint64_t allgptr; /* of the array of all goroutines; its length is allglen, read before it */
	/* The collector's; 0: unknown, as in every program without symbols. */
	uint64_t gc_controller, memstats, work;
	uint64_t gc_controller_size, memstats_size, work_size;
	uint64_t gc_phase, gc_phase_size; /* 0: unknown; code tells where it is, too */
};

struct address_index;

struct topology {
	bool valid;
	uint64_t allp; /* the array */
	uint64_t *p;   /* [np], in the order of runtime.allp */
	uint64_t *m;   /* [nm], in the order of runtime.allm */
	size_t np, nm;
	struct address_index *p_index, *m_index;
	uint32_t generation; /* changes whenever the lists do */
};

enum topology_effort {
	TOPOLOGY_NEW_ONLY, /* follow allm until a known M: new ones come first */
	TOPOLOGY_WHOLE,    /* follow it to the end: one in the middle went away */
};

/* MEMORY_FAULT also stands for lists that make no sense. `alllink` is the offset of the link in m.
 */
enum memory_result topology_refresh(struct topology *topology, struct memory *memory,
                                    const struct globals *globals, uint32_t alllink,
                                    enum topology_effort effort);
void topology_finish(struct topology *topology);

/* The number of the P or M at that address, or -1. */
int64_t topology_p(const struct topology *topology, uint64_t address);
int64_t topology_m(const struct topology *topology, uint64_t address);

#endif
