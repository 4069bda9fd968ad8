/* What users take out of the screen. */
#include <string.h>

#include "tui/app.h"

static void draw_place(struct canvas *canvas, struct view_place *place, void *arg)
{
	app_draw_view(arg, canvas, place);
}

struct listing app_listing(struct app *app)
{
	const struct view *view = views[app->view];
	return (struct listing){.view = view->name,
	                        .is_list = view->sorts != NULL,
	                        .ascii = app->ascii,
	                        .width = app->width,
	                        .height = app->height,
	                        .place = &app->place[app->view],
	                        .draw = draw_place,
	                        .arg = app};
}

static void tell(struct app *app)
{
	if (app->take.said[0])
		app_notify(app, app->take.said_style, "%s", app->take.said);
}

void app_search(struct app *app, const char *text, int step)
{
	struct listing listing = app_listing(app);
	take_search(&app->take, &listing, &app->place[app->view], text, step);
	tell(app);
}

void app_search_as_typed(struct app *app, enum prompt_event event, const char *text)
{
	struct listing listing = app_listing(app);
	app->take.said[0] = '\0';
	take_key(&app->take, &listing, &app->place[app->view], event, text);
	tell(app);
}

void app_copy(struct app *app)
{
	struct listing listing = app_listing(app);
	take_copy(&app->take, &listing);
	tell(app);
}

bool app_take_news(struct app *app)
{
	bool any = take_news(&app->take);
	if (any)
		tell(app);
	return any;
}

void app_save(struct app *app, const char *argument)
{
	struct listing listing = app_listing(app);
	take_save(&app->take, &listing, argument);
	tell(app);
}
