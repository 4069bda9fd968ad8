#include "tui/tui.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "metrics/history.h"
#include "tui/loop.h"
#include "tui/view.h"
#include "util/clock.h"

#define HISTORY_NS        (600 * NS_PER_S)
#define HISTORY_BYTES_MAX ((size_t)8 << 20)

struct tui {
	struct tui_options options;
	struct loop *loop;
	struct history *history;
	enum target_state state;
	const struct view *view;
	struct view_place place;
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
	struct view_data data = {t->history, t->state, clock_monotonic_ns(), clock};
	t->view->draw(pane_of(canvas), &data, &t->place);
}

/* Ages and the clock count on when nothing comes; otherwise the snapshots drive the screen. */
static bool tick(void *arg)
{
	struct tui *t = arg;
	const struct snapshot *newest = history_get(t->history, 0);
	return !newest || clock_monotonic_ns() - newest->monotonic_ns > NS_PER_S;
}

static bool command(enum command command, void *arg)
{
	struct tui *t = arg;
	view_scroll(&t->place, command);
	return true;
}

static const struct loop_ops ops = {CONTEXT_OVERVIEW, draw, command, take_snapshots, tick};

enum status tui_create(struct tui **out, const struct tui_options *options, struct error *error)
{
	struct tui *t = calloc(1, sizeof *t);
	*out = NULL;
	if (!t)
		return error_no_memory(error);
	t->options = *options;
	t->view = &view_overview;
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
