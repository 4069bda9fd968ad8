#include "tui/view.h"

#include <stdio.h>

#include "doctor/live.h"
#include "doctor/show.h"
#include "tui/findings.h"
#include "tui/sentinel.h"
#include "util/clock.h"

/*
 * Findings: "what is wrong, since when, and what proves it?" One row for each, the worst first; the
 * one that is open has its evidence below it, and all that is to be said of it under the list.
 */

#define DASH "–"

static const char *const sorts[] = {"severity", "since", "finding", NULL};

static int by_since(const struct finding *a, const struct finding *b)
{
	int64_t since_a = live_since(a), since_b = live_since(b);
	return (since_a > since_b) - (since_a < since_b);
}

static void since_text(char *to, size_t size, const struct finding *finding, const void *arg)
{
	const struct view_data *data = arg;
	int64_t since_ns = live_since(finding);
	snprintf(to, size, DASH);
	if (since_ns >= 0)
		view_age(to, size, data->now_ns - since_ns);
}

/* How long the doctor has been able to look back, which is what its silence is worth. */
static void known_text(char *to, size_t size, const struct view_data *data)
{
	const struct snapshot *newest = history_get(data->history, 0);
	const struct snapshot *oldest = history_get(data->history, history_count(data->history) - 1);
	char known[32];
	int64_t known_ns = newest->monotonic_ns - oldest->monotonic_ns;
	view_age(known, sizeof known, known_ns);
	if (known_ns < LIVE_SPAN_NS * 9 / 10)
		snprintf(to, size, "in the %s that are known; slow growth shows in %d min", known,
		         (int)(LIVE_SPAN_NS / (60 * NS_PER_S)));
	else
		snprintf(to, size, "in the last %s", known);
}

static void draw_summary(struct pane pane, const struct view_data *data,
                         const struct view_place *place)
{
	char tally[96], known[128], filter[400];
	const char *dot = pane.canvas->ascii ? " | " : " · ";
	findings_tally(data->findings, SEVERITY_INFO, tally, sizeof tally);
	known_text(known, sizeof known, data);
	int x = pane_text(pane, 1, 0, STYLE_STRONG, tally);
	x = pane_text(pane, x, 0, STYLE_DIM, dot);
	x = pane_fit(pane_sub(pane, 0, 0, pane.width - 1, 1), x, 0, STYLE_DIM, known);
	snprintf(filter, sizeof filter, "filter: %s", place->filter);
	if (place->filter[0] && x + 3 < pane.width)
		pane_right(pane_sub(pane, x + 3, 0, pane.width - x - 4, 1), 0, STYLE_DIM, filter);
}

static void draw_nothing(struct pane pane, const struct view_data *data, bool filtered)
{
	char known[128], text[320];
	known_text(known, sizeof known, data);
	snprintf(text, sizeof text, "The doctor sees nothing wrong %s.", known);
	if (filtered)
		snprintf(text, sizeof text,
		         "No finding has what the filter asks for; without it there are some.");
	pane_wrap(pane, STYLE_DIM, text);
}

static void draw_findings(struct pane page, const struct view_data *data, struct view_place *place)
{
	const struct findings_list list = {data->findings, "SINCE", since_text, by_since, data};
	struct pane text = pane_sub(page, 1, 1, page.width - 2, page.height - 1);
	if (!data->findings) {
		view_select(place, NULL, 0, page.height);
		pane_text(text, 0, 0, STYLE_DIM, "The doctor has no memory to look");
	} else if (findings_draw(pane_sub(page, 0, 3, page.width, page.height - 3), &list, place)) {
		draw_summary(pane_row(page, 1), data, place);
		findings_draw_trail(pane_sub(page, 0, 0, page.width - 1, 1), 1, view_findings.name,
		                    data->findings, place);
	} else {
		draw_nothing(text, data, data->findings->n > 0);
	}
}

/* What is found, and below it who waits for it. */
static void draw(struct pane page, const struct view_data *data, struct view_place *place)
{
	int rows = sentinel_rows(data->sentinel, page.height);
	draw_findings(pane_sub(page, 0, 0, page.width, page.height - rows), data, place);
	if (rows > 0)
		sentinel_draw(pane_sub(page, 0, page.height - rows, page.width, rows), data->sentinel,
		              data->now_ns + data->behind_ns);
}

const struct view view_findings = {"Findings", CONTEXT_FINDINGS, draw, sorts, NULL};
