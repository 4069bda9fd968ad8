#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/goroutines.h"
#include "util/clock.h"
#include "util/text.h"

#define PPM_SHOWN 1000 /* below this share of a core, as it is told, there would be a 0 */

static const char *dot(struct pane pane)
{
	return pane.canvas->ascii ? " | " : " · ";
}

/* --- the summary ------------------------------------------------------------------------------ */

static size_t count_groups(const struct goroutine_table *table)
{
	const struct goroutine_grouping *g = &table->set->by[table->by];
	size_t n = g->other_groups;
	for (size_t i = 0; i < g->n; i++)
		n += !g->group[i].system;
	return n;
}

/* "sampled every 2 s (0.4 % of a core)" */
static void say_period(char *to, size_t size, const struct goroutine_set *set)
{
	char period[32] = "", cost[32] = "";
	if (set->period_ns >= NS_PER_S)
		view_age(period, sizeof period, set->period_ns);
	else if (set->period_ns > 0)
		text_duration(period, sizeof period, (double)set->period_ns, true);
	if (set->cost_ppm >= PPM_SHOWN)
		text_percent(cost, sizeof cost, (double)set->cost_ppm / 1e6);
	else if (set->cost_ppm >= 0)
		snprintf(cost, sizeof cost, "< 0.1 %%");
	to[0] = '\0';
	if (period[0] && cost[0])
		snprintf(to, size, "sampled every %s (%s of a core)", period, cost);
	else if (period[0])
		snprintf(to, size, "sampled every %s", period);
}

static void say_grouping(char *to, size_t size, const struct goroutine_table *table,
                         const struct view_place *place)
{
	snprintf(to, size, "by state, reason, %s%s%s",
	         table->by == GOROUTINES_BY_TOP ? "top frame" : "creator",
	         place->filter[0] ? "   filter: " : "", place->filter);
}

void goroutine_draw_summary(struct pane pane, const struct goroutine_table *table,
                            const struct view_place *place)
{
	char count[32], groups[32], period[96], grouping[400];
	const struct goroutine_set *set = table->set;
	size_t n = count_groups(table);
	text_count(count, sizeof count, set->count);
	text_count(groups, sizeof groups, (int64_t)n);
	say_period(period, sizeof period, set);
	say_grouping(grouping, sizeof grouping, table, place);
	int x = pane_text(pane, 1, 0, STYLE_STRONG, count);
	x = pane_text(pane, x, 0, STYLE_LABEL, set->count == 1 ? " goroutine in " : " goroutines in ");
	x = pane_text(pane, x, 0, STYLE_TEXT, groups);
	x = pane_text(pane, x, 0, STYLE_LABEL, n == 1 ? " group" : " groups");
	int right = canvas_text_width(pane.canvas, grouping), width = pane.width - 1;
	int gap = canvas_text_width(pane.canvas, dot(pane));
	if (period[0] && x + gap + canvas_text_width(pane.canvas, period) <= width) {
		x = pane_text(pane, x, 0, STYLE_DIM, dot(pane));
		x = pane_text(pane, x, 0, STYLE_DIM, period);
	}
	if (x + 3 + right <= width)
		pane_right(pane_sub(pane, 0, 0, width, 1), 0, STYLE_DIM, grouping);
	else if (place->filter[0]) {
		snprintf(grouping, sizeof grouping, "filter: %s", place->filter);
		pane_fit(pane_sub(pane, 0, 0, width, 1), x + 3, 0, STYLE_DIM, grouping);
	}
}

/* Why the last attempt since `until` failed, "" if none did; it is not in every snapshot, since
   goroutines are not read for every one. */
static const char *last_trouble(const struct history *h, const struct snapshot *until)
{
	const struct snapshot *s;
	for (size_t i = 0; (s = history_get(h, i)) != NULL && s != until; i++)
		if (s->goroutines_trouble[0])
			return s->goroutines_trouble;
	return "";
}

/* --- below the list --------------------------------------------------------------------------- */

void goroutine_draw_rest(struct pane pane, const struct view_data *data,
                         const struct goroutine_table *table, const struct view_place *place)
{
	const struct goroutine_set *set = table->set;
	const struct goroutine_grouping *g = &set->by[table->by];
	int64_t at_ns = table->s->goroutines_at.at_ns;
	/* Each reading is awaited for as long as the budget makes it, and one that takes its time. */
	bool stale =
		data->state == TARGET_EXITED || data->now_ns - at_ns > 2 * set->period_ns + 2 * NS_PER_S;
	struct pane row = pane_sub(pane, 1, 0, pane.width - 2, 1);
	char age[32], count[32];
	int x = 0;
	if (stale) {
		const char *trouble = last_trouble(data->history, table->s);
		view_age(age, sizeof age, data->now_ns - at_ns);
		x = pane_print(row, x, 0, STYLE_WARNING, "read %s ago%s", age, *trouble ? ": " : "");
		pane_fit(row, x, 0, STYLE_WARNING, trouble);
		return;
	}
	if (place->filter[0])
		x = pane_print(row, x, 0, STYLE_TEXT, "%d rows", place->rows);
	if (set->system_count > 0) {
		text_count(count, sizeof count, set->system_count);
		x = pane_print(row, x, 0, STYLE_DIM, "%s%s of the runtime %s", x ? dot(row) : "", count,
		               place->all ? "too" : "not shown");
	}
	if (g->other_groups > 0) {
		text_count(count, sizeof count, g->other_count);
		x = pane_print(row, x, 0, STYLE_DIM, "%s%s in %" PRIu32 " smaller groups not shown",
		               x ? dot(row) : "", count, g->other_groups);
	}
	if (set->dropped > 0)
		pane_print(row, x, 0, STYLE_DIM, "%s%" PRIu32 " changed while they were read",
		           x ? dot(row) : "", set->dropped);
}

/* --- evidence --------------------------------------------------------------------------------- */

static void say_evidence(char *to, size_t size, const struct goroutine_table *table,
                         const struct goroutine_stat *stat)
{
	const struct goroutine_group *g = stat->group;
	const struct goroutine_set *set = table->set;
	const char *creator = goroutine_text(set, g->creator.function);
	char count[32], growth[32], wait[32], median[32];
	text_count(count, sizeof count, g->count);
	text_count(growth, sizeof growth, (int64_t)llround(stat->growth_per_min));
	goroutine_wait(wait, sizeof wait, g->longest_ns, g->longest_at_least);
	goroutine_wait(median, sizeof median, g->median_ns, g->median_at_least);
	switch (stat->mark) {
	case GOROUTINE_MARK_LEAKED:
		snprintf(to, size, "leak: the runtime found that nothing can wake these %s%s%s", count,
		         *creator ? ", created by " : "", creator);
		break;
	case GOROUTINE_MARK_DEADLOCK:
		text_count(count, sizeof count, set->count);
		snprintf(
			to, size,
			"like a deadlock: all %s wait for channels, locks or each other; nothing runs, and "
			"there is no timer",
			count);
		break;
	case GOROUTINE_MARK_LOCK:
		snprintf(to, size,
		         "like a deadlock: %s wait in %s, half of them for %s; the holder keeps it", count,
		         goroutine_text(set, g->reason), median);
		break;
	case GOROUTINE_MARK_LEAK:
		snprintf(to, size,
		         "like a leak: +%s a minute and never fewer, the oldest waits %s in %s%s%s", growth,
		         wait, goroutine_text(set, g->reason), *creator ? ", created by " : "", creator);
		break;
	default:
		to[0] = '\0';
	}
}

/* A deadlock is said once: it is the same of all groups. */
static bool is_said(const struct goroutine_stat *const *shown, size_t n,
                    const struct goroutine_stat *stat)
{
	for (size_t i = 0; i < n; i++)
		if (shown[i] == stat ||
		    (shown[i]->mark == GOROUTINE_MARK_DEADLOCK && stat->mark == GOROUTINE_MARK_DEADLOCK))
			return true;
	return false;
}

void goroutine_draw_evidence(struct pane pane, const struct goroutine_table *table,
                             const struct view_place *place)
{
	enum { SENTENCES_MAX = 4 };
	const struct goroutine_stat *shown[SENTENCES_MAX];
	int lines = pane.width < GOROUTINE_WIDE ? 2 : 1;
	size_t n = 0, room = (size_t)(pane.height / lines);
	if (room == 0 || room > SENTENCES_MAX)
		room = room ? SENTENCES_MAX : 1;
	for (size_t i = 0; i < table->n && n < room; i++)
		if ((int64_t)table->row[i].group->key == place->selected_group && table->row[i].mark)
			shown[n++] = &table->row[i];
	for (size_t i = 0; i < table->n && n < room; i++)
		if (table->row[i].mark && !is_said(shown, n, &table->row[i]))
			shown[n++] = &table->row[i];
	for (size_t i = 0; i < n; i++) {
		char text[512];
		struct pane rows = pane_sub(pane, 1, (int)i * lines, pane.width - 2, lines);
		say_evidence(text, sizeof text, table, shown[i]);
		pane_text(rows, 0, 0, STYLE_ALARM, "!");
		pane_wrap(pane_sub(rows, 2, 0, rows.width - 2, lines), STYLE_TEXT, text);
	}
}

/* --- nothing ---------------------------------------------------------------------------------- */

void goroutine_draw_nothing(struct pane pane, const struct view_data *data)
{
	const struct snapshot *s = history_get(data->history, 0);
	const char *trouble = last_trouble(data->history, NULL);
	struct view_part sched = view_part(data, PART_SCHED);
	char text[640];
	if (*trouble)
		snprintf(text, sizeof text, "Goroutines can't be read one by one: %s", trouble);
	else if (s->trouble[ORIGIN_MEMORY][0])
		snprintf(text, sizeof text,
		         "Goroutines are read from the memory of the process, which can't be: %s",
		         s->trouble[ORIGIN_MEMORY]);
	else if (data->playback.recorded)
		snprintf(text, sizeof text, "Up to this moment, the recording has no goroutines");
	else if (!sched.s || sched.s->sched_at.origin != ORIGIN_MEMORY)
		snprintf(text, sizeof text,
		         "Goroutines are read from the memory of the process, and that is no source here; "
		         "the agent tells groups of them, if it can, or their number alone");
	else
		snprintf(text, sizeof text, "Goroutines are read in a moment: less often than the rest");
	pane_wrap(pane, STYLE_DIM, text);
}
