#include "tui/tui.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "metrics/history.h"
#include "tui/frame.h"
#include "tui/loop.h"
#include "tui/view.h"
#include "util/clock.h"

#define VIEWS_MAX         9 /* as many as there are digits */
#define HISTORY_NS        (600 * NS_PER_S)
#define HISTORY_BYTES_MAX ((size_t)8 << 20)

struct tui {
	struct tui_options options;
	struct loop *loop;
	struct history *history;
	enum target_state state;
	size_t view; /* index into views */
	struct view_place place[VIEWS_MAX];
};

/* The history holds what was known: the last word of a process that is gone knows nothing but that,
   and would only hide the values before it. */
static void keep(struct tui *t, const struct snapshot *s)
{
	t->state = s->state;
	if (s->state == TARGET_EXITED && history_count(t->history) > 0)
		snapshot_unref(s);
	else
		history_add(t->history, s);
}

static bool take_snapshots(void *arg)
{
	struct tui *t = arg;
	const struct snapshot *s;
	bool any = false;
	while ((s = feed_take(t->options.feed)) != NULL) {
		if (t->options.on_snapshot)
			t->options.on_snapshot(s, t->options.arg);
		keep(t, s);
		any = true;
	}
	return any;
}

static void draw(struct canvas *canvas, void *arg)
{
	struct tui *t = arg;
	char clock[16] = "";
	time_t seconds = (time_t)(clock_wall_ns() / NS_PER_S);
	struct tm local;
	if (localtime_r(&seconds, &local))
		strftime(clock, sizeof clock, "%H:%M:%S", &local);
	struct view_data data = {
		.history = t->history,
		.state = t->state,
		.now_ns = clock_monotonic_ns(),
		.clock = clock,
		.span_ns = VIEW_SPAN_NS,
	};
	frame_draw(canvas, views[t->view], &data, &t->place[t->view], 0);
}

/* Ages and the clock count on when nothing comes; otherwise the snapshots drive the screen. */
static bool tick(void *arg)
{
	struct tui *t = arg;
	const struct snapshot *newest = history_get(t->history, 0);
	return !newest || clock_monotonic_ns() - newest->monotonic_ns > NS_PER_S;
}

static enum loop_next command(struct tui *t, enum command command, const char *argument)
{
	switch (command) {
	case COMMAND_QUIT:
		return LOOP_END;
	case COMMAND_REDRAW:
		return LOOP_REDRAW;
	case COMMAND_VIEW: {
		size_t number = (size_t)(argument[0] - '1');
		t->view = number < views_count ? number : t->view;
		return LOOP_DRAW;
	}
	case COMMAND_VIEW_NEXT:
		t->view = (t->view + 1) % views_count;
		return LOOP_DRAW;
	case COMMAND_VIEW_PREVIOUS:
		t->view = (t->view + views_count - 1) % views_count;
		return LOOP_DRAW;
	default:
		if (views[t->view]->sorts)
			view_move(&t->place[t->view], command);
		else
			view_scroll(&t->place[t->view], command);
		return LOOP_DRAW;
	}
}

static enum loop_next input(const struct input *input, void *arg)
{
	struct tui *t = arg;
	const struct binding *binding = keymap_find(input->key, views[t->view]->context);
	return binding ? command(t, binding->command, binding->argument) : LOOP_GO_ON;
}

static const struct loop_ops ops = {draw, input, take_snapshots, tick};

enum status tui_create(struct tui **out, const struct tui_options *options, struct error *error)
{
	struct tui *t = calloc(1, sizeof *t);
	*out = NULL;
	if (!t)
		return error_no_memory(error);
	t->options = *options;
	t->history = history_create(HISTORY_NS, HISTORY_BYTES_MAX);
	enum status status = t->history
	                         ? loop_create(&t->loop, &ops, t, options->color, options->ascii, error)
	                         : error_no_memory(error);
	if (status) {
		tui_destroy(t);
		return status;
	}
	*out = t;
	return STATUS_OK;
}

enum status tui_run(struct tui *t, int *signal)
{
	take_snapshots(t);
	loop_run(t->loop, signal);
	return t->state == TARGET_EXITED && !*signal ? STATUS_EXITED : STATUS_OK;
}

void tui_wake(struct tui *t)
{
	loop_wake(t->loop);
}

void tui_destroy(struct tui *t)
{
	if (!t)
		return;
	loop_destroy(t->loop);
	history_destroy(t->history);
	free(t);
}
