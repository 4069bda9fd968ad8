/*
 * The state of the screen and what inputs do to it, without a terminal: snapshots and inputs go in,
 * a picture comes out, and the time is told from outside. The loop around it is in tui.c; tests use
 * it as it is. It owns its history and borrows the session. One thread.
 *
 * A recording has its own past and clock: what is ordered about time goes to its player, and of the
 * history that is seen which the clock has come to.
 *
 * The past: while `paused`, the history is rewound to moment_ns, which is the time of a snapshot
 * once the user has walked. Collecting goes on; when that moment leaves the history, it moves on
 * with the oldest snapshot.
 */
#ifndef SCHEDTOP_TUI_APP_H
#define SCHEDTOP_TUI_APP_H

#include "doctor/live.h"
#include "metrics/history.h"
#include "metrics/session.h"
#include "tui/capture_panel.h"
#include "tui/command_line.h"
#include "tui/frame.h"
#include "tui/loop.h"
#include "tui/means.h"
#include "tui/prompt.h"
#include "tui/setup.h"
#include "tui/take.h"
#include "tui/theme.h"
#include "util/status.h"

#define APP_NOTICE_NS (4 * INT64_C(1000000000))
#define APP_VIEWS_MAX 9 /* as many as there are digits */

struct app {
	struct session *session; /* NULL: nobody takes orders */
	struct playback *player; /* NULL: this is the present */
	const struct means *means;
	const struct keymap *keys; /* of it */
	/* Takes another theme; NULL: there is no other. */
	enum status (*use_theme)(const char *name, void *arg, struct error *error);
	/* Shows a trace until the user comes back; NULL: none can be shown. */
	enum status (*open_trace)(const char *path, void *arg, struct error *error);
	void *arg; /* of these two */
	/* The names of themes, asked for whenever a line is opened: a user may add some meanwhile. */
	size_t (*list_themes)(char name[][THEME_NAME_MAX], size_t max);
	char theme[THEMES_MAX][THEME_NAME_MAX];
	size_t themes;
	/* The processes that can be followed, as words for that line. */
	char process[SESSION_PROCESSES_MAX][sizeof(struct process_name) + 16];
	size_t processes;
	struct path_words paths; /* files for that line */
	/* The screen that Esc leads back to when nothing is open; NULL: there is none. */
	const char *inside;
	const char *quit_warning; /* what leaving does beyond leaving; NULL: nothing */
	int64_t quit_end_ns;      /* until then that was said, and the user may mean it */
	struct history *history;
	struct limits_set limits; /* from where on the doctor speaks */
	struct findings findings; /* of the moment that is shown, as of looked_ns */
	bool looked;
	int64_t looked_ns;
	enum target_state state;
	int64_t exited_ns; /* when that was seen */
	int64_t now_ns, wall_ns;
	struct playback_state playback; /* of now_ns; all zero: this is the present */
	int64_t interval_ns, span_ns;
	int64_t trace_ns; /* of the trace that a key takes */
	int64_t detail;   /* the group of goroutines that was ordered one by one; 0: none */

	bool paused;
	int64_t moment_ns;

	size_t view; /* index into views */
	struct view_place place[APP_VIEWS_MAX];
	bool help;
	struct view_place help_place;
	struct prompt prompt;
	struct take take;
	struct setup setup;
	bool greeting; /* is shown */
	struct capture_panel panel;
	struct sentinel_state sentinel;      /* as it was drawn last */
	char filter_before[PROMPT_TEXT_MAX]; /* what Esc brings back */
	char notice[128];                    /* in place of the bottom line until notice_end_ns */
	int64_t notice_end_ns;
	enum style notice_style;
	int width, height; /* of the last picture, for the mouse */
	bool ascii;        /* so it was */
};

enum status app_init(struct app *app, struct session *session, int64_t interval_ns,
                     struct error *error);
void app_finish(struct app *app);
/* In place of the defaults. */
void app_set_means(struct app *app, const struct means *means);

/* Before anything else is asked of it; both in ns. */
void app_tell_time(struct app *app, int64_t now_ns, int64_t wall_ns);
/* That this is the time of a recording, in place of app_tell_time. */
void app_tell_playback(struct app *app, const struct playback_state *playback);
/* In place of all that was shown; takes it over. */
void app_set_history(struct app *app, struct history *history);
/* Takes over the reference. Snapshots of another process begin a new history. */
void app_add(struct app *app, const struct snapshot *s);
void app_draw(struct app *app, struct canvas *canvas);
/* Header, view and keys alone, with a place that need not be the user's. */
void app_draw_view(struct app *app, struct canvas *canvas, struct view_place *place);
/* Time has gone by, or somebody called: is there something to draw though no snapshot came? */
bool app_tick(struct app *app);

enum loop_next app_input(struct app *app, const struct tui_input *input);
/* `argument` may be NULL. What can't be done is said on the bottom line. */
enum loop_next app_command(struct app *app, enum command command, const char *argument);
/* A line as it is typed after ':'. */
enum loop_next app_line(struct app *app, const char *line);

/* One sentence for a few seconds on the bottom line. */
void app_notify(struct app *app, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Orders the goroutines of the group that is open one by one, or no longer. */
void app_order_detail(struct app *app);

/* The doctor, app_doctor.c. Looks at the moment that is shown, unless that was done. */
void app_look(struct app *app);
void app_forget_findings(struct app *app);
/* What Enter does on the Findings view: opens a finding, closes it, or goes to what proves it. */
void app_expand_finding(struct app *app);
/* Opens the worst finding; false: there is none. */
bool app_show_worst(struct app *app);

/* What users take out, app_take.c; it is said on the bottom line. As take.h has it. */
struct listing app_listing(struct app *app);
void app_search(struct app *app, const char *text, int step);
void app_search_as_typed(struct app *app, enum prompt_event event, const char *text);
void app_copy(struct app *app);
void app_save(struct app *app, const char *argument);
bool app_take_news(struct app *app); /* as take_news */

/* Time, app_time.c: that of a recording is the player's. The moment that is shown: now, unless
   paused. */
int64_t app_moment(const struct app *app);
void app_pause(struct app *app, bool paused);
bool app_is_paused(const struct app *app);
void app_walk(struct app *app, int snapshots); /* < 0: back */
void app_jump(struct app *app, int64_t by_ns); /* < 0: back */
void app_go_to_oldest(struct app *app);
void app_go_to_newest(struct app *app);
/* There is a player. By a speed's name, "10x", "max", or "up" and "down"; "03:12:30" and the like,
   also with a date before it. false: it is none. */
bool app_set_speed(struct app *app, const char *argument);
bool app_seek(struct app *app, const char *argument);
/* After the history has changed. */
void app_keep_moment(struct app *app);

/* The panel that takes traces, app_capture.c; there is a session. */
void app_capture(struct app *app, int64_t duration_ns);
/* What has been. false: a trace is under way. */
bool app_flight(struct app *app);
bool app_capture_key(struct app *app, int key); /* false: it has no use for this key now */
bool app_capture_update(struct app *app);       /* is it open? */
/* There is an open_trace. What can't be shown is said on the bottom line. */
void app_open_trace(struct app *app, const char *path);

/* What a line after ':' may be made of, app_command.c. */
struct command_names app_names(struct app *app);

#endif
