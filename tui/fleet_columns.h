/*
 * The columns of a fleet's list: what is in them, in which order they sort and which go when room
 * is short. Constant data and pure functions; of tui/view_fleet.c alone.
 */
#ifndef SCHEDTOP_TUI_FLEET_COLUMNS_H
#define SCHEDTOP_TUI_FLEET_COLUMNS_H

#include "metrics/fleet.h"
#include "tui/canvas.h"
#include "tui/help.h"
#include "tui/layout.h"

enum fleet_column_kind {
	FLEET_COLUMN_NAME,
	FLEET_COLUMN_STATE, /* sorts by how much attention an instance needs */
	FLEET_COLUMN_JOB,
	FLEET_COLUMN_VERSION,
	FLEET_COLUMN_METRIC,
	FLEET_COLUMN_TREND, /* the last one; sorts by nothing */
};

struct fleet_column {
	enum fleet_column_kind kind;
	enum fleet_metric metric;
	const char *heading;
	struct slot slot;
	bool if_known; /* only where somebody has it: few fleets do */
};
extern const struct fleet_column fleet_column[];
enum { FLEET_COLUMNS = 18, FLEET_SORT_STATE = 1 };

/* Which columns there is room for; `slot` gets FLEET_COLUMNS of them. */
void fleet_columns_layout(const struct fleet *fleet, struct slot *slot, int room);
/* One cell of one instance, all columns but the trend. */
void fleet_column_draw(struct pane cell, const struct fleet_column *column,
                       const struct fleet_instance *instance);
/* What is usual, in the row above the instances. */
void fleet_column_draw_usual(struct pane cell, const struct fleet_column *column,
                             const struct fleet *fleet);
/* < 0: `a` stands before `b`. */
int fleet_column_compare(const struct fleet_column *column, const struct fleet_instance *a,
                         const struct fleet_instance *b, bool reversed);
/* Metrics it stands out by. */
int fleet_marks(const struct fleet_instance *instance);

/* What the columns mean, for the help page. */
extern const struct help_note fleet_notes[];
extern const size_t fleet_note_count;

#endif
