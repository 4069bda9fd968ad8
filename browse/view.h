/*
 * What a view of a trace is: a const table over data that it only reads. The frame (browser.h) owns
 * everything, draws the header and the bottom line, moves the selection, and calls a view with the
 * data locked, so that it may look at analyses that are still being filled. UI thread.
 */
#ifndef SCHEDTOP_BROWSE_VIEW_H
#define SCHEDTOP_BROWSE_VIEW_H

#include "browse/extra.h"
#include "report/analysis.h"
#include "tui/canvas.h"
#include "tui/loop.h"
#include "tui/view.h"

struct assists;
struct findings;
struct leaders;
struct timeline_source;

/* What there is to see; borrowed while a view is called, under the lock. What the analyses sum up
   when they end (summaries, goroutines that still live) is not there while `loading`. */
struct trace_data {
	const char *path;                    /* as it was given: not clean */
	const struct analysis_options *part; /* what is counted */
	const struct analysis *analysis;     /* grows while loading */
	const struct extra *extra;           /* so do these */
	const struct leaders *leaders;
	const struct assists *assists;
	/* What the doctor says when all is read. NULL: it has not looked yet, or doesn't, because the
	   part that is counted is not enough for it. */
	const struct findings *findings;
	/* Of the reading so far: damages at any time, all else when it is over. */
	const struct trace_summary *summary;
	struct timeline_source *timeline; /* NULL: there is none */
	/* Why there is less than there should be, when all is over: reading failed, or there was no
	   memory for findings. NULL: nothing failed. */
	const char *failure;
	bool loading;
	double progress;           /* 0...1, < 0 unknown */
	int64_t first_ns, last_ns; /* trace time of the part that was seen so far; equal: nothing was */
	const struct keymap *keys; /* for sentences that name one; NULL: the defaults */
	/* For what a view lets go on by itself: there is something new to draw. From any thread. */
	void (*wake)(void *arg);
	void *wake_arg;
};

/* Where in the trace: what one view asks another to show. */
struct trace_target {
	uint64_t goroutine;     /* 0: any */
	int64_t from_ns, to_ns; /* trace time; the same: a moment; to_ns < from_ns: any */
	uint64_t task;          /* 0: any */
	const char *function;   /* whole name, as it came; borrowed for the visit. NULL: any */
};

/* What a view's command wants of the frame. All zero: nothing. */
struct trace_request {
	enum context view; /* show that view, at `target` */
	struct trace_target target;
	char notice[128]; /* a sentence on the bottom line */
	enum style notice_style;
};

/* A command, or the mouse, for a view. */
struct trace_action {
	enum command command;   /* COMMAND_NONE: the mouse */
	const char *argument;   /* of the command; NULL: none */
	struct tui_input input; /* what the key or the mouse was; of a typed command, none */
};

struct trace_view {
	const char *name; /* on its tab */
	enum context context;
	/* As in tui/view.h: what its list can be sorted and grouped by. */
	const char *const *sorts, *const *groups;
	/* State of its own beside its place, given to all that follows as `own`; may be NULL. create
	   returns NULL when out of memory. */
	void *(*create)(void);
	void (*destroy)(void *own);
	/* Between the header and the bottom line. Keeps `place` as the views of tui/view.h do. */
	void (*draw)(struct pane pane, const struct trace_data *data, struct view_place *place,
	             void *own);
	/* Asked first about every command that its context knows and about the mouse on its pane;
	   LOOP_GO_ON leaves it to the frame. May be NULL. */
	enum loop_next (*act)(const struct trace_data *data, struct view_place *place, void *own,
	                      const struct trace_action *action, struct trace_request *request);
	/* Of the keys in the bottom line those that have nothing to do now: bits as for keymap_draw.
	   May be NULL. */
	uint64_t (*without)(const void *own);
	/* Another view wants this shown here. Returns what to say of it, NULL: nothing. May be NULL. */
	const char *(*visit)(const struct trace_data *data, struct view_place *place, void *own,
	                     const struct trace_target *target);
};

extern const struct trace_view trace_view_summary, trace_view_goroutines, trace_view_latency,
	trace_view_blocking, trace_view_tasks, trace_view_gc, trace_view_timeline, trace_view_findings;

/* In the order of their tabs: the first is number 1. */
extern const struct trace_view *const trace_views[];
extern const size_t trace_views_count;

#endif
