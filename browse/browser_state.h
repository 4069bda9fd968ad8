/*
 * What the browser is made of; a part of browser.h, not meant for others. UI thread.
 */
#ifndef SCHEDTOP_BROWSE_BROWSER_STATE_H
#define SCHEDTOP_BROWSE_BROWSER_STATE_H

#include "browse/browser.h"
#include "tui/command_line.h"
#include "tui/setup.h"
#include "tui/tabs.h"
#include "tui/take.h"

struct browser {
	struct load *load;
	char *path;
	struct analysis_options part; /* what is counted */
	const struct means *means;
	const struct keymap *keys; /* of it */
	int64_t now_ns;

	size_t view; /* index into trace_views */
	struct view_place place[TABS_MAX];
	void *own[TABS_MAX]; /* what each view's create made */
	const char *inside;  /* as its options have it */
	bool help;
	struct view_place help_place;
	struct prompt prompt;
	struct path_words paths; /* for it */
	struct take take;
	struct setup setup;
	bool greeting;                       /* is shown */
	char filter_before[PROMPT_TEXT_MAX]; /* what Esc brings back */
	char notice[128];                    /* in place of the bottom line until notice_end_ns */
	int64_t notice_end_ns;
	enum style notice_style;
	int width, height; /* of the last picture, for the mouse */
	bool ascii;        /* so it was */
};

static inline const struct trace_view *view_of(const struct browser *b)
{
	return trace_views[b->view];
}

static inline struct view_place *place_of(struct browser *b)
{
	return &b->place[b->view];
}

/* One sentence for a few seconds on the bottom line. */
void browser_notify(struct browser *b, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What the view that is shown does with it, if anything. */
enum loop_next browser_ask_view(struct browser *b, const struct trace_action *action);
/* What a view, or whoever opened the trace, asks of the frame. */
void browser_carry_out(struct browser *b, const struct trace_data *data,
                       const struct trace_request *request);
/* The view first, then what works in every view. */
enum loop_next browser_act(struct browser *b, const struct trace_action *action);
/* Header and view alone, with a place that need not be the user's. */
void browser_draw_view(struct browser *b, struct canvas *canvas, struct view_place *place);

/* What users take out, browser_take.c; it is said on the bottom line. As take.h has it. */
void browser_search(struct browser *b, const char *text, int step);
void browser_search_as_typed(struct browser *b, enum prompt_event event, const char *text);
enum loop_next browser_copy(struct browser *b, enum command command, const char *argument);
enum loop_next browser_save(struct browser *b, enum command command, const char *argument);
bool browser_take_news(struct browser *b); /* as take_news */

/* A line as it is typed after ':', and what it may be made of. */
enum loop_next browser_line(struct browser *b, const char *line);
struct command_names browser_names(struct browser *b);

#endif
