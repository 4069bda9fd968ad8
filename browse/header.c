#include "browse/header.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trace/elapsed.h"
#include "tui/header.h"
#include "util/text.h"

#define FILTER_WIDTH 28

enum { VERSION, SPAN, EVENTS, SAMPLED, PART, FACTS };

/* "goroutine 12, from 1.2 s, to 3.4 s": what the command line asked for. */
static void part_text(const struct trace_data *data, char *to, size_t size, bool ascii)
{
	const struct analysis_options *o = data->part;
	size_t used = 0;
	char time[32];
	to[0] = '\0';
	if (o->goroutine)
		used += (size_t)snprintf(to, size, "goroutine %" PRIu64, o->goroutine);
	if (o->from_ns > 0 && used < size) {
		text_duration(time, sizeof time, (double)o->from_ns, ascii);
		used += (size_t)snprintf(to + used, size - used, "%sfrom %s", used ? ", " : "", time);
	}
	if (o->to_ns != INT64_MAX && used < size) {
		text_duration(time, sizeof time, (double)o->to_ns, ascii);
		snprintf(to + used, size - used, "%sto %s", used ? ", " : "", time);
	}
}

static void facts_of(const struct trace_data *data, char fact[FACTS][HEADER_FACT], bool ascii)
{
	const struct trace_summary *s = data->summary;
	char text[32];
	for (int i = 0; i < FACTS; i++)
		fact[i][0] = '\0';
	if (s->version)
		snprintf(fact[VERSION], sizeof fact[0], "%s", trace_go_version(s->version));
	if (data->last_ns > data->first_ns) {
		text_duration(text, sizeof text, (double)elapsed_ns(data->first_ns, data->last_ns), ascii);
		snprintf(fact[SPAN], sizeof fact[0], "%s%s", text, data->loading ? " so far" : "");
	}
	if (!data->loading) {
		text_count(text, sizeof text, s->events > INT64_MAX ? INT64_MAX : (int64_t)s->events);
		snprintf(fact[EVENTS], sizeof fact[0], "%s events", text);
	}
	if (s->sampled_hz)
		snprintf(fact[SAMPLED], sizeof fact[0], "SAMPLED at %" PRIu64 " Hz", s->sampled_hz);
	part_text(data, fact[PART], sizeof fact[0], ascii);
}

/* "reading 43 %", "damaged", or nothing to worry about. */
static enum style state_of(const struct trace_data *data, char *to, size_t size)
{
	char percent[16];
	to[0] = '\0';
	text_percent(percent, sizeof percent, data->progress);
	if (data->summary->damages)
		snprintf(to, size, "damaged");
	if (data->loading && data->progress >= 0)
		snprintf(to + strlen(to), size - strlen(to), "%sreading %s", to[0] ? ", " : "", percent);
	else if (data->loading)
		snprintf(to + strlen(to), size - strlen(to), "%sreading", to[0] ? ", " : "");
	return data->summary->damages ? STYLE_WARNING : STYLE_RUNNING;
}

/* From the left; where room is short the version goes first, then the number of events. */
static void draw_facts(struct pane pane, const struct trace_data *data, const char *inside)
{
	static const int by_weight[FACTS] = {SAMPLED, SPAN, PART, EVENTS, VERSION};
	char fact[FACTS][HEADER_FACT], name[256];
	const char *file = strrchr(data->path, '/');
	file = file ? file + 1 : data->path;
	text_clean(name, sizeof name, file, strlen(file));
	facts_of(data, fact, pane.canvas->ascii);
	/* "live › service.trace": Esc leads back there. */
	int x = inside ? pane_print(pane, 1, 0, STYLE_DIM, "%s ›", inside) : 0;
	x = pane_fit(pane_sub(pane, x, 0, pane.width * 2 / 5, 1), 1, 0, STYLE_STRONG, name) + x;
	header_draw_facts(pane, x, (const char(*)[HEADER_FACT])fact, by_weight, FACTS);
}

void trace_header_draw(struct pane pane, const struct trace_data *data, const char *inside,
                       const char *filter)
{
	char state[64], shown[FILTER_WIDTH * 4 + 16];
	enum style style = state_of(data, state, sizeof state);
	int width = canvas_text_width(pane.canvas, state), right = pane.width - 1 - width;
	pane_text(pane, right, 0, style, state);
	if (*filter) {
		snprintf(shown, sizeof shown, "filter: %s", filter);
		right -= width > 0 ? 2 : 0;
		width = canvas_text_width(pane.canvas, shown);
		width = width < FILTER_WIDTH ? width : FILTER_WIDTH;
		pane_fit(pane_sub(pane, right - width, 0, width, 1), 0, 0, STYLE_KEY, shown);
		right -= width;
	}
	draw_facts(pane_sub(pane, 0, 0, right - (width > 0), 1), data, inside);
}
