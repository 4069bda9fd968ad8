/* Walking through the history. */
#include "tui/app.h"

#include "util/clock.h"

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
	set_moment(app, paused, app->now_ns);
}

/* Shows the moment of snapshot i, counted from the newest of all. */
static void go_to(struct app *app, size_t i)
{
	history_rewind(app->history, INT64_MAX);
	size_t count = history_count(app->history);
	if (count == 0)
		return;
	set_moment(app, true, history_get(app->history, i < count ? i : count - 1)->monotonic_ns);
}

/* The index of the snapshot that is shown, counted from the newest of all. */
static size_t shown(struct app *app)
{
	history_rewind(app->history, INT64_MAX);
	return history_index(app->history, app_moment(app));
}

void app_walk(struct app *app, int snapshots)
{
	size_t at = shown(app), steps = (size_t)(snapshots < 0 ? -snapshots : snapshots);
	if (snapshots < 0)
		go_to(app, at + steps);
	else
		go_to(app, at > steps ? at - steps : 0);
}

void app_jump(struct app *app, int64_t by_ns)
{
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
	go_to(app, SIZE_MAX);
}
