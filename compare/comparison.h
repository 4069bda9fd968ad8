/*
 * What changed from one side to the other: each number of each thing before and after, the change,
 * and whether it exceeds the noise. The caller owns it and the items that it speaks of; one thread.
 */
#ifndef SCHEDTOP_COMPARE_COMPARISON_H
#define SCHEDTOP_COMPARE_COMPARISON_H

#include "compare/estimate.h"
#include "compare/items.h"
#include "compare/side.h"

/* The chance of reporting anything when nothing differs. */
#define COMPARISON_LEVEL 0.01
/* What two runs of one program differ by although nothing changed: the layout of its memory, the
   machine's temperature and neighbours. One run of each side can't tell that from a change. */
#define COMPARISON_MARGIN 0.02
#define COMPARISON_SEED   UINT64_C(0x7363686564746f70)

struct change {
	bool known;       /* both sides are, or one is and the other has none */
	bool judged;      /* there is a p */
	bool significant; /* beyond the noise */
	double ratio;     /* after / before; 0: gone, INFINITY: new */
	double low, high; /* when judged and on both sides: 95 % interval of the ratio */
	double p;         /* corrected for all that are judged */
	double impact_ns; /* time that the change makes, per second */
};

struct row {
	const struct item *item;
	struct estimate side[SIDES][METRICS];
	struct change change[METRICS];
	bool significant; /* any of them */
	double impact_ns; /* the largest: of the significant ones, if any is */
};

struct comparison {
	const struct items *items;
	const struct side *side[SIDES];
	struct row *row; /* significant ones first, then by impact */
	size_t rows;
	size_t judged, significant; /* changes */
};

/* false: no memory. comparison_finish in any case. */
bool comparison_make(struct comparison *c, const struct items *items,
                     const struct side *const side[SIDES], double margin);
void comparison_finish(struct comparison *c);

#endif
