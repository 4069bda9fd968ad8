/* What the doctor says of the moment that is shown, and how to get from a finding to what proves
   it. */
#include <stdio.h>
#include <string.h>

#include "tui/app.h"
#include "tui/findings.h"
#include "util/clock.h"

#define LOOK_EVERY_NS NS_PER_S /* of snapshots that come faster, some are enough */

void app_look(struct app *app)
{
	const struct snapshot *newest = history_get(app->history, 0);
	int64_t enough_ns = app->paused ? 1 : LOOK_EVERY_NS;
	int64_t since_ns = newest ? newest->monotonic_ns - app->looked_ns : 0;
	if (!newest || (app->looked && since_ns >= 0 && since_ns < enough_ns))
		return;
	struct findings found = {0};
	enum status status = live_look(app->history, &app->limits, &found);
	if (status == STATUS_OK) {
		findings_finish(&app->findings);
		app->findings = found;
	} else {
		findings_finish(&found);
	}
	app->looked_ns = newest->monotonic_ns;
	app->looked = status == STATUS_OK || app->looked;
}

void app_forget_findings(struct app *app)
{
	findings_finish(&app->findings);
	app->findings = (struct findings){0};
	app->looked = false;
}

/* --- from a finding to its proof ------------------------------------------------------------ */

static bool go_to(struct app *app, const struct view *view)
{
	for (size_t i = 0; i < views_count; i++)
		if (views[i] == view) {
			app->view = i;
			return true;
		}
	return false;
}

/* The group, open, among those of its kind. */
static bool show_group(struct app *app, uint64_t key)
{
	const struct snapshot *s;
	enum goroutine_by by;
	for (size_t i = 0; (s = history_get(app->history, i)) != NULL; i++)
		if (s->goroutines)
			break;
	if (!s || !goroutine_set_find(s->goroutines, key, &by) || !go_to(app, &view_goroutines))
		return false;
	struct view_place *place = &app->place[app->view];
	place->grouping = (int)by;
	place->expanded = place->selected_id = (int64_t)key;
	place->chosen = place->anchored = true;
	place->filter[0] = '\0';
	return true;
}

/* Where numbers of this slug stand, when its evidence is no single thing. */
static const struct view *view_of(enum slug slug)
{
	switch (slug) {
	case SLUG_CPU_SATURATION:
	case SLUG_STW_LONG:
		return &view_latency;
	case SLUG_THREAD_GROWTH:
		return &view_threads;
	case SLUG_GOROUTINE_GROWTH:
		return &view_goroutines;
	default:
		return &view_overview;
	}
}

static void show_proof(struct app *app, const struct finding *f, const struct evidence *e)
{
	if (e->kind == EVIDENCE_GROUP && show_group(app, e->group))
		return;
	if (e->kind == EVIDENCE_GROUP)
		app_notify(app, STYLE_WARNING, "that group of goroutines is no longer there");
	else if (e->kind == EVIDENCE_THREAD)
		go_to(app, &view_threads);
	else if (e->kind == EVIDENCE_SPAN)
		go_to(app, view_of(f->slug));
}

/* --- keys ----------------------------------------------------------------------------------- */

void app_expand_finding(struct app *app)
{
	const struct finding *f;
	const struct evidence *e = findings_expand(&app->findings, &app->place[app->view], &f);
	if (e)
		show_proof(app, f, e);
}

bool app_show_worst(struct app *app)
{
	if (app->findings.n == 0 || !go_to(app, &view_findings))
		return false;
	struct view_place *place = &app->place[app->view];
	place->filter[0] = '\0';
	findings_open(place, app->findings.finding[0]);
	return true;
}
