/*
 * What a view is: a const table with a name, the keys' context and a draw function over data that
 * it only reads. A view keeps nothing but its place, which the app owns; so drawing the same data
 * twice gives the same picture, and the goldens of tests/golden are just that. The header and the
 * bottom line are the frame's (frame.h): a view draws what is between. UI thread.
 */
#ifndef SCHEDTOP_TUI_VIEW_H
#define SCHEDTOP_TUI_VIEW_H

#include "metrics/derive.h"
#include "metrics/history.h"
#include "metrics/playback.h"
#include "metrics/session.h"
#include "tui/canvas.h"
#include "tui/filter.h"
#include "tui/keymap.h"

struct findings; /* doctor/finding.h */

/* Everything a view may look at; borrowed while it draws. When the past is on the screen, history
   and clocks are those of that moment: a view need not know. */
struct view_data {
	const struct history *history; /* a view is drawn from the first snapshot on: never empty */
	enum target_state state;
	int64_t now_ns;    /* monotonic */
	const char *clock; /* wall time as text */
	int64_t span_ns;   /* time that strips and sparklines cover; 0: VIEW_SPAN_NS */
	bool paused;       /* the view stands still at now_ns */
	int64_t behind_ns; /* when paused: how long ago that is */
	const struct capture_state *capture;   /* NULL: there are no captures here */
	const struct sentinel_state *sentinel; /* NULL: there is none */
	struct playback_state playback;        /* all zero: this is the present */
	const struct findings *findings;       /* of that moment; NULL: nobody has looked */
	const struct keymap *keys;             /* of the bottom line; NULL: the defaults */
	const char *inside;                    /* the screen that this one belongs to; NULL: none */
};
#define VIEW_SPAN_NS INT64_C(60000000000)

#define VIEW_COLUMNS_MAX 24
#define VIEW_FILTER_MAX  256

/*
 * Where the user is in a view. The app fills what the user has chosen; draw() tells what it found
 * out about its list and mends `top` and `selected`. All zero is a fresh start.
 */
struct view_place {
	int top;      /* first row shown */
	int rows;     /* rows there are, after the filter */
	int page;     /* rows that fit */
	bool compact; /* of the lanes: several Ps share a row, so that all are seen */

	/* Lists with a selected row: the first one until the user has chosen another, which is followed
	   by the id that view_select is given. */
	int selected;
	bool chosen;
	bool anchored; /* selected_id is set; else the row number holds */
	int64_t selected_id;

	int sort; /* index into the view's `sorts` */
	bool reversed;
	char filter[VIEW_FILTER_MAX]; /* UTF-8; "": all rows (filter.h) */

	/* Lists of groups: by what they are made (index into the view's `groups`), whether all are
	   shown, the one that is open (0: none), and the one that the selected row belongs to. */
	int grouping;
	bool all;
	int64_t expanded, selected_group;

	/* For the mouse, in cells of the canvas: the first row of the list, the row of headings (0:
	   none), and the headings that sort, [x, x + width) in the order of `sorts`. */
	int list_y, heading_y;
	struct view_heading {
		int x, width;
	} heading[VIEW_COLUMNS_MAX];

	/* For listing.h: all columns with their headings, from the left; and what is told of the
	   selected row outside of the list, a stack, say (width 0: nothing). */
	struct view_column {
		char name[24];
		int x, width;
	} column[VIEW_COLUMNS_MAX];
	int columns;
	struct view_area {
		int x, y, width, height;
	} detail;
};

/* Before a view is drawn: what it tells of its picture is of the one before. */
void view_begin(struct view_place *place);
/* The part of a list, or of a row of it, that columns may fill: VIEW_LIST_MARGIN cells before it
   are for the mark of the selected row, and a blank. */
enum { VIEW_LIST_MARGIN = 2 };
struct pane view_list_inside(struct pane list);
/* A row of a list is the selected one: without colours and reverse video its mark alone says it. */
void view_draw_selected(struct pane row);
/* That this pane tells of the selected row. */
void view_tell_detail(struct view_place *place, struct pane pane);

struct view {
	const char *name; /* on its tab */
	enum context context;
	void (*draw)(struct pane pane, const struct view_data *data, struct view_place *place);
	const char *const *sorts;  /* what a list can be sorted by, for :sort; NULL at the end. NULL: it
	                              is no list, with nothing to filter either */
	const char *const *groups; /* by what a list can be grouped, for :group; NULL at the end. NULL:
	                              its rows are no groups */
};

extern const struct view view_overview, view_goroutines, view_threads, view_latency, view_findings;

/* Moves the place as a command says: what is shown of the rows, or the selection of a list. */
void view_scroll(struct view_place *place, enum command command);
void view_move(struct view_place *place, enum command command);
/* A notch of the wheel, COMMAND_UP or COMMAND_DOWN, over a list, or over `help` that lies on it. */
#define VIEW_WHEEL_ROWS 3
void view_wheel(struct view_place *list, struct view_place *help, enum command command);
/* Rows that it goes down, 0: it is no such command. */
int view_step(const struct view_place *place, enum command command);
/*
 * What the commands of lists do to the place, wherever the list stands: sort by the column whose
 * name begins with `argument`, or without one by the next (COMMAND_SORT_PREVIOUS: the previous) of
 * `sorts`; the other way round; and the same for groups. NULL: it is done. Else why it is not, for
 * the bottom line.
 */
const char *view_sort(struct view_place *place, const char *const *sorts, enum command command,
                      const char *argument);
const char *view_reverse(struct view_place *place, const char *const *sorts);
const char *view_group(struct view_place *place, const char *const *groups, const char *argument);
/* The view that `argument` means, by its number from 1 or by how its name begins; -1: there is
   none. name(i) is NULL behind the last. */
int view_named(const char *argument, const char *(*name)(size_t i));
/* Keeps `top` within the list of `rows`, of which `page` fit. */
void view_fit(struct view_place *place, int rows, int page);

/*
 * For lists, in this order: leave out rows that place->filter refuses, sort the others by
 * place->sort, then view_select with their ids. It moves the selection to where its item is now
 * (or keeps the row when that is gone), and `top` so that the selection is on the screen. Without
 * ids (NULL) the rows never move.
 */
void view_select(struct view_place *place, const int64_t *id, int rows, int page);
/* The row that was last drawn as selected, wherever it is among the rows of now: what a command is
   meant for. */
int view_selected_row(const struct view_place *place, const int64_t *id, int rows);
/* A heading of the list, in its cell. `sort` < 0: the list can't be sorted by it. Else it can be
   clicked, and has a mark when the list is: "name▼", in ASCII "namev". */
void view_draw_heading(struct pane cell, struct view_place *place, int sort, const char *name,
                       bool right);

/* A click at a cell of the canvas: on a heading sorts by it, or the other way round, on a row
   selects it. */
enum view_hit { VIEW_HIT_NOTHING, VIEW_HIT_HEADING, VIEW_HIT_ROW, VIEW_HIT_SELECTED_ROW };
enum view_hit view_click(struct view_place *place, int x, int y);

/* The span to show, never 0. */
int64_t view_span(const struct view_data *data);

/*
 * A part of the screen's data with its age: the newest snapshot that has the part, which need not
 * be the newest one. A source that has fallen silent leaves its last word on the screen, dim and
 * with its age.
 */
struct view_part {
	const struct snapshot *s; /* NULL: never known */
	int64_t age_ns;
	bool stale;
};

enum view_part_id { PART_SCHED, PART_ROWS, PART_RUNTIME, PART_OS, PART_GOROUTINES, PART_COUNT };
struct view_part view_part(const struct view_data *data, enum view_part_id id);
/* The same for any moment something was read at. */
bool view_is_stale(const struct view_data *data, int64_t at_ns);

/* "7 s", "3m 05s", "2h 07m": whole seconds, since it counts on the screen. */
void view_age(char *to, size_t size, int64_t age_ns);

/* What of that is unknown and why, when net/http/pprof is all there is: "" otherwise. Stands behind
   a sentence. */
const char *view_limits(const struct view_data *data);

/* A count in 6 cells from the right and its name: "  412 queued". Unknown is a dash. */
void view_count(struct pane pane, bool known, int64_t count, const char *name);
#define VIEW_COUNT_WIDTH 6
/* A dash for what is unknown, in the last cells of the pane. */
void view_unknown(struct pane pane);

#endif
