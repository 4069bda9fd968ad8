#include "tui/fleet.h"

#include <stdio.h>
#include <stdlib.h>

#include "tui/view_fleet.h"
#include "util/clock.h"

struct tui_fleet {
	struct tui_fleet_options options;
	struct fleet_view view;
	struct loop *loop; /* while it runs */
};

static struct fleet_view *view_now(struct tui_fleet *t)
{
	fleet_view_tell_time(&t->view, clock_monotonic_ns(), clock_wall_ns());
	return &t->view;
}

static void draw(struct canvas *canvas, void *arg)
{
	fleet_view_draw(canvas, view_now(arg));
}

static enum loop_next input(const struct tui_input *key, void *arg)
{
	return fleet_view_input(key, view_now(arg));
}

static bool news(void *arg)
{
	struct tui_fleet *t = arg;
	bool draws = fleet_view_wake(view_now(t));
	if (t->view.opened)
		loop_end(t->loop);
	return draws;
}

/* Ages count. */
static bool tick(void *arg)
{
	fleet_view_tick(view_now(arg));
	return true;
}

static char *copied(void *arg)
{
	struct tui_fleet *t = arg;
	return take_copied(&t->view.take);
}

static const struct loop_ops ops = {draw, input, news, tick, copied};

static void wake(void *arg)
{
	struct tui_fleet *t = arg;
	loop_wake(t->loop);
}

enum status tui_fleet_create(struct tui_fleet **out, const struct tui_fleet_options *options,
                             struct error *error)
{
	struct tui_fleet *t = calloc(1, sizeof *t);
	*out = t;
	if (!t)
		return error_no_memory(error);
	t->options = *options;
	fleet_view_init(&t->view, options->board);
	t->view.server = options->server;
	t->view.match = options->match;
	fleet_view_set_means(&t->view, options->means);
	t->view.interval_ns = options->interval_ns;
	/* At once, before there are threads that might take the last memory from curses. */
	enum status status = loop_create(&t->loop, &ops, t, options->look, error);
	if (status != STATUS_OK) {
		tui_fleet_destroy(t);
		*out = NULL;
	}
	return status;
}

enum status tui_fleet_run(struct tui_fleet *t, bool *opened, int *signal, struct error *error)
{
	*opened = t->view.opened = false;
	*signal = 0;
	enum status status =
		t->loop ? STATUS_OK : loop_create(&t->loop, &ops, t, t->options.look, error);
	if (status != STATUS_OK)
		return status;
	fleet_board_listen(t->options.board, wake, t);
	fleet_view_wake(view_now(t));
	loop_run(t->loop, signal);
	fleet_board_listen(t->options.board, NULL, NULL);
	loop_destroy(t->loop);
	t->loop = NULL;
	*opened = t->view.opened;
	return STATUS_OK;
}

void tui_fleet_notify(struct tui_fleet *t, const char *sentence)
{
	snprintf(t->view.notice, sizeof t->view.notice, "%s", sentence);
}

void tui_fleet_destroy(struct tui_fleet *t)
{
	if (!t)
		return;
	loop_destroy(t->loop);
	fleet_view_finish(&t->view);
	free(t);
}
