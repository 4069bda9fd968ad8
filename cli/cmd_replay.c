/* A recording on the screen, as if it were live. */
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "collect/replay.h"
#include "metrics/schedtrace.h"
#include "tui/tui.h"

struct player {
	struct replay *replay;
	struct tui *tui;
	int64_t attach_ns;
	bool logs;
	struct trouble_log trouble;
};

static void wake(void *arg)
{
	struct player *p = arg;
	if (p->tui)
		tui_wake(p->tui);
}

static void on_snapshot(const struct snapshot *s, void *arg)
{
	struct player *p = arg;
	if (!p->attach_ns)
		p->attach_ns = schedtrace_origin(s);
	if (p->logs)
		trouble_log_snapshot(&p->trouble, s, p->attach_ns);
}

/* After the screen is gone: what was wrong with the recording, line by line and on the whole. */
static enum status report(const struct replay *r, struct error *error)
{
	const char *complaint;
	for (size_t i = 0; (complaint = replay_complaint(r, i)) != NULL; i++)
		fprintf(stderr, "schedtop: %s\n", complaint);
	return replay_judge(r, error);
}

enum status command_replay(const struct options *o, struct error *error)
{
	struct player p = {.logs = !isatty(STDERR_FILENO)};
	struct playback *playback = playback_create(o->speed, wake, &p);
	if (!playback)
		return error_no_memory(error);
	struct tui_options screen = {
		.look = look_of(o),
		.playback = playback,
		.interval_ns = o->delay_ns,
		.limits = &o->limits,
		.on_snapshot = on_snapshot,
		.load_theme = load_theme,
		.list_themes = list_themes,
		.means = &o->means,
		.traces = {open_trace, o},
		.arg = &p,
	};
	int sig = 0;
	struct replay_options options = {playback, TUI_HISTORY_NS, TUI_HISTORY_BYTES};
	enum status status = replay_create(&p.replay, o->replay, &options, error);
	if (status == STATUS_OK)
		status = tui_create(&p.tui, &screen, error);
	if (status == STATUS_OK)
		status = replay_start(p.replay, error);
	if (status == STATUS_OK) {
		/* That the process had exited was recorded: it is no failure of the replay. */
		tui_run(p.tui, &sig);
		replay_stop(p.replay);
	}
	tui_destroy(p.tui);
	if (status == STATUS_OK)
		status = report(p.replay, error);
	replay_destroy(p.replay);
	playback_destroy(playback);
	if (sig)
		die_of(sig);
	return status;
}
