/* The screen, with a log of every snapshot on stderr when that goes to a file. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "metrics/schedtrace.h"
#include "tui/tui.h"
#include "util/clock.h"

struct watch {
	struct tui *tui; /* set before the collector starts */
	int64_t attach_ns;
	struct trouble_log trouble;
};

static void wake(void *arg)
{
	struct watch *w = arg;
	if (w->tui)
		tui_wake(w->tui);
}

static void log_snapshot(const struct snapshot *s, void *arg)
{
	struct watch *w = arg;
	trouble_log_tell(&w->trouble, s);
	if (s->state == TARGET_EXITED)
		schedtrace_comment(stderr, "the process has exited");
	else
		schedtrace_print(stderr, s, w->attach_ns, false);
	fflush(stderr);
}

/* Ends as the signal would have ended us, so that the exit status tells the truth. */
static void die_of(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
}

static enum status watch(const struct options *o, pid_t pid, struct error *error)
{
	struct watch w = {.attach_ns = clock_monotonic_ns()};
	struct collector *collector = NULL;
	struct feed *feed = feed_create(wake, &w);
	if (!feed)
		return error_no_memory(error);
	struct collector_options collect = {
		.pid = pid,
		.choice = o->source,
		.interval_ns = o->delay_ns,
		.lanes = true,
		.feed = feed,
	};
	struct tui_options screen = {
		.ascii = wants_ascii(o),
		.color = wants_color(o),
		.feed = feed,
		.interval_ns = o->delay_ns,
		.on_snapshot = isatty(STDERR_FILENO) ? NULL : log_snapshot,
		.arg = &w,
	};
	int sig = 0;
	/* What can't be watched is said before the screen is taken. */
	enum status status = collector_create(&collector, &collect, error);
	if (status == STATUS_OK)
		status = tui_create(&w.tui, &screen, error);
	if (status == STATUS_OK)
		status = collector_start(collector, error);
	if (status == STATUS_OK)
		status = tui_run(w.tui, &sig);
	collector_destroy(collector);
	tui_destroy(w.tui);
	feed_destroy(feed);
	if (sig)
		die_of(sig);
	if (status == STATUS_EXITED)
		return error_set(error, STATUS_EXITED, "process %d has exited", (int)pid);
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
	pid_t pid = o->pid;
	if (!pid) {
		enum status status = choose_process(o, &pid, error);
		if (status != STATUS_OK || !pid)
			return status;
	}
	return watch(o, pid, error);
}
