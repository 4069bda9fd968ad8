/* The screen, with a log of every snapshot on stderr when that goes to a file. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/keeper.h"
#include "cli/orders.h"
#include "metrics/schedtrace.h"
#include "tui/tui.h"
#include "util/clock.h"

struct watch {
	struct tui *tui; /* set before the collector starts */
	struct orders *orders;
	struct scribe *scribe; /* NULL: nothing is kept */
};

static void wake(void *arg)
{
	struct watch *w = arg;
	if (w->tui)
		tui_wake(w->tui);
}

/* What can not be kept is said on the screen; the watching goes on. */
static void on_snapshot(const struct snapshot *s, void *arg)
{
	struct watch *w = arg;
	char sentence[sizeof((struct error *)0)->text];
	orders_look(w->orders, s);
	if (!w->scribe)
		return;
	scribe_add(w->scribe, s);
	while (scribe_news(w->scribe, sentence, sizeof sentence))
		tui_notify(w->tui, sentence);
}

enum status watch_process(const struct options *o, struct child *child, int *sig,
                          struct error *error)
{
	struct watch w = {.tui = NULL};
	struct orders *orders = NULL;
	struct feed *feed = feed_create(wake, &w);
	if (!feed)
		return error_no_memory(error);
	/* What can't be watched is said before the screen is taken. */
	enum status status = orders_create(&orders, o, o->pid, feed, wake, &w, error);
	w.orders = orders;
	if (status == STATUS_OK)
		status = keeper_start(&w.scribe, o, !isatty(STDERR_FILENO), clock_monotonic_ns(), error);
	if (status == STATUS_OK) {
		struct tui_options screen = {
			.look = look_of(o),
			.feed = feed,
			.means = &o->means,
			.session = orders_session(orders),
			.trace_ns = o->trace_ns,
			.interval_ns = o->delay_ns,
			.limits = &o->limits,
			.on_snapshot = on_snapshot,
			.load_theme = load_theme,
			.list_themes = list_themes,
			.traces = {open_trace, o},
			.inside = o->inside,
			.quit_warning = child ? "this ends the program too: once more to do so" : NULL,
			.arg = &w,
		};
		status = tui_create(&w.tui, &screen, error);
	}
	if (status == STATUS_OK && child)
		child_lend_signals(child, true);
	if (status == STATUS_OK)
		status = orders_start(orders, error);
	if (status == STATUS_OK)
		status = tui_run(w.tui, sig);
	if (child)
		child_lend_signals(child, false);
	/* A text that has ended was read whole. */
	if (status == STATUS_EXITED && o->text && !o->pid)
		status = STATUS_OK;
	else if (status == STATUS_EXITED)
		orders_explain_end(orders, error);
	orders_destroy(orders);
	tui_destroy(w.tui);
	feed_destroy(feed);
	struct error missing = {0};
	enum status recorded = scribe_end(w.scribe, &missing);
	if (recorded != STATUS_OK && status != STATUS_OK)
		schedtrace_comment(stderr, missing.text);
	if (status == STATUS_OK && recorded != STATUS_OK)
		return error_set(error, recorded, "%s", missing.text);
	return status;
}

/* Standard input is the text, so the keys come from the terminal itself: it takes the place of
   standard input, which goes on under another number. */
static enum status watch_input(const struct options *o, struct error *error)
{
	char path[32];
	struct options moved = *o;
	int terminal = isatty(STDIN_FILENO) ? -1 : open("/dev/tty", O_RDWR | O_CLOEXEC);
	int text = terminal < 0 ? -1 : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (isatty(STDIN_FILENO))
		return error_set(error, STATUS_USAGE,
		                 "--schedtrace - reads a pipe: PROG 2>&1 | schedtop --schedtrace -");
	if (text < 0 || dup2(terminal, STDIN_FILENO) < 0)
		return error_set(error, STATUS_USAGE,
		                 "the screen needs a terminal for its keys, and there is none: use --batch "
		                 "or --json");
	close(terminal);
	snprintf(path, sizeof path, "/dev/fd/%d", text);
	moved.text = path;
	enum status status = command_watch(&moved, error);
	close(text);
	return status;
}

enum status command_watch(const struct options *o, struct error *error)
{
	bool screen = !o->batch && !o->json;
	if (screen && o->text && strcmp(o->text, "-") == 0)
		return watch_input(o, error);
	if (screen && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		return error_set(
			error, STATUS_USAGE,
			"the screen needs a terminal: use --batch or --json%s in a pipe or a script",
			o->pid || o->url || o->program || o->replay || o->prometheus || o->text
				? ""
				: " with -p PID, or schedtop ls,");
	if (o->prometheus)
		return command_fleet(o, error);
	if (o->program)
		return command_launch(o, error);
	if (!screen)
		return command_stream(o, error);
	if (o->replay)
		return command_replay(o, error);
	struct options chosen = *o;
	if (!o->pid && !o->url && !o->text) {
		enum status status = choose_process(o, &chosen.pid, error);
		if (status != STATUS_OK || !chosen.pid)
			return status;
	}
	int sig = 0;
	enum status status = watch_process(&chosen, NULL, &sig, error);
	if (sig)
		die_of(sig);
	return status;
}
