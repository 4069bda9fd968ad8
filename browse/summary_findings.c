/* The gravest findings, in the words of the Summary. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "browse/summary.h"
#include "doctor/finding.h"
#include "doctor/show.h"
#include "tui/findings.h"

enum { SHOWN = 4 };

/* "8 Findings" */
static void view_text(char *to, size_t size)
{
	to[0] = '\0';
	for (size_t i = 0; i < trace_views_count; i++)
		if (trace_views[i] == &trace_view_findings)
			snprintf(to, size, "%zu %s", i + 1, trace_views[i]->name);
}

/* Of warning or above; they come first. */
static int alarms(const struct trace_data *data)
{
	return data->findings ? (int)findings_count(data->findings, SEVERITY_WARNING) : 0;
}

int summary_findings_count(const struct trace_data *data)
{
	int n = alarms(data);
	/* Damage is told as soon as it is met, since it says how far the rest can be believed. */
	if (!data->findings)
		return data->summary->damages > 0;
	return n < SHOWN ? n : SHOWN;
}

static void draw_damage(struct pane line, const struct trace_summary *s)
{
	char text[320], shown[320];
	snprintf(text, sizeof text,
	         s->damages > 1 ? "damaged at byte %" PRIu64 " and %" PRIu64 " more places: %s"
	                        : "damaged at byte %" PRIu64 "%.0" PRIu64 ": %s",
	         s->damage[0].offset, s->damages > 1 ? s->damages - 1 : 0, s->damage[0].text);
	finding_text(shown, sizeof shown, text, line.canvas->ascii);
	pane_text(line, 0, 0, STYLE_WARNING, "!");
	pane_fit(line, 2, 0, STYLE_TEXT, shown);
}

static void draw_finding(struct pane line, const struct finding *f, const char *view)
{
	char text[640];
	int width = canvas_text_width(line.canvas, view);
	struct pane rest = pane_sub(line, 2, 0, line.width - 2 - (width ? width + 2 : 0), 1);
	finding_draw_mark(line, f);
	pane_fit(rest, 0, 0, STYLE_STRONG, slug_word(f->slug));
	int x = canvas_text_width(line.canvas, slug_word(f->slug)) + 2;
	finding_text(text, sizeof text, f->summary ? f->summary : "", line.canvas->ascii);
	if (x < rest.width)
		pane_fit(pane_sub(rest, x, 0, rest.width - x, 1), 0, 0, STYLE_TEXT, text);
	pane_right(line, 0, STYLE_KEY, view);
}

void summary_draw_findings(struct pane pane, const struct trace_data *data)
{
	int n = summary_findings_count(data);
	char view[32];
	view_text(view, sizeof view);
	if (!data->findings && n)
		draw_damage(pane_row(pane, 0), data->summary);
	for (int i = 0; data->findings && i < n && i < pane.height; i++)
		draw_finding(pane_row(pane, i), data->findings->finding[i], i == 0 ? view : "");
}
