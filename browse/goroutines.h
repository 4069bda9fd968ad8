/*
 * The Goroutines view is three pages, one behind the other: groups of goroutines by the function
 * they start with or by their creator, the goroutines of one group that lead, and one goroutine in
 * full. This is what they share; each has a file. They hold nothing but struct goroutines_view.
 * UI thread.
 */
#ifndef SCHEDTOP_BROWSE_GOROUTINES_H
#define SCHEDTOP_BROWSE_GOROUTINES_H

#include "browse/goroutine_pass.h"
#include "browse/leaders.h"
#include "browse/view.h"
#include "browse/words.h"

enum goroutines_page { GOROUTINES_GROUPS, GOROUTINES_GROUP, GOROUTINES_ONE };

struct goroutines_view {
	enum goroutines_page page;
	struct view_place left[GOROUTINES_ONE]; /* where the pages before this one were left */
	struct leaders_wanted group;
	uint64_t goroutine;
	struct goroutine_pass *pass; /* of that one */
	char problem[160];           /* why there is no pass */
};

/* What is shown of a group and of a goroutine alike. */
struct goroutines_row {
	struct goroutines_wait {
		int64_t ns[WAIT_KINDS];
	} waits; /* of GO_WAITING */
	int64_t state_ns[GO_STATUS_COUNT];
	int64_t latency_max_ns;
	int64_t assist_ns; /* of a group */
	uint64_t count;    /* of a group: its goroutines */
	int64_t lived_ns;  /* of a goroutine */
	uint64_t starts;
	uint64_t id;   /* of the goroutine, or the name that its group goes by */
	uint32_t name; /* function or creator */
	char text[PAGE_CELL];
};

/* The columns of both lists. */
extern const char *const goroutines_sorts[];
/* Sorts by place->sort; `place` is a struct view_place. */
int goroutines_compare(const void *x, const void *y, void *place);
/* Draws the list, headings first, and mends `place`; `sampled` as in table.h. */
enum goroutines_rows { ROWS_FUNCTIONS, ROWS_CREATORS, ROWS_GOROUTINES };
void goroutines_draw_list(struct pane pane, const struct goroutines_row *row, int n,
                          struct view_place *place, enum goroutines_rows what, bool sampled);
/* The row that a command is meant for, as in tui/view.h; NULL: there is none. */
const struct goroutines_row *goroutines_selected_row(const struct view_place *place,
                                                     const struct goroutines_row *row, int n);
/* What time was spent on, in words and then as a bar. */
void goroutines_draw_states(struct pane line, const int64_t state_ns[GO_STATUS_COUNT]);
/* Adds what a list of reasons says, by kinds. */
void goroutines_add_waits(struct goroutines_wait *waits, const struct goroutines *g, uint32_t list,
                          const struct names *names);

/* The groups, goroutines_groups.c. */
void goroutines_draw_groups(struct pane pane, const struct trace_data *data,
                            struct view_place *place);
/* The one that is selected; false: there is none. */
bool goroutines_selected_group(const struct trace_data *data, const struct view_place *place,
                               struct leaders_wanted *group);

/* One group, goroutines_group.c. */
/* What it goes by, with what that is where it is no function they start with. */
void goroutines_group_name(char to[PAGE_CELL], const struct canvas *canvas,
                           const struct trace_data *data, const struct leaders_wanted *group);
void goroutines_draw_group(struct pane pane, const struct trace_data *data,
                           struct view_place *place, const struct goroutines_view *view);
/* 0: none is selected. */
uint64_t goroutines_selected(const struct trace_data *data, const struct view_place *place,
                             const struct goroutines_view *view);

/* One goroutine, goroutines_one.c. */
void goroutines_draw_one(struct pane pane, const struct trace_data *data, struct view_place *place,
                         const struct goroutines_view *view);
/* Where it lies in the trace, as far as that is known; false: nowhere. */
bool goroutines_target(const struct goroutines_view *view, struct trace_target *target);

#endif
