#include "tui/header.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/sentinel.h"
#include "util/clock.h"
#include "util/text.h"

#define SEPARATOR(pane) ((pane).canvas->ascii ? " | " : " · ")
#define SEPARATOR_WIDTH 3

struct state_look {
	const char *text;
	enum style style;
};
static const struct state_look state_look[TARGET_STATE_COUNT] = {
	[TARGET_LIVE] = {"live", STYLE_RUNNING},
	[TARGET_STOPPED] = {"stopped", STYLE_WARNING},
	[TARGET_EXITED] = {"exited", STYLE_WARNING},
};

/* "replay 10x", or what it does instead. */
static enum style describe_playback(const struct playback_state *p, char *to, size_t size)
{
	if (p->ended)
		snprintf(to, size, "end of the recording");
	else if (p->seeking)
		snprintf(to, size, "seeking");
	else if (p->paused)
		snprintf(to, size, "replay paused");
	else if (isinf(p->speed))
		snprintf(to, size, "replay at full speed");
	else if (p->speed < 1 || p->speed > 1)
		snprintf(to, size, "replay %gx", p->speed);
	else
		snprintf(to, size, "replay");
	return p->ended || p->paused ? STYLE_WARNING : state_look[TARGET_LIVE].style;
}

/* "12m 04s of 24h", on a wide screen; "0.8 %" on a narrow one. "": nobody knows how long it is. */
static void describe_position(const struct playback_state *p, bool wide, char *to, size_t size)
{
	char at[32], all[32];
	int64_t length_ns = p->last_wall_ns - p->first_wall_ns;
	to[0] = '\0';
	if (p->last_wall_ns <= 0 || length_ns <= 0)
		return;
	int64_t at_ns = p->wall_ns - p->first_wall_ns;
	at_ns = at_ns < 0 ? 0 : at_ns > length_ns ? length_ns : at_ns;
	if (wide) {
		view_age(at, sizeof at, at_ns);
		view_age(all, sizeof all, length_ns);
		snprintf(to, size, "%s of %s", at, all);
	} else {
		text_percent(to, size, (double)at_ns / (double)length_ns);
	}
}

/* "live", "stopped", or how long nothing has been heard. */
static enum style describe_state(const struct view_data *data, const struct snapshot *newest,
                                 char *to, size_t size)
{
	char age[32];
	enum target_state state = data->state;
	bool silent = view_is_stale(data, newest->monotonic_ns);
	view_age(age, sizeof age, data->now_ns - newest->monotonic_ns);
	if (data->paused) {
		view_age(age, sizeof age, data->behind_ns);
		snprintf(to, size, "paused, %s ago", age);
		return STYLE_WARNING;
	}
	if (state == TARGET_EXITED)
		snprintf(to, size, "%s %s ago", newest->pid > 0 || !newest->where[0] ? "exited" : "ended",
		         age);
	else if (silent && state == TARGET_LIVE)
		snprintf(to, size, "silent %s", age);
	else if (silent)
		snprintf(to, size, "%s, %s old", state_look[state].text, age);
	else if (state == TARGET_LIVE && data->playback.recorded)
		return describe_playback(&data->playback, to, size);
	else
		snprintf(to, size, "%s", state_look[state].text);
	return silent ? STYLE_WARNING : state_look[state].style;
}

/* How often the lanes are looked at, to the next of 1, 2, 5, 10...: a timer that is late now and
   then must not make the header flicker. 0: hardly more often than the snapshots. */
static int lane_hz(const struct snapshot *s)
{
	static const int nominal[] = {5, 10, 20, 50, 100, 200, 500, 1000};
	const struct lanes *lanes = &s->lanes;
	if (lanes->samples < 2)
		return 0;
	int64_t span_ns = lanes->at_ns[lanes->samples - 1] - lanes->start_ns;
	double hz = span_ns > 0 ? (double)lanes->samples * (double)NS_PER_S / (double)span_ns : 0;
	int nearest = 0;
	for (size_t i = 0; i < sizeof nominal / sizeof *nominal; i++)
		if (hz > nominal[i] * 0.7)
			nearest = nominal[i];
	return nearest;
}

/* "memory 100 Hz, agent 1 s"; the operating system is named when there is nothing better. */
static void describe_sources(const struct view_data *data, const struct snapshot *newest, char *to,
                             size_t size)
{
	bool used[ORIGIN_COUNT] = {false};
	struct view_part part[PART_COUNT];
	char period[32];
	for (int i = 0; i < PART_COUNT; i++) {
		part[i] = view_part(data, (enum view_part_id)i);
		if (!part[i].s || part[i].stale)
			continue;
		enum origin origin = i == PART_OS        ? part[i].s->os_at.origin
		                     : i == PART_RUNTIME ? part[i].s->runtime_at.origin
		                                         : part[i].s->sched_at.origin;
		used[origin] = true;
	}
	used[ORIGIN_OS] = used[ORIGIN_OS] && !used[ORIGIN_MEMORY] && !used[ORIGIN_AGENT];
	text_duration(period, sizeof period, (double)newest->interval_ns, true);
	if (newest->interval_ns % NS_PER_S == 0)
		view_age(period, sizeof period, newest->interval_ns);

	to[0] = '\0';
	for (int origin = ORIGIN_MEMORY; origin < ORIGIN_COUNT; origin++) {
		size_t length = strlen(to);
		int hz = (enum origin)origin == newest->lanes.origin ? lane_hz(newest) : 0;
		if (!used[origin])
			continue;
		if (hz > 0)
			snprintf(to + length, size - length, "%s%s %d Hz", length ? ", " : "",
			         origin_name[origin], hz);
		else
			snprintf(to + length, size - length, "%s%s %s", length ? ", " : "", origin_name[origin],
			         period);
	}
}

void header_draw_facts(struct pane pane, int x, const char (*fact)[HEADER_FACT],
                       const int *by_weight, int n)
{
	bool fits[HEADER_FACTS_MAX] = {false};
	int room = pane.width - x;
	for (int i = 0; i < n; i++) {
		const char *text = fact[by_weight[i]];
		int width = canvas_text_width(pane.canvas, text) + SEPARATOR_WIDTH;
		fits[by_weight[i]] = text[0] && width <= room;
		room -= fits[by_weight[i]] ? width : 0;
	}
	for (int i = 0; i < n; i++) {
		if (!fits[i])
			continue;
		x = pane_text(pane, x, 0, STYLE_DIM, SEPARATOR(pane));
		x = pane_text(pane, x, 0, STYLE_TEXT, fact[i]);
	}
}

/* Facts about the target from the left. Where room is short the uptime goes first, then the
 * sources; that something is on guard is said last of all. */
static void draw_facts(struct pane pane, const struct view_data *data,
                       const struct snapshot *newest)
{
	enum { VERSION, UPTIME, SOURCES, SENTINEL, COUNT };
	static const int by_weight[COUNT] = {SENTINEL, VERSION, SOURCES, UPTIME};
	char fact[COUNT][HEADER_FACT] = {"", "", "", ""}, age[32];
	struct view_part os = view_part(data, PART_OS);
	int64_t uptime_ns;
	struct pane name = pane_sub(pane, 0, 0, pane.width * 2 / 5, 1);
	/* "fleet › orders-api 4321": Esc leads back there. */
	int x = data->inside ? pane_print(name, 1, 0, STYLE_DIM, "%s ›", data->inside) : 0;
	if (newest->program[0])
		x = pane_fit(name, x + 1, 0, STYLE_STRONG, newest->program);
	if (newest->pid > 0)
		x = pane_print(pane, x + 1, 0, STYLE_TEXT, "%ld", (long)newest->pid);
	else /* an address is worth more than what stands behind it */
		x = pane_fit(pane_sub(pane, 0, 0, pane.width * 3 / 4, 1), x + 1, 0,
		             newest->program[0] ? STYLE_TEXT : STYLE_STRONG, newest->where);
	snprintf(fact[VERSION], sizeof fact[VERSION], "%s", newest->go_version);
	if (os.s && fields_get(&os.s->os, OS_UPTIME_NS, &uptime_ns)) {
		view_age(age, sizeof age, uptime_ns);
		snprintf(fact[UPTIME], sizeof fact[UPTIME], "up %s", age);
	}
	describe_sources(data, newest, fact[SOURCES], sizeof fact[SOURCES]);
	sentinel_fact(data->sentinel, data->now_ns + data->behind_ns, fact[SENTINEL],
	              sizeof fact[SENTINEL]);
	header_draw_facts(pane, x, (const char(*)[HEADER_FACT])fact, by_weight, COUNT);
}

void header_draw(struct pane pane, const struct view_data *data)
{
	const struct snapshot *newest = history_get(data->history, 0);
	char state[64], interval[32], tail[96] = "";
	enum style style = describe_state(data, newest, state, sizeof state);
	text_duration(interval, sizeof interval, (double)newest->interval_ns, true);
	if (newest->interval_ns % NS_PER_S == 0)
		view_age(interval, sizeof interval, newest->interval_ns);
	if (data->playback.recorded && pane.width >= 60) {
		char position[80];
		describe_position(&data->playback, pane.width >= 100, position, sizeof position);
		snprintf(tail, sizeof tail, "  %s%s%s ", position, position[0] ? "  " : "", data->clock);
	} else if (pane.width >= 100)
		snprintf(tail, sizeof tail, "  every %s  %s ", interval, data->clock);
	else if (pane.width >= 60)
		snprintf(tail, sizeof tail, "  %s ", data->clock);
	int right = pane.width - canvas_text_width(pane.canvas, tail);
	pane_text(pane, right, 0, STYLE_DIM, tail);
	int width = canvas_text_width(pane.canvas, state);
	pane_text(pane, right - width - (tail[0] ? 0 : 1), 0, style, state);
	draw_facts(pane_sub(pane, 0, 0, right - width - 2, 1), data, newest);
}
