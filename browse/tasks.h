/*
 * The Tasks view is three pages, one behind the other: the types of tasks and regions, one type
 * with its durations, and one task in full. This is what they share; each has a file. They hold
 * nothing but struct tasks_view. UI thread.
 */
#ifndef SCHEDTOP_BROWSE_TASKS_H
#define SCHEDTOP_BROWSE_TASKS_H

#include "browse/task_pass.h"
#include "browse/view.h"

enum tasks_page { TASKS_TYPES, TASKS_TYPE, TASKS_TASK };

/* Which type, by what doesn't move while the trace is read. */
struct tasks_type {
	bool region; /* of regions */
	bool others; /* all beyond the limit */
	uint32_t name;
};

struct tasks_view {
	enum tasks_page page;
	struct view_place left[TASKS_TASK]; /* where the pages before this one were left */
	struct tasks_type type;
	uint64_t open_rows; /* bits: powers of two whose tasks are shown */
	bool open_unended;  /* those that did not end are shown */
	bool sought;        /* the task that the user asked for was opened */
	uint64_t task;
	struct task_pass *pass; /* NULL: it can't be read again */
};

/* A type that was met; the pointers are the analyses'. One of them is NULL. */
struct tasks_met {
	struct tasks_type type;
	const struct task_type *tasks;
	const struct region_type *regions;
	const struct distribution *duration;
	const struct breakdown *spent;
	const struct spent_reasons *reasons;
	uint64_t open; /* not ended */
};
struct tasks_met tasks_met(const struct trace_data *data, bool region, size_t index);
/* false: it was not met, or is not asked for. */
bool tasks_find(const struct trace_data *data, const struct tasks_type *type,
                struct tasks_met *met);
void tasks_name(char to[], const struct canvas *canvas, const struct trace_data *data,
                const struct tasks_met *met);

/* What time was spent on as one bar: states, then all that blocks. */
void tasks_draw_spent(struct pane bar, const struct breakdown *spent);
/* The same in words, the most first, as many as fit. Returns where it ends. */
int tasks_draw_spent_words(struct pane line, const struct names *names,
                           const struct spent_reasons *reasons, const struct breakdown *spent);

/* The first line of all pages but the first: where this is. Returns as pane_text does. */
int tasks_draw_trail(struct pane line, const struct trace_data *data,
                     const struct tasks_view *view);

/* The types, tasks_types.c. */
extern const char *const tasks_sorts[];
void tasks_draw_types(struct pane pane, const struct trace_data *data, struct view_place *place);
/* The one that is selected; false: there is none. */
bool tasks_selected_type(const struct trace_data *data, const struct view_place *place,
                         struct tasks_met *met);

/* One type, tasks_type.c. */
void tasks_draw_type(struct pane pane, const struct trace_data *data, struct view_place *place,
                     const struct tasks_view *view);
/* What is selected there: a task, or a bar, which opens or closes. NULL: no task. */
const struct task_brief *tasks_choose(const struct trace_data *data, const struct view_place *place,
                                      struct tasks_view *view);
/* The rows that are open at first: the slowest. */
void tasks_open_slowest(struct tasks_view *view, const struct tasks_met *met);

/* One task, tasks_task.c. */
void tasks_draw_task(struct pane pane, const struct trace_data *data, struct view_place *place,
                     const struct tasks_view *view);
/* Where the selected line lies in the trace; false: nowhere. */
bool tasks_target(const struct tasks_view *view, const struct view_place *place,
                  struct trace_target *target);

#endif
