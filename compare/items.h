/*
 * What is compared: regions, types of tasks, start functions and blocking sites, known by kind and
 * name, each with what was measured of it on either side. The caller owns the table; one thread.
 */
#ifndef SCHEDTOP_COMPARE_ITEMS_H
#define SCHEDTOP_COMPARE_ITEMS_H

#include "compare/kinds.h"
#include "compare/series.h"
#include "trace/idmap.h"
#include "trace/names.h"

enum { BEFORE, AFTER, SIDES };

enum {
	ITEMS_OF_KIND = 1024,      /* further ones are counted and left out */
	ITEMS_SAMPLES = 1 << 21,   /* durations kept on one side, in all */
	ITEMS_SAMPLES_LEAST = 512, /* kept of each item when there are many */
};

#define ITEM_NONE  (UINT32_MAX - 1) /* left out */
#define ITEM_ERROR UINT32_MAX       /* no memory */

struct item {
	enum item_kind kind;
	uint32_t name; /* in items.names */
	struct series series[SIDES];
};

struct items {
	struct names names;
	struct item *item;
	size_t items, capacity;
	struct idmap item_of; /* by kind and name */
	size_t of_kind[ITEM_KINDS];
	bool left_out[ITEM_KINDS];  /* some of the kind were */
	size_t samples_most[SIDES]; /* of one item; 0: as many as a series takes */
	size_t samples[SIDES];
};

/* All zero is an empty table. */
void items_finish(struct items *items);
/* Index of the item, new or known. */
uint32_t items_find(struct items *items, enum item_kind kind, const char *name, size_t length);
/* An instance of it; see series.h. false: no memory. */
bool items_instance(struct items *items, uint32_t item, int side, size_t slice, int64_t ns);

#endif
