/*
 * User regions (runtime/trace.StartRegion, WithRegion): how long each took and what its goroutine
 * did in it, what lies inside included, summed by type. A visitor. It grows with the regions open
 * at one time and the types; the caller owns it, one thread.
 */
#ifndef SCHEDTOP_TRACE_REGIONS_H
#define SCHEDTOP_TRACE_REGIONS_H

#include "trace/breakdown.h"
#include "trace/distribution.h"
#include "trace/event.h"

enum {
	REGION_TYPES = 1024,    /* further types are counted as one */
	REGION_DETAILS = 16384, /* open regions that are broken down; of more only the duration is told
	                         */
};

struct region_type {
	uint32_t name;
	bool others; /* of all types beyond REGION_TYPES */
	uint64_t open;
	uint64_t began_earlier; /* ends of regions that began before the trace */
	uint64_t cut;           /* ended with the region around them, or with the goroutine */
	struct distribution duration;
	struct breakdown spent;
	uint64_t broken_down; /* regions in `spent` */
	uint64_t slowest_goroutine, slowest_task;
	int64_t slowest_begin_ns, slowest_ns;
};

struct region_node {
	uint64_t task;
	int64_t begin_ns;
	uint32_t name, type, detail; /* detail: index + 1; 0: not broken down */
	uint32_t next;               /* index + 1 of the one around it, 0: none */
};

struct region_detail {
	struct breakdown spent;
	uint32_t next_free;
};

struct region_goroutine {
	uint8_t kind;       /* known while a region is open */
	uint32_t innermost; /* index + 1 */
	int64_t since_ns;
};

struct regions {
	uint64_t only; /* this goroutine alone; 0: all */

	struct region_type *type;
	size_t types, type_capacity;
	struct idmap type_of;
	struct region_node *node;
	size_t nodes, node_capacity;
	uint32_t free_node;
	struct region_detail *detail;
	size_t details, detail_capacity;
	uint32_t free_detail;
	bool torn; /* there was no memory for the details of some */
	struct region_goroutine *slot;
	size_t slots;
	struct spent_reasons reasons;
	/* Called with each region that ends. May be NULL. */
	void (*ended)(void *self, const struct region_node *region, uint64_t goroutine, int64_t ns);
	void *ended_self;
};

/* All zero, with `ended` set if wanted, is a good start. */
void regions_finish(struct regions *regions);
struct trace_visitor regions_visitor(struct regions *regions);
void regions_restart(void *regions, int64_t time_ns);

#endif
