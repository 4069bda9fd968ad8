#include "tui/sentinel.h"

#include <stdio.h>
#include <string.h>

#include "tui/layout.h"

#define RULES_MAX 4 /* that are shown; the others are counted */

void sentinel_fact(const struct sentinel_state *s, int64_t now_ns, char *to, size_t size)
{
	char age[32];
	to[0] = '\0';
	if (!s || s->rules == 0)
		return;
	view_age(age, sizeof age, now_ns - s->fired_ns);
	if (s->busy)
		snprintf(to, size, "sentinel acts");
	else if (s->fired > 0)
		snprintf(to, size, "sentinel fired %s ago", age);
	else
		snprintf(to, size, "sentinel armed");
}

bool sentinel_news(const struct sentinel_state *before, const struct sentinel_state *now, char *to,
                   size_t size)
{
	if (now->fired != before->fired)
		snprintf(to, size, "sentinel: %.400s", now->why);
	else if (before->busy && !now->busy)
		snprintf(to, size, "sentinel: %s%.400s", now->saved ? "saved " : "", now->outcome);
	else
		return false;
	return true;
}

static int shown_rules(const struct sentinel_state *s)
{
	return s->rules < RULES_MAX ? (int)s->rules : RULES_MAX;
}

/* A blank one, the heading, the rules, and what came of it. */
int sentinel_rows(const struct sentinel_state *s, int height)
{
	if (!s || s->rules == 0)
		return 0;
	int rows = 2 + shown_rules(s) + (s->fired > 0 ? 2 : 0);
	return rows <= height / 2 ? rows : 0;
}

enum { COLUMN_STATE, COLUMN_RULE, COLUMN_VALUE, COLUMN_THEN, COLUMNS };

static const struct slot columns[COLUMNS] = {
	[COLUMN_STATE] = {.min = 8, .want = 8, .drop = 0},
	[COLUMN_RULE] = {.min = 24, .want = 30, .drop = 0, .grow = 1, .gap = 2},
	[COLUMN_VALUE] = {.min = 12, .want = 14, .drop = 1, .grow = 1, .gap = 2},
	[COLUMN_THEN] = {.min = 12, .want = 24, .drop = 2, .grow = 1, .gap = 2},
};

static enum style style_of(const char *state)
{
	if (strcmp(state, "armed") == 0)
		return STYLE_RUNNING;
	if (strcmp(state, "unknown") == 0)
		return STYLE_DIM;
	return STYLE_WARNING;
}

static void draw_rule(struct pane pane, const struct sentinel_rule_state *r)
{
	const char *state = r->state ? r->state : "unknown";
	const char *const text[COLUMNS] = {state, r->rule, r->value, r->then};
	struct slot slot[COLUMNS];
	memcpy(slot, columns, sizeof slot);
	layout(slot, COLUMNS, pane.width - 2);
	for (int i = 0; i < COLUMNS; i++)
		if (slot[i].size > 0)
			pane_fit(pane_sub(pane, 1 + slot[i].at, 0, slot[i].size, 1), 0, 0,
			         i == COLUMN_STATE  ? style_of(state)
			         : i == COLUMN_RULE ? STYLE_TEXT
			                            : STYLE_DIM,
			         text[i]);
}

static void draw_last(struct pane pane, const struct sentinel_state *s, int64_t now_ns)
{
	char age[32], text[sizeof s->why + 64];
	view_age(age, sizeof age, now_ns - s->fired_ns);
	snprintf(text, sizeof text, "fired %s ago: %s", age, s->why);
	pane_fit(pane_row(pane, 0), 1, 0, STYLE_TEXT, text);
	pane_fit(pane_row(pane, 1), 1, 0, STYLE_DIM,
	         s->busy ? "what follows is under way" : s->outcome);
}

void sentinel_draw(struct pane pane, const struct sentinel_state *s, int64_t now_ns)
{
	int rules = shown_rules(s), y = 1;
	int x = pane_text(pane, 1, y, STYLE_LABEL, "Sentinel");
	if ((int)s->rules > rules)
		pane_print(pane, x, y, STYLE_DIM, "  %d of %d rules", rules, (int)s->rules);
	y++;
	for (int i = 0; i < rules; i++)
		draw_rule(pane_row(pane, y++), &s->rule[i]);
	if (s->fired > 0)
		draw_last(pane_sub(pane, 0, y, pane.width, 2), s, now_ns);
}
