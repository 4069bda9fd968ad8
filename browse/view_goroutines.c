/* Goroutines: who ran, who waited, and what for? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "browse/goroutines.h"

static const char *const groups[] = {"function", "creator", NULL};

static void go_to(struct goroutines_view *view, struct view_place *place, enum goroutines_page page)
{
	view->left[view->page] = *place;
	/* Sorted alike; and the frame asks whether there are rows. */
	*place = (struct view_place){.rows = 1, .sort = place->sort, .grouping = place->grouping};
	view->page = page;
}

static void go_back(struct goroutines_view *view, struct view_place *place)
{
	goroutine_pass_destroy(view->pass);
	view->pass = NULL;
	*place = view->left[--view->page];
}

/* From any page. */
static void open_one(const struct trace_data *data, struct view_place *place,
                     struct goroutines_view *view, uint64_t id)
{
	struct error error = {0};
	if (view->page == GOROUTINES_ONE)
		go_back(view, place);
	if (view->page == GOROUTINES_GROUPS) { /* nobody came by way of its group */
		view->group = (struct leaders_wanted){NAME_ERROR, NAME_ERROR};
		go_to(view, place, GOROUTINES_GROUP);
	}
	go_to(view, place, GOROUTINES_ONE);
	view->goroutine = id;
	view->pass = goroutine_pass_create(data, id, &error);
	if (!view->pass)
		snprintf(view->problem, sizeof view->problem, "G%llu can't be looked up: %.120s",
		         (unsigned long long)id, error.text);
}

static enum loop_next expand(const struct trace_data *data, struct view_place *place,
                             struct goroutines_view *view, struct trace_request *request)
{
	if (view->page == GOROUTINES_GROUPS) {
		if (goroutines_selected_group(data, place, &view->group))
			go_to(view, place, GOROUTINES_GROUP);
	} else if (view->page == GOROUTINES_GROUP) {
		uint64_t id = goroutines_selected(data, place, view);
		if (id)
			open_one(data, place, view, id);
	} else if (goroutines_target(view, &request->target)) {
		request->view = CONTEXT_TRACE_TIMELINE;
	}
	return LOOP_DRAW;
}

static enum loop_next act(const struct trace_data *data, struct view_place *place, void *own,
                          const struct trace_action *action, struct trace_request *request)
{
	struct goroutines_view *view = own;
	switch (action->command) {
	case COMMAND_EXPAND:
		return expand(data, place, view, request);
	case COMMAND_CLOSE:
		if (view->page == GOROUTINES_GROUPS || (place->filter[0] && view->page == GOROUTINES_GROUP))
			return LOOP_GO_ON;
		go_back(view, place);
		return LOOP_DRAW;
	case COMMAND_SORT:
	case COMMAND_REVERSE:
	case COMMAND_FILTER:
		return view->page == GOROUTINES_ONE ? LOOP_DRAW : LOOP_GO_ON;
	case COMMAND_GROUP:
		return view->page == GOROUTINES_GROUPS ? LOOP_GO_ON : LOOP_DRAW;
	default:
		return LOOP_GO_ON;
	}
}

static const char *visit(const struct trace_data *data, struct view_place *place, void *own,
                         const struct trace_target *target)
{
	if (target->goroutine)
		open_one(data, place, own, target->goroutine);
	return NULL;
}

static void draw(struct pane pane, const struct trace_data *data, struct view_place *place,
                 void *own)
{
	const struct goroutines_view *view = own;
	if (view->page == GOROUTINES_GROUPS)
		goroutines_draw_groups(pane, data, place);
	else if (view->page == GOROUTINES_GROUP)
		goroutines_draw_group(pane, data, place, view);
	else
		goroutines_draw_one(pane, data, place, view);
}

static uint64_t without(const void *own)
{
	const struct goroutines_view *view = own;
	const uint64_t list = COMMAND_BIT(COMMAND_SORT) | COMMAND_BIT(COMMAND_FILTER);
	return (view->page == GOROUTINES_GROUPS ? 0 : COMMAND_BIT(COMMAND_GROUP)) |
	       (view->page == GOROUTINES_ONE ? list : 0);
}

static void *create(void)
{
	return calloc(1, sizeof(struct goroutines_view));
}

static void destroy(void *own)
{
	struct goroutines_view *view = own;
	goroutine_pass_destroy(view->pass);
	free(view);
}

const struct trace_view trace_view_goroutines = {
	.name = "Goroutines",
	.context = CONTEXT_TRACE_GOROUTINES,
	.sorts = goroutines_sorts,
	.groups = groups,
	.create = create,
	.destroy = destroy,
	.draw = draw,
	.act = act,
	.without = without,
	.visit = visit,
};
