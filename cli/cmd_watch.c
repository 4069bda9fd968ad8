/* The screen, with a log of every snapshot on stderr when that goes to a file. */
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/orders.h"
#include "cli/recorder.h"
#include "metrics/schedtrace.h"
#include "tui/tui.h"
#include "util/clock.h"

struct watch {
	struct tui *tui; /* set before the collector starts */
	int64_t attach_ns;
	bool logs; /* on stderr */
	struct trouble_log trouble;
	struct recorder *recorder; /* NULL: none */
};

static void wake(void *arg)
{
	struct watch *w = arg;
	if (w->tui)
		tui_wake(w->tui);
}

/* That the recording has ended is said at once, on the screen; the watching goes on. */
static void on_snapshot(const struct snapshot *s, void *arg)
{
	struct watch *w = arg;
	struct error why = {0};
	if (w->recorder && recorder_add(w->recorder, s, &why) != STATUS_OK)
		tui_notify(w->tui, why.text);
	if (w->logs)
		trouble_log_snapshot(&w->trouble, s, w->attach_ns);
}

static enum status watch(const struct options *o, pid_t pid, struct error *error)
{
	struct watch w = {.attach_ns = clock_monotonic_ns(), .logs = !isatty(STDERR_FILENO)};
	struct orders *orders = NULL;
	struct feed *feed = feed_create(wake, &w);
	if (!feed)
		return error_no_memory(error);
	int sig = 0;
	/* What can't be watched is said before the screen is taken. */
	enum status status = orders_create(&orders, o, pid, feed, wake, &w, error);
	if (status == STATUS_OK && o->record)
		status = recorder_create(&w.recorder, o->record, error);
	if (status == STATUS_OK) {
		struct tui_options screen = {
			.ascii = wants_ascii(o),
			.blocks = o->graphs == GRAPHS_BLOCKS,
			.color = wants_color(o),
			.feed = feed,
			.session = orders_session(orders),
			.trace_ns = o->trace_ns,
			.interval_ns = o->delay_ns,
			.on_snapshot = on_snapshot,
			.load_theme = load_theme,
			.list_themes = list_themes,
			.arg = &w,
		};
		status = tui_create(&w.tui, &screen, error);
	}
	if (status == STATUS_OK)
		status = orders_start(orders, error);
	if (status == STATUS_OK)
		status = tui_run(w.tui, &sig);
	if (orders)
		pid = orders_pid(orders);
	orders_destroy(orders);
	tui_destroy(w.tui);
	feed_destroy(feed);
	struct error missing = {0};
	enum status recorded = recorder_destroy(w.recorder, &missing);
	if (recorded != STATUS_OK && status != STATUS_OK)
		schedtrace_comment(stderr, missing.text);
	if (sig)
		die_of(sig);
	if (status == STATUS_EXITED)
		return error_set(error, STATUS_EXITED, "process %d has exited", (int)pid);
	if (status == STATUS_OK && recorded != STATUS_OK)
		return error_set(error, recorded, "%s", missing.text);
	return status;
}

enum status command_watch(const struct options *o, struct error *error)
{
	if (o->batch || o->json)
		return command_stream(o, error);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(
			error, STATUS_USAGE,
			"the screen needs a terminal: use --batch or --json%s in a pipe or a script",
			o->pid ? "" : " with -p PID, or schedtop ls,");
	if (o->replay)
		return command_replay(o, error);
	pid_t pid = o->pid;
	if (!pid) {
		enum status status = choose_process(o, &pid, error);
		if (status != STATUS_OK || !pid)
			return status;
	}
	return watch(o, pid, error);
}
