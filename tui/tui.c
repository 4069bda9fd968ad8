/* Wires the state of the screen to the loop, the feed and the clock. */
#include "tui/tui.h"

#include <stdlib.h>

#include "tui/app.h"
#include "tui/term.h"
#include "util/clock.h"

struct tui {
	struct tui_options options;
	struct loop *loop;
	struct theme theme; /* of :theme, borrowed by the terminal */
	struct app app;
	struct screen over; /* a trace that is open, above the live view */
	bool starves;       /* there is no memory for what is read; it was said */
};

static struct app *app_now(struct tui *t)
{
	if (t->options.playback) {
		struct playback_state state = playback_look(t->options.playback);
		app_tell_playback(&t->app, &state);
	} else {
		app_tell_time(&t->app, clock_monotonic_ns(), clock_wall_ns());
	}
	return &t->app;
}

static void take_snapshot(struct tui *t, const struct snapshot *s)
{
	if (t->options.on_snapshot)
		t->options.on_snapshot(s, t->options.arg);
	app_add(&t->app, s);
}

static bool take_snapshots(void *arg)
{
	struct tui *t = arg;
	const struct snapshot *s;
	struct history *history;
	struct app *app = app_now(t);
	while (t->options.feed && (s = feed_take(t->options.feed)) != NULL)
		take_snapshot(t, s);
	bool starves = t->options.feed && feed_starves(t->options.feed);
	if (starves && !t->starves)
		app_notify(app, STYLE_WARNING, "%s", feed_starved);
	t->starves = starves;
	while (t->options.playback && playback_take(t->options.playback, &s, &history)) {
		if (s)
			take_snapshot(t, s);
		else
			app_set_history(app, history);
	}
	/* Woken without a snapshot: a capture has got on, or an order is done. */
	app_tick(app);
	if (t->over.ops && t->over.ops->wake)
		t->over.ops->wake(t->over.arg);
	return true;
}

static void draw(struct canvas *canvas, void *arg)
{
	struct tui *t = arg;
	if (t->over.ops)
		t->over.ops->draw(canvas, t->over.arg);
	else
		app_draw(app_now(t), canvas);
}

static bool tick(void *arg)
{
	struct tui *t = arg;
	bool news = app_tick(app_now(t));
	return t->over.ops ? t->over.ops->tick(t->over.arg) : news;
}

static void close_over(struct tui *t)
{
	if (t->over.ops)
		t->over.close(t->over.arg);
	t->over = (struct screen){0};
}

static void wake(void *arg)
{
	tui_wake(arg);
}

static enum status open_trace(const char *path, void *arg, struct error *error)
{
	struct tui *t = arg;
	const struct screen_opener *traces = &t->options.traces;
	close_over(t);
	return traces->open(&t->over, path, wake, t, traces->arg, error);
}

static enum loop_next input(const struct tui_input *input, void *arg)
{
	struct tui *t = arg;
	struct app *app = app_now(t);
	if (!t->over.ops)
		return app_input(app, input);
	enum loop_next next = t->over.ops->input(input, t->over.arg);
	if (next != LOOP_END)
		return next;
	close_over(t);
	return LOOP_DRAW;
}

static enum status use_theme(const char *name, void *arg, struct error *error)
{
	struct tui *t = arg;
	struct theme theme;
	enum status status = t->options.load_theme(name, &theme, error);
	if (status == STATUS_OK) {
		t->theme = theme;
		term_set_theme(&t->theme);
	}
	return status;
}

static char *copied(void *arg)
{
	struct tui *t = arg;
	if (t->over.ops)
		return t->over.ops->copied ? t->over.ops->copied(t->over.arg) : NULL;
	return take_copied(&t->app.take);
}

static const struct loop_ops ops = {draw, input, take_snapshots, tick, copied};

enum status tui_create(struct tui **out, const struct tui_options *options, struct error *error)
{
	struct tui *t = calloc(1, sizeof *t);
	*out = NULL;
	if (!t)
		return error_no_memory(error);
	t->options = *options;
	enum status status = app_init(&t->app, options->session, options->interval_ns, error);
	t->app.use_theme = options->load_theme ? use_theme : NULL;
	t->app.list_themes = options->list_themes;
	t->app.open_trace = options->traces.open ? open_trace : NULL;
	t->app.panel.can_open = t->app.open_trace != NULL;
	t->app.arg = t;
	if (options->means)
		app_set_means(&t->app, options->means);
	t->app.quit_warning = options->quit_warning;
	t->app.player = options->playback;
	t->app.inside = options->inside;
	if (options->limits)
		t->app.limits = *options->limits;
	if (options->trace_ns > 0)
		t->app.trace_ns = options->trace_ns;
	if (status == STATUS_OK)
		status = loop_create(&t->loop, &ops, t, options->look, error);
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
	return t->app.state == TARGET_EXITED && !*signal ? STATUS_EXITED : STATUS_OK;
}

void tui_wake(struct tui *t)
{
	loop_wake(t->loop);
}

void tui_notify(struct tui *t, const char *sentence)
{
	app_notify(app_now(t), STYLE_WARNING, "%s", sentence);
}

void tui_destroy(struct tui *t)
{
	if (!t)
		return;
	close_over(t);
	loop_destroy(t->loop);
	/* What is borrowed must not outlive us. */
	term_set_theme(NULL);
	app_finish(&t->app);
	free(t);
}
