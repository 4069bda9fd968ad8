/*
 * The parts that the Goroutines view is made of: the columns of its list, the stack beside or below
 * it, and what it says in words. They read what view_goroutines.c found and hold nothing. UI
 * thread.
 */
#ifndef SCHEDTOP_TUI_GOROUTINES_H
#define SCHEDTOP_TUI_GOROUTINES_H

#include "metrics/goroutine_table.h"
#include "tui/layout.h"
#include "tui/view.h"

/* A row of the list: a group, or a member of the group that is open. */
struct goroutine_line {
	const struct goroutine_set *set;
	const struct goroutine_stat *stat;
	const struct goroutine_member *member; /* NULL: the group itself */
	bool expanded;                         /* the group is open */
};

/* --- columns, goroutine_columns.c --- */

#define GOROUTINE_COLUMNS 12

extern const char *const goroutine_sorts[];

/* Which columns there are, and how wide, in a list of this width. */
void goroutine_layout(struct slot slot[GOROUTINE_COLUMNS], enum goroutine_by by, int width);
void goroutine_draw_headings(struct pane pane, const struct slot *slot, struct view_place *place);
void goroutine_draw_line(struct pane pane, const struct slot *slot,
                         const struct goroutine_line *line);
/* For qsort_r, over pointers to groups' stats; `arg` is a struct goroutine_order. */
struct goroutine_order {
	const struct goroutine_set *set;
	int sort;
	bool reversed;
};
int goroutine_compare(const void *a, const void *b, void *arg);
/* Does the filter find it in any of its columns? */
bool goroutine_matches(const struct filter *filter, const struct goroutine_line *line);

/* "main.fanOut", in a cell that is too narrow for its package's path without that. */
const char *goroutine_function(const struct canvas *canvas, const char *function, int width);
/* What a group goes by: the one that created it, or where it is. */
void goroutine_group_name(char *to, size_t size, const struct canvas *canvas,
                          const struct goroutine_line *group, enum goroutine_by by);
/* "fanout.go:88"; "" when it is unknown. */
void goroutine_location(char *to, size_t size, const struct goroutine_set *set,
                        const struct goroutine_place *place);
/* "4m 10s", "> 4m 10s"; a dash when it is unknown. */
void goroutine_wait(char *to, size_t size, int64_t ns, bool at_least);

/* --- stacks, goroutine_stack.c --- */

/* Whose stack and what it is; `line` is the selected one, of the group that is open. */
void goroutine_draw_stack(struct pane pane, const struct view_data *data,
                          const struct goroutine_line *line);

/* --- words, goroutine_words.c --- */

/* How many, how often they are read, and how they are grouped. */
void goroutine_draw_summary(struct pane pane, const struct goroutine_table *table,
                            const struct view_place *place);
/* What does not stand in the list, and how old the reading is. */
void goroutine_draw_rest(struct pane pane, const struct view_data *data,
                         const struct goroutine_table *table, const struct view_place *place);
/* What speaks for the marked groups, the selected one first: as many sentences as the pane has
   room for, each in one row, or in two where the screen is narrow. */
#define GOROUTINE_WIDE 100
void goroutine_draw_evidence(struct pane pane, const struct goroutine_table *table,
                             const struct view_place *place);
/* Why there is nothing to show. */
void goroutine_draw_nothing(struct pane pane, const struct view_data *data);

#endif
