/* The capture's panel in the screen. */
#include "tui/app.h"

#include "tui/keymap.h"

/* The panel looks at the present, whatever moment is shown. */
static struct capture_panel_env lend(struct app *app)
{
	history_rewind(app->history, INT64_MAX);
	return (struct capture_panel_env){app->session, app->history, app->now_ns};
}

static void take_back(struct app *app)
{
	history_rewind(app->history, app->paused ? app->moment_ns : INT64_MAX);
}

void app_capture(struct app *app, int64_t duration_ns)
{
	struct capture_panel_env env = lend(app);
	capture_panel_press(&app->panel, &env, duration_ns);
	take_back(app);
}

bool app_flight(struct app *app)
{
	struct capture_panel_env env = lend(app);
	bool taken = capture_panel_press_flight(&app->panel, &env);
	take_back(app);
	return taken;
}

void app_open_trace(struct app *app, const char *path)
{
	struct error error = {0};
	if (app->open_trace(path, app->arg, &error) == STATUS_OK)
		app->panel.stage = PANEL_CLOSED;
	else
		app_notify(app, STYLE_WARNING, "%s", error.text);
}

bool app_capture_key(struct app *app, int key)
{
	bool used = false, opens = false;
	struct capture_panel_env env = lend(app);
	if (key == KEYMAP_ENTER && capture_panel_offers(&app->panel))
		used = opens = true;
	else if (key == KEYMAP_ENTER)
		used = capture_panel_enter(&app->panel, &env);
	else if (key == KEYMAP_ESCAPE)
		used = capture_panel_escape(&app->panel, &env);
	take_back(app);
	if (opens)
		app_open_trace(app, app->panel.capture.path);
	return used;
}

bool app_capture_update(struct app *app)
{
	if (!app->session)
		return false;
	struct capture_panel_env env = lend(app);
	bool news = capture_panel_update(&app->panel, &env);
	take_back(app);
	return news;
}
