/*
 * What a view is: a const table with a name, the keys' context and a draw function over data that
 * it only reads. A view keeps nothing but its place, which the app owns; so drawing the same data
 * twice gives the same picture, and the goldens of tests/golden are just that. UI thread.
 */
#ifndef SCHEDTOP_TUI_VIEW_H
#define SCHEDTOP_TUI_VIEW_H

#include "metrics/derive.h"
#include "metrics/history.h"
#include "tui/canvas.h"
#include "tui/keymap.h"

/* Everything a view may look at; borrowed while it draws. */
struct view_data {
	const struct history *history; /* empty until the first snapshot */
	enum target_state state;
	int64_t now_ns;    /* monotonic */
	const char *clock; /* wall time as text */
};

/* Where the user has scrolled to. draw() sets what it found out about its list and mends `top`. */
struct view_place {
	int top;  /* first row shown */
	int rows; /* rows there are */
	int page; /* rows that fit */
};

struct view {
	const char *name;
	enum context context;
	void (*draw)(struct pane pane, const struct view_data *data, struct view_place *place);
};

extern const struct view view_overview;

/* Moves the place as a command says; the next draw keeps it within the list. */
void view_scroll(struct view_place *place, enum command command);
/* Keeps `top` within the list of `rows`, of which `page` fit. */
void view_fit(struct view_place *place, int rows, int page);

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

enum view_part_id { PART_SCHED, PART_ROWS, PART_RUNTIME, PART_OS, PART_COUNT };
struct view_part view_part(const struct view_data *data, enum view_part_id id);
/* The same for any moment something was read at. */
bool view_is_stale(const struct view_data *data, int64_t at_ns);

/* "7 s", "3m 05s", "2h 07m": whole seconds, since it counts on the screen. */
void view_age(char *to, size_t size, int64_t age_ns);

/* A count in 6 cells from the right and its name: "  412 queued". Unknown is a dash. */
void view_count(struct pane pane, bool known, int64_t count, const char *name);
#define VIEW_COUNT_WIDTH 6
/* A dash for what is unknown, in the last cells of the pane. */
void view_unknown(struct pane pane);

#endif
