/*
 * The screen. It knows snapshots and nothing of where they come from: the collector pushes them
 * into the feed and pokes `tui_wake`; the UI thread takes them from there. Everything here runs on
 * the thread that calls it, but for tui_wake, which any thread may call.
 */
#ifndef SCHEDTOP_TUI_TUI_H
#define SCHEDTOP_TUI_TUI_H

#include <stdbool.h>

#include "doctor/limits.h"
#include "doctor/live.h"
#include "metrics/feed.h"
#include "metrics/playback.h"
#include "metrics/session.h"
#include "tui/means.h"
#include "tui/screen.h"
#include "tui/theme.h"
#include "util/status.h"

/* What the screen remembers; for who makes it a history. */
#define TUI_HISTORY_NS    LIVE_SPAN_NS
#define TUI_HISTORY_BYTES ((size_t)24 << 20)

struct tui_options {
	struct loop_look look;
	struct feed *feed;         /* NULL: there is a playback */
	struct playback *playback; /* of a recording, whose snapshots and clock are shown */
	const struct means *means; /* NULL: the defaults */
	struct session *session;   /* where orders go; NULL: there is nobody to carry them out */
	int64_t trace_ns;          /* of the trace that `t` takes */
	int64_t interval_ns;
	const struct limits_set *limits; /* from where on the doctor speaks; NULL: the defaults */
	/* Called with every snapshot taken from the feed, before it is drawn: the stderr log. May be
	 * NULL. */
	void (*on_snapshot)(const struct snapshot *s, void *arg);
	/* Finds a theme for `:theme`, by name or path. NULL: there are none. */
	enum status (*load_theme)(const char *name, struct theme *out, struct error *error);
	/* The names it finds, in the order of a list; returns how many. Goes with load_theme. */
	size_t (*list_themes)(char name[][THEME_NAME_MAX], size_t max);
	/* Opens a trace over the live view, which goes on meanwhile. Without `open` none can be. */
	struct screen_opener traces;
	/* The name of another screen, where Esc leads back, as `q` does, when nothing else is open;
	   NULL: there is none. */
	const char *inside;
	/* Said at the first `q`; only a second one leaves. NULL: the first one does. */
	const char *quit_warning;
	void *arg;
};

struct tui;
/* Takes the terminal. STATUS_FAILED with a sentence when there is none or TERM is unusable. */
enum status tui_create(struct tui **out, const struct tui_options *options, struct error *error);
/* Runs until the user quits (STATUS_OK), the target exited and the user quit (STATUS_EXITED) or a
   signal asked to end (*signal is its number). The terminal is restored on return. */
enum status tui_run(struct tui *t, int *signal);
void tui_wake(struct tui *t);
/* One sentence for a few seconds on the bottom line. From on_snapshot, say. */
void tui_notify(struct tui *t, const char *sentence);
void tui_destroy(struct tui *t);

/* One process in the picker. */
struct tui_choice {
	int pid;
	char user[32], go_version[32], program[128];
	char module[128];   /* "" unknown */
	int64_t gomaxprocs; /* -1 unknown */
	double cpu_percent; /* < 0 unknown */
	char agent[8];      /* "yes", "no" */
};
/* Lets the user pick one of n; *picked is its index, or -1 when the user quit. */
enum status tui_pick(const struct tui_choice *choices, size_t n, bool color, bool ascii,
                     const struct means *means, long *picked, struct error *error);

#endif
