/*
 * What the parts of the Timeline share: where the user is in it, and what was drawn last. The state
 * is the view's own (trace_view.create); drawing brings it up to date with the trace, commands move
 * it. UI thread, and like all of a view's calls under the lock of the loading pass.
 */
#ifndef SCHEDTOP_BROWSE_VIEW_TIMELINE_H
#define SCHEDTOP_BROWSE_VIEW_TIMELINE_H

#include "browse/timeline_source.h"
#include "browse/timeline_window.h"
#include "browse/view.h"
#include "tui/state.h"

enum { TIMELINE_MARKS = 2, TIMELINE_JUMPS = 32, TIMELINE_NAME_MAX = 96, TIMELINE_NOTE_MAX = 160 };

/* A moment on a lane. */
struct timeline_spot {
	struct timeline_window window;
	struct lane lane;
	int64_t at_ns;
	bool selected;
};

struct timeline_view {
	struct timeline_source *source; /* that the rest is about */
	bool begun;                     /* the window is the user's; else all there is */
	struct trace_target awaited;    /* what is to be shown once the trace is read so far */
	int64_t first_ns;               /* when the trace began: what is told counts from there */
	struct timeline_window window, all;

	enum lane_kind kind;
	/* The lanes there are. Those of goroutines are chosen anew when the window has become another;
	   meanwhile they stay where they are. */
	struct lane lane[TIMELINE_LANES];
	size_t lanes;
	struct timeline_window chosen;

	bool selected; /* a moment on a lane is */
	bool scrolled; /* the lanes were, away from the selected one */
	struct lane on;
	int64_t cursor_ns;

	int64_t mark_ns[TIMELINE_MARKS];
	int marks;
	struct timeline_spot jump[TIMELINE_JUMPS]; /* where jumps began, the newest last */
	int jumps;

	char text[TIMELINE_NAME_MAX]; /* that is searched for */
	bool finding;                 /* an answer is awaited */
	struct timeline_find find;
	char note[TIMELINE_NOTE_MAX]; /* in the first line, until the next key */
	enum style note_style;

	/* Of the last picture, in cells of the canvas: for the mouse, and for steps of a cell. */
	int graph_x, columns;
	int lanes_y, lane_height;
	int drag_x;                     /* where the button went down; < 0: not on the graph */
	struct timeline_window dragged; /* as it was then */
};

/* Cells that are asked for in each column: braille shows them side by side. All parts ask for the
   same ones, which the source has ready. */
#define TIMELINE_PARTS 2

/* How a state looks. */
const struct state_look *timeline_state_look(enum span_state state);
uint32_t timeline_state_glyph(enum span_state state, bool ascii);

/* The trace grows while it is read: brings the window up to date (view_timeline.c). */
void timeline_update(struct timeline_view *v, const struct trace_data *data,
                     const struct timeline_extent *extent);

/* --- lanes (view_timeline_lanes.c) ------------------------------------------------------------ */

/* What a picture is drawn from. */
struct timeline_picture {
	const struct trace_data *data;
	struct timeline_view *view;
	const struct span *span; /* the one that is selected; NULL: none is, or it isn't known */
	/* By column: what goes through the lanes where they have nothing to show. */
	struct timeline_line {
		uint32_t glyph; /* 0: nothing */
		enum style style;
	} line[CANVAS_WIDTH_MAX];
};

/* Which lanes there are now; keeps the selected one. */
void timeline_choose_lanes(struct timeline_view *v, const struct timeline_source *source);
/* The row of a lane; -1: it is not among them. */
int timeline_row_of(const struct timeline_view *v, struct lane lane);
/* "P3", "M12", "G9120" */
void timeline_lane_name(char *to, size_t size, struct lane lane);
/* The name of a goroutine with its function where that is known, clean. */
void timeline_goroutine_name(char *to, size_t size, const struct timeline_source *source,
                             uint64_t goroutine);
/* As the trace has it, made harmless. */
void timeline_clean_name(char *to, size_t size, const char *name);
/* One lane: its gutter and its graph. */
void timeline_draw_lane(struct pane gutter, struct pane graph, const struct timeline_picture *p,
                        struct lane lane);

/* --- the selected span (view_timeline_details.c) ---------------------------------------------- */

void timeline_draw_details(struct pane pane, const struct timeline_picture *p);

/* --- commands (view_timeline_act.c) ----------------------------------------------------------- */

enum loop_next timeline_act(const struct trace_data *data, struct view_place *place, void *own,
                            const struct trace_action *action, struct trace_request *request);
const char *timeline_visit(const struct trace_data *data, struct view_place *place, void *own,
                           const struct trace_target *target);
/* A part of the trace, a goroutine, or both. */
void timeline_show_target(struct timeline_view *v, const struct trace_data *data,
                          const struct trace_target *target);
/* What a search has found becomes the place that is shown. */
void timeline_take_found(struct timeline_view *v, struct timeline_source *source);
/* The span at the cursor; NULL: none is selected, or there are no exact spans there. */
const struct span *timeline_selected_span(const struct timeline_view *v,
                                          const struct timeline_source *source);

#endif
