/* Walking through the history, and through a recording. */
#include "tui/app.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"
#include "util/text.h"

int64_t app_moment(const struct app *app)
{
	return app->paused ? app->moment_ns : app->now_ns;
}

static void set_moment(struct app *app, bool paused, int64_t moment_ns)
{
	app->paused = paused;
	app->moment_ns = moment_ns;
	history_rewind(app->history, paused ? moment_ns : INT64_MAX);
}

void app_keep_moment(struct app *app)
{
	const struct snapshot *shown = history_get(app->history, 0);
	if (app->paused && shown && shown->monotonic_ns > app->moment_ns)
		set_moment(app, true, shown->monotonic_ns);
}

void app_pause(struct app *app, bool paused)
{
	if (app->player)
		playback_pause(app->player, paused);
	else
		set_moment(app, paused, app->now_ns);
}

/* Does what is shown stand still? */
bool app_is_paused(const struct app *app)
{
	return app->player ? app->playback.paused : app->paused;
}

/* --- the past of a process ------------------------------------------------------------------- */

/* Readers see all that is kept again. */
static void see_all(struct app *app)
{
	history_rewind(app->history, INT64_MAX);
}

/* Shows the moment of snapshot i, counted from the newest of all. */
static void go_to(struct app *app, size_t i)
{
	see_all(app);
	size_t count = history_count(app->history);
	if (count == 0)
		return;
	set_moment(app, true, history_get(app->history, i < count ? i : count - 1)->monotonic_ns);
}

/* The index of the snapshot that is shown, counted from the newest of all. */
static size_t shown(struct app *app)
{
	see_all(app);
	return history_index(app->history, app_moment(app));
}

/* --- a recording ----------------------------------------------------------------------------- */

static void order(struct app *app, enum playback_to to, const struct snapshot *s, bool pause)
{
	struct playback_goal goal = {.to = to, .pause = pause};
	if (s) {
		goal.monotonic_ns = s->monotonic_ns;
		goal.wall_ns = s->wall_ns;
	}
	playback_seek(app->player, &goal);
}

static void order_jump(struct app *app, int64_t by_ns)
{
	playback_seek(app->player, &(struct playback_goal){.to = PLAYBACK_MOMENT,
	                                                   .monotonic_ns = app->now_ns + by_ns,
	                                                   .wall_ns = app->wall_ns + by_ns});
}

/* One snapshot back or forward. What the screen does not have is the player's to find. */
static void order_step(struct app *app, int steps)
{
	size_t at = shown(app), count = history_count(app->history);
	size_t to = steps < 0 ? at + 1 : at - 1;
	const struct snapshot *s = at == 0 && steps > 0 ? NULL : history_get(app->history, to);
	history_rewind(app->history, app->now_ns);
	if (s)
		order(app, PLAYBACK_MOMENT, s, true);
	else if (steps > 0)
		order(app, PLAYBACK_NEXT, NULL, true);
	else if (count > 0) {
		app_pause(app, true);
		order_jump(app, -history_get(app->history, 0)->interval_ns);
	}
}

/* As they are typed, and what + and - go through. The last is as fast as it can be read. */
static const double speeds[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, PLAYBACK_SPEED_MAX, INFINITY};
#define SPEEDS (sizeof speeds / sizeof *speeds)

bool app_set_speed(struct app *app, const char *argument)
{
	double speed = app->playback.speed;
	bool up = strcmp(argument, "up") == 0, down = strcmp(argument, "down") == 0;
	if (!up && !down && !playback_speed_parse(argument, &speed))
		return false;
	for (size_t i = 0; up && i < SPEEDS; i++)
		if (speeds[i] > app->playback.speed) {
			speed = speeds[i];
			break;
		}
	for (size_t i = SPEEDS; down && i > 0; i--)
		if (speeds[i - 1] < app->playback.speed) {
			speed = speeds[i - 1];
			break;
		}
	playback_set_speed(app->player, speed);
	if (isinf(speed))
		app_notify(app, STYLE_DIM, "played as fast as it can be read");
	else
		app_notify(app, STYLE_DIM, "played at %gx", speed);
	return true;
}

/* Beyond it, in either direction, a time in nanoseconds can't be added to another. */
#define MOMENT_MAX_S ((INT64_C(1) << 61) / NS_PER_S)

/* A time of day is the last one before the recording's end, unless there is a date before it. */
static bool parse_moment(const struct app *app, const char *text, int64_t *wall_ns)
{
	static const char *const forms[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M",
	                                    "%Y-%m-%d",          "%H:%M:%S",          "%H:%M"};
	time_t last = (time_t)(app->playback.last_wall_ns / NS_PER_S);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct tm local;
		if (!localtime_r(&last, &local))
			return false;
		local.tm_hour = local.tm_min = local.tm_sec = 0;
		const char *end = strptime(text, forms[i], &local);
		if (!end || *end)
			continue;
		bool dated = forms[i][1] == 'Y';
		local.tm_isdst = -1;
		time_t found = mktime(&local);
		if (!dated && found > last) {
			local.tm_mday--;
			local.tm_isdst = -1;
			found = mktime(&local);
		}
		int64_t s = found;
		s = s < -MOMENT_MAX_S ? -MOMENT_MAX_S : s > MOMENT_MAX_S ? MOMENT_MAX_S : s;
		*wall_ns = s * NS_PER_S;
		return true;
	}
	return false;
}

bool app_seek(struct app *app, const char *argument)
{
	bool back = argument[0] == '-';
	int64_t ns;
	if (back || argument[0] == '+') {
		if (!text_parse_duration(argument + 1, &ns))
			return false;
		order_jump(app, back ? -ns : ns);
	} else if (parse_moment(app, argument, &ns)) {
		/* Its monotonic time follows from where the clocks are now. */
		order_jump(app, ns - app->wall_ns);
	} else {
		return false;
	}
	return true;
}

/* --- both ------------------------------------------------------------------------------------ */

void app_walk(struct app *app, int snapshots)
{
	if (app->player) {
		order_step(app, snapshots);
		return;
	}
	size_t at = shown(app), steps = (size_t)(snapshots < 0 ? -snapshots : snapshots);
	if (snapshots < 0)
		go_to(app, at + steps);
	else
		go_to(app, at > steps ? at - steps : 0);
}

void app_jump(struct app *app, int64_t by_ns)
{
	if (app->player) {
		order_jump(app, by_ns);
		return;
	}
	size_t at = shown(app);
	const struct snapshot *from = history_get(app->history, at);
	if (!from)
		return;
	size_t to = history_index(app->history, from->monotonic_ns + by_ns);
	/* At least one snapshot, however far they are apart. */
	if (to == at && by_ns < 0)
		to++;
	else if (to == at && at > 0)
		to--;
	go_to(app, to);
}

void app_go_to_oldest(struct app *app)
{
	if (app->player)
		order(app, PLAYBACK_BEGIN, NULL, false);
	else
		go_to(app, SIZE_MAX);
}

void app_go_to_newest(struct app *app)
{
	if (app->player)
		order(app, PLAYBACK_END, NULL, false);
	else
		app_pause(app, false);
}
