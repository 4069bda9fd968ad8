/* Tasks: which of them took long, and what for? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "browse/tasks.h"
#include "browse/words.h"
#include "tui/trail.h"
#include "util/text.h"

/* --- types ---------------------------------------------------------------------------------- */

struct tasks_met tasks_met(const struct trace_data *data, bool region, size_t index)
{
	const struct tasks *tasks = &data->analysis->tasks;
	const struct regions *regions = &data->analysis->regions;
	if (region) {
		const struct region_type *r = &regions->type[index];
		return (struct tasks_met){{true, r->others, r->name}, NULL,   r, &r->duration, &r->spent,
		                          &regions->reasons,          r->open};
	}
	const struct task_type *t = &tasks->type[index];
	/* Until the trace was read to its end, those that have not ended are not counted as open. */
	uint64_t open = data->loading && t->begun > t->ended ? t->begun - t->ended : t->open;
	return (struct tasks_met){
		{false, t->others, t->name}, t, NULL, &t->duration, &t->spent, &tasks->reasons, open};
}

bool tasks_find(const struct trace_data *data, const struct tasks_type *type, struct tasks_met *met)
{
	const struct analysis *a = data->analysis;
	size_t n = type->region ? a->regions.types : a->tasks.types;
	for (size_t i = 0; i < n; i++) {
		*met = tasks_met(data, type->region, i);
		if (met->type.name == type->name)
			return true;
	}
	return false;
}

void tasks_name(char to[], const struct canvas *canvas, const struct trace_data *data,
                const struct tasks_met *met)
{
	const struct name *name = names_get(&data->analysis->names, met->type.name);
	words_text(to, canvas, name->text, name->length);
	if (met->type.others)
		snprintf(to, PAGE_CELL, "(others)");
	else if (!*to)
		snprintf(to, PAGE_CELL, "(no name)");
}

int tasks_draw_trail(struct pane line, const struct trace_data *data, const struct tasks_view *view)
{
	char name[PAGE_CELL] = "", type[PAGE_CELL + 16], id[32];
	struct tasks_met met;
	if (tasks_find(data, &view->type, &met))
		tasks_name(name, line.canvas, data, &met);
	snprintf(type, sizeof type, "%s%s", view->type.region ? "region " : "", name);
	snprintf(id, sizeof id, "%" PRIu64, view->task);
	return trail_draw(line, 0,
	                  &(struct trail){
						  {trace_view_tasks.name, type, view->page == TASKS_TASK ? id : NULL}});
}

/* --- what time was spent on ----------------------------------------------------------------- */

static int64_t total(const struct breakdown *spent)
{
	int64_t sum = 0;
	for (size_t i = 0; i < SPENT_KINDS; i++)
		add_ns(&sum, spent->ns[i]);
	return sum;
}

/* In the order of a timeline's meaning; all reasons are one. */
static const unsigned order[] = {SPENT_RUNNING, SPENT_SYSCALL, SPENT_RUNNABLE, SPENT_UNKNOWN,
                                 SPENT_NOBODY};

static int64_t part(const struct breakdown *spent, unsigned kind)
{
	int64_t ns = spent->ns[kind];
	for (size_t i = SPENT_REASONS; i < SPENT_KINDS && kind == SPENT_UNKNOWN; i++)
		add_ns(&ns, spent->ns[i]);
	return ns;
}

void tasks_draw_spent(struct pane bar, const struct breakdown *spent)
{
	double whole = (double)total(spent), past = 0;
	int x = 0;
	for (size_t i = 0; i < sizeof order / sizeof *order && whole > 0; i++) {
		past += (double)part(spent, order[i]);
		for (; x < (int)(past / whole * bar.width + .5) && x < bar.width; x++)
			words_spent_cell(bar, x, order[i]);
	}
}

/* The kind that most time was spent on, of those below the limit; SPENT_KINDS: none. */
static unsigned next_most(const struct breakdown *spent, uint64_t told)
{
	unsigned most = SPENT_KINDS;
	for (unsigned i = 0; i < SPENT_KINDS; i++)
		if (!(told >> i & 1) && spent->ns[i] > 0 &&
		    (most == SPENT_KINDS || spent->ns[i] > spent->ns[most]))
			most = i;
	return most;
}

int tasks_draw_spent_words(struct pane line, const struct names *names,
                           const struct spent_reasons *reasons, const struct breakdown *spent)
{
	char what[PAGE_CELL], share[32];
	double whole = (double)total(spent);
	uint64_t told = 0;
	int x = 0;
	for (unsigned kind; (kind = next_most(spent, told)) < SPENT_KINDS;) {
		told |= UINT64_C(1) << kind;
		words_spent(what, line.canvas, names, reasons, kind);
		text_percent(share, sizeof share, (double)spent->ns[kind] / whole);
		int width =
			2 + canvas_text_width(line.canvas, what) + 1 + canvas_text_width(line.canvas, share);
		if (x + width > line.width)
			break;
		words_spent_cell(line, x, kind);
		int at = pane_text(line, x + 2, 0, STYLE_DIM, what);
		x = pane_text(line, at + 1, 0, STYLE_TEXT, share) + 2;
	}
	return x;
}

/* --- from page to page ---------------------------------------------------------------------- */

static void go_to(struct tasks_view *view, struct view_place *place, enum tasks_page page)
{
	view->left[view->page] = *place;
	*place = (struct view_place){.rows = 1}; /* the frame asks whether there are any */
	view->page = page;
}

static void go_back(struct tasks_view *view, struct view_place *place)
{
	task_pass_destroy(view->pass);
	view->pass = NULL;
	*place = view->left[--view->page];
}

static enum loop_next open_type(const struct trace_data *data, struct view_place *place,
                                struct tasks_view *view)
{
	struct tasks_met met;
	if (!tasks_selected_type(data, place, &met))
		return LOOP_DRAW;
	view->type = met.type;
	tasks_open_slowest(view, &met);
	go_to(view, place, TASKS_TYPE);
	return LOOP_DRAW;
}

/* The type with the slowest of the tasks that were asked for; false: none has ended so far. */
static bool find_wanted(const struct trace_data *data, struct tasks_met *met,
                        const struct task_instance **task)
{
	const struct tasks *tasks = &data->analysis->tasks;
	*task = NULL;
	for (size_t i = 0; i < tasks->types; i++) {
		const struct task_type *t = &tasks->type[i];
		if (t->kept && (!*task || t->slowest[0]->ns > (*task)->ns)) {
			*task = t->slowest[0];
			*met = tasks_met(data, false, i);
		}
	}
	return *task != NULL;
}

/* Who asks for one task sees it at once, as soon as it was met; and the way back leads as if he had
   gone there. */
static void open_wanted(const struct trace_data *data, struct view_place *place,
                        struct tasks_view *view)
{
	const struct task_filter *filter = &data->part->task;
	const struct task_instance *task;
	struct tasks_met met;
	bool asked = filter->id || filter->trace_id;
	if (view->sought || !asked || data->analysis->file_bytes == 0 ||
	    !find_wanted(data, &met, &task))
		return;
	const struct task_pass_options options = {data->path, task->id, data->wake, data->wake_arg};
	view->sought = true;
	view->pass = task_pass_create(&options);
	if (!view->pass)
		return;
	view->task = task->id;
	view->type = met.type;
	view->open_rows = UINT64_C(1) << task_row_of(task->ns);
	go_to(view, place, TASKS_TYPE);
	go_to(view, place, TASKS_TASK);
}

/* The type of one of the slowest tasks; false: it is none of them. */
static bool find_type(const struct trace_data *data, uint64_t id, struct tasks_met *met)
{
	const struct tasks *tasks = &data->analysis->tasks;
	for (size_t i = 0; i < tasks->types; i++)
		for (size_t k = 0; k < tasks->type[i].kept; k++)
			if (tasks->type[i].slowest[k]->id == id) {
				*met = tasks_met(data, false, i);
				return true;
			}
	return false;
}

/* Another view wants one task: the way back leads as if the user had gone there. */
static const char *visit(const struct trace_data *data, struct view_place *place, void *own,
                         const struct trace_target *target)
{
	struct tasks_view *view = own;
	struct tasks_met met;
	if (!target->task || data->analysis->file_bytes == 0)
		return NULL;
	while (view->page != TASKS_TYPES)
		go_back(view, place);
	const struct task_pass_options options = {data->path, target->task, data->wake, data->wake_arg};
	bool known = find_type(data, target->task, &met);
	if (!known && data->analysis->tasks.types > 0)
		met = tasks_met(data, false, 0);
	else if (!known)
		return NULL;
	view->pass = task_pass_create(&options);
	if (!view->pass)
		return NULL;
	view->task = target->task;
	view->type = met.type;
	tasks_open_slowest(view, &met);
	go_to(view, place, TASKS_TYPE);
	go_to(view, place, TASKS_TASK);
	return NULL;
}

static enum loop_next open_task(const struct trace_data *data, struct view_place *place,
                                struct tasks_view *view, struct trace_request *request)
{
	const struct task_brief *brief = tasks_choose(data, place, view);
	if (!brief)
		return LOOP_DRAW;
	/* A pipe has been read, and can't be again. */
	if (data->analysis->file_bytes == 0) {
		snprintf(request->notice, sizeof request->notice,
		         "a task is looked up in the file, and this is none");
		request->notice_style = STYLE_WARNING;
		return LOOP_DRAW;
	}
	const struct task_pass_options options = {data->path, brief->id, data->wake, data->wake_arg};
	view->task = brief->id;
	view->pass = task_pass_create(&options);
	if (view->pass) {
		go_to(view, place, TASKS_TASK);
		return LOOP_DRAW;
	}
	snprintf(request->notice, sizeof request->notice, "there is no memory to look it up");
	request->notice_style = STYLE_WARNING;
	return LOOP_DRAW;
}

static enum loop_next show_in_timeline(const struct tasks_view *view,
                                       const struct view_place *place,
                                       struct trace_request *request)
{
	if (tasks_target(view, place, &request->target))
		request->view = CONTEXT_TRACE_TIMELINE;
	return LOOP_DRAW;
}

static enum loop_next act(const struct trace_data *data, struct view_place *place, void *own,
                          const struct trace_action *action, struct trace_request *request)
{
	struct tasks_view *view = own;
	switch (action->command) {
	case COMMAND_EXPAND:
		return view->page == TASKS_TYPES  ? open_type(data, place, view)
		       : view->page == TASKS_TYPE ? open_task(data, place, view, request)
		                                  : show_in_timeline(view, place, request);
	case COMMAND_CLOSE:
		if (view->page == TASKS_TYPES)
			return LOOP_GO_ON;
		go_back(view, place);
		return LOOP_DRAW;
	case COMMAND_SORT:
	case COMMAND_REVERSE:
	case COMMAND_FILTER:
		/* The types alone can be sorted and filtered. */
		return view->page == TASKS_TYPES ? LOOP_GO_ON : LOOP_DRAW;
	default:
		return LOOP_GO_ON;
	}
}

static void draw(struct pane pane, const struct trace_data *data, struct view_place *place,
                 void *own)
{
	struct tasks_view *view = own;
	if (view->page == TASKS_TYPES)
		open_wanted(data, place, view);
	if (view->page == TASKS_TYPES)
		tasks_draw_types(pane, data, place);
	else if (view->page == TASKS_TYPE)
		tasks_draw_type(pane, data, place, view);
	else
		tasks_draw_task(pane, data, place, view);
}

static void *create(void)
{
	return calloc(1, sizeof(struct tasks_view));
}

static void destroy(void *own)
{
	struct tasks_view *view = own;
	task_pass_destroy(view->pass);
	free(view);
}

const struct trace_view trace_view_tasks = {
	.name = "Tasks",
	.context = CONTEXT_TRACE_TASKS,
	.sorts = tasks_sorts,
	.create = create,
	.destroy = destroy,
	.draw = draw,
	.act = act,
	.visit = visit,
};
