/* A trace on the screen. */
#include <unistd.h>

#include "browse/browser.h"
#include "cli/commands.h"
#include "cli/part.h"
#include "tui/loop.h"
#include "util/clock.h"

struct screen {
	struct loop *loop; /* set before the reading starts */
	struct browser *browser;
	bool blocks;
};

static struct browser *browser_now(struct screen *s)
{
	browser_tell_time(s->browser, clock_monotonic_ns());
	return s->browser;
}

static void draw(struct canvas *canvas, void *arg)
{
	struct screen *s = arg;
	canvas->blocks = s->blocks;
	browser_draw(browser_now(s), canvas);
}

static enum loop_next input(const struct tui_input *in, void *arg)
{
	return browser_input(browser_now(arg), in);
}

static bool has_news(void *arg)
{
	(void)arg;
	return true;
}

static bool tick(void *arg)
{
	return browser_tick(browser_now(arg));
}

static void wake(void *arg)
{
	struct screen *s = arg;
	loop_wake(s->loop);
}

enum status command_trace(const struct options *o, struct error *error)
{
	static const struct loop_ops ops = {draw, input, has_news, tick};
	struct screen screen = {.blocks = o->graphs == GRAPHS_BLOCKS};
	const struct browser_options options = {
		.path = o->file,
		.analysis = part_of(o),
		.wake = wake,
		.arg = &screen,
	};
	int sig = 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(error, STATUS_USAGE,
		                 "the screen needs a terminal: use schedtop stat in a pipe or a script");
	/* What can't be read is said before the screen is taken. */
	enum status status = browser_create(&screen.browser, &options, error);
	if (status == STATUS_OK)
		status = loop_create(&screen.loop, &ops, &screen, wants_color(o), wants_ascii(o), error);
	if (status == STATUS_OK)
		status = browser_start(screen.browser, error);
	if (status == STATUS_OK)
		loop_run(screen.loop, &sig);
	loop_destroy(screen.loop);
	if (status == STATUS_OK)
		status = browser_verdict(screen.browser, error);
	browser_destroy(screen.browser);
	if (sig)
		die_of(sig);
	return status;
}
