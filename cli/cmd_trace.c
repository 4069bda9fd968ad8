/* A trace on the screen. */
#include <unistd.h>

#include "browse/browser.h"
#include "cli/commands.h"
#include "cli/part.h"

static void wake(void *arg)
{
	struct loop *const *loop = arg;
	loop_wake(*loop);
}

/* What could be read was shown; now the damage counts. */
enum status command_trace(const struct options *o, struct error *error)
{
	struct loop *loop = NULL; /* set before the reading starts */
	struct browser *browser;
	const struct browser_options options = {.path = o->file,
	                                        .analysis = part_of(o),
	                                        .limits = &o->limits,
	                                        .means = &o->means,
	                                        .wake = wake,
	                                        .arg = &loop};
	int sig = 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(error, STATUS_USAGE,
		                 "the screen needs a terminal: use schedtop stat in a pipe or a script");
	/* What can't be read is said before the screen is taken. */
	enum status status = browser_create(&browser, &options, error);
	if (status != STATUS_OK)
		return status;
	const struct screen screen = browser_screen(browser);
	status = loop_create(&loop, screen.ops, screen.arg, look_of(o), error);
	if (status == STATUS_OK)
		status = browser_start(browser, error);
	if (status == STATUS_OK) {
		loop_run(loop, &sig);
		status = browser_verdict(browser, error);
	}
	screen.close(screen.arg);
	loop_destroy(loop);
	if (sig)
		die_of(sig);
	return status;
}

enum status open_trace(struct screen *screen, const char *path, void (*wake_screen)(void *wake_arg),
                       void *wake_arg, const void *arg, struct error *error)
{
	struct browser *browser;
	const struct options *o = arg;
	const struct browser_options options = {.path = path,
	                                        .analysis = {.to_ns = INT64_MAX},
	                                        .limits = &o->limits,
	                                        .means = &o->means,
	                                        .inside = o->replay ? "replay" : "live",
	                                        .wake = wake_screen,
	                                        .arg = wake_arg};
	enum status status = browser_create(&browser, &options, error);
	if (status != STATUS_OK)
		return status;
	status = browser_start(browser, error);
	if (status == STATUS_OK)
		*screen = browser_screen(browser);
	else
		browser_destroy(browser);
	return status;
}
