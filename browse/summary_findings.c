/* What to look at first, in the words of the Summary. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "browse/summary.h"
#include "util/clock.h"
#include "util/text.h"

#define LONG_WAIT_NS (10 * NS_PER_MS) /* for a P, and for a stopped world: what users notice */
#define MUCH_MARKING 0.5
#define MUCH_BUSY    0.9

static struct finding *add(struct findings *f, enum style style)
{
	struct finding *finding = &f->finding[f->n];
	if (f->n == FINDINGS_MAX)
		return NULL;
	*finding = (struct finding){.style = style};
	f->n++;
	return finding;
}

/* Damage comes first: it says how far all the rest can be believed. */
static void find_damage(struct findings *f, const struct trace_data *data)
{
	const struct trace_summary *s = data->summary;
	struct finding *finding = s->damages ? add(f, STYLE_WARNING) : NULL;
	char text[256];
	if (!finding)
		return;
	text_clean(text, sizeof text, s->damage[0].text, strlen(s->damage[0].text));
	snprintf(finding->text, sizeof finding->text,
	         s->damages > 1 ? "damaged at byte %" PRIu64 " and %" PRIu64 " more places: %s"
	                        : "damaged at byte %" PRIu64 "%.0" PRIu64 ": %s",
	         s->damage[0].offset, s->damages > 1 ? s->damages - 1 : 0, text);
}

static void find_waits(struct findings *f, const struct trace_data *data, bool ascii)
{
	const struct distribution *d = &data->analysis->goroutines.latency;
	int64_t p99_ns = distribution_percentile(d, .99);
	double busy = summary_busy(data);
	char text[32], percent[16] = "", max[32];
	struct finding *finding = p99_ns >= LONG_WAIT_NS ? add(f, STYLE_ALARM) : NULL;
	if (!finding)
		return;
	text_duration(text, sizeof text, (double)p99_ns, ascii);
	text_duration(max, sizeof max, (double)d->max_ns, ascii);
	text_percent(percent, sizeof percent, busy);
	finding->view = "Latency";
	snprintf(finding->text, sizeof finding->text,
	         "one wait for a P in 100 takes %s or more, %s%s%s", text,
	         busy >= MUCH_BUSY ? "while Ps are busy " : "at most ",
	         busy >= MUCH_BUSY ? percent : max, busy >= MUCH_BUSY ? " of the time" : "");
}

static void find_collections(struct findings *f, const struct trace_data *data, bool ascii)
{
	const struct analysis *a = data->analysis;
	const struct timeline *marking = &a->activity.marking;
	size_t n = timeline_whole_bins(marking);
	double sum = 0;
	char text[32];
	for (size_t i = 0; i < n; i++)
		sum += timeline_mean(marking, i);
	struct finding *finding = n && sum / (double)n >= MUCH_MARKING ? add(f, STYLE_ALARM) : NULL;
	if (finding) {
		text_percent(text, sizeof text, sum / (double)n);
		finding->view = "GC";
		snprintf(finding->text, sizeof finding->text, "the collector marks %s of the time", text);
	}
	finding = a->gc.pause.max_ns >= LONG_WAIT_NS ? add(f, STYLE_ALARM) : NULL;
	if (finding) {
		text_duration(text, sizeof text, (double)a->gc.pause.max_ns, ascii);
		finding->view = "GC";
		snprintf(finding->text, sizeof finding->text, "the world was stopped for %s", text);
	}
}

void summary_find(struct findings *f, const struct trace_data *data, bool ascii)
{
	f->n = 0;
	find_damage(f, data);
	find_waits(f, data, ascii);
	find_collections(f, data, ascii);
}
