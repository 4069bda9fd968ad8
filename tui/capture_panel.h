/*
 * The panel that takes an execution trace: first what it will cost, then how far it is, then where
 * it lies and what it did to the program. What a flight recorder holds has been paid for already,
 * and is fetched at once. It reads sessions and histories that it is lent and
 * orders through the session; the app owns it, asks it first about its keys while it is open, and
 * draws it above the view. All zero is closed. UI thread.
 */
#ifndef SCHEDTOP_TUI_CAPTURE_PANEL_H
#define SCHEDTOP_TUI_CAPTURE_PANEL_H

#include "metrics/trace_cost.h"
#include "tui/canvas.h"
#include "tui/keymap.h"

enum capture_panel_stage {
	PANEL_CLOSED,
	PANEL_PROPOSED, /* nothing has been ordered yet */
	PANEL_ORDERED,  /* from the order to its end */
	PANEL_ENDED,    /* done, failed or cancelled */
};

struct capture_panel {
	enum capture_panel_stage stage;
	enum capture_kind kind;
	int64_t duration_ns;
	int64_t begin_ns; /* monotonic: a proposal becomes an order then; INT64_MAX: only by hand */
	struct trace_cost cost;
	struct capture_state capture;
	bool cancelling;
	bool can_open; /* whoever owns it can show a trace */
	struct throughput before, during;

	struct capture_state last; /* that was done, of any kind */
	/* The last trace, which the next estimate rests on. */
	struct capture_state last_trace;
	struct throughput last_during;
};

/* The history is to be in the present (history_rewind). */
struct capture_panel_env {
	struct session *session;
	const struct history *history;
	int64_t now_ns;
};

/* The key that takes a trace: proposes one; takes the proposal back; cancels what runs. */
void capture_panel_press(struct capture_panel *p, const struct capture_panel_env *env,
                         int64_t duration_ns);
/* The key that fetches what has been: begins at once; cancels that. false: a trace is under way. */
bool capture_panel_press_flight(struct capture_panel *p, const struct capture_panel_env *env);
/* Is there a trace now that Enter opens? That is the owner's. */
bool capture_panel_offers(const struct capture_panel *p);
/* Enter: begins at once, or closes. false: the panel is closed, or has no use for it. */
bool capture_panel_enter(struct capture_panel *p, const struct capture_panel_env *env);
/* Escape: as the key does, and closes what has ended. false: the panel is closed. */
bool capture_panel_escape(struct capture_panel *p, const struct capture_panel_env *env);
/* Whenever there may be news, and at least once a second. true: it has to be drawn anew. */
bool capture_panel_update(struct capture_panel *p, const struct capture_panel_env *env);
/* Into the lower part of the page, over what is there. */
void capture_panel_draw(struct pane page, const struct capture_panel *p, int64_t now_ns,
                        const struct keymap *keys, enum context context);

#endif
