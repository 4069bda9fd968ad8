#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

#include "tui/layout.h"

#define OVERVIEW CONTEXT_OVERVIEW
#define PICKER   CONTEXT_PICKER
#define THREADS  CONTEXT_THREADS
#define GROUPS   CONTEXT_GOROUTINES
#define FINDINGS CONTEXT_FINDINGS
#define FLEET    CONTEXT_FLEET
#define HELP     CONTEXT_HELP
#define LISTS    CONTEXT_LISTS
#define T_LISTS  CONTEXT_TRACE_LISTS
#define T_PAGES  CONTEXT_TRACE_PAGES
#define T_GROUPS CONTEXT_TRACE_GOROUTINES
#define BLOCKING CONTEXT_TRACE_BLOCKING
#define TASKS    CONTEXT_TRACE_TASKS
#define TRACE    CONTEXT_TRACE_VIEWS
#define TIMELINE CONTEXT_TRACE_TIMELINE
#define ROWS     (OVERVIEW | LISTS | HELP | T_LISTS | T_PAGES | TIMELINE)
#define VIEWS    CONTEXT_VIEWS
#define TABS     (VIEWS | TRACE)
#define REPLAY   CONTEXT_REPLAY
#define ALL      CONTEXT_ALL

#define KEY(key, contexts, command, name)                 \
	{                                                     \
		key, contexts, command, NULL, name, NULL, 0, NULL \
	}
#define SAME(key, contexts, command, argument, name, as)                       \
	{                                                                          \
		key, contexts, command, argument, name, NULL, 0, "The same as " as "." \
	}
#define VIEW(number)                                                                    \
	{                                                                                   \
		number[0], TABS, COMMAND_VIEW, number, number, NULL, 0, "Show view " number "." \
	}

/*
 * In the order of the bottom line and of the help page. Home and End mean time in every view, which
 * has more of it than rows; g and G are the ends of the rows.
 */
const struct binding keymap[] = {
	{KEYMAP_ENTER, PICKER, COMMAND_CHOOSE, NULL, "Enter", "watch", 1, NULL},
	{KEYMAP_ENTER, FLEET, COMMAND_CHOOSE, NULL, "Enter", "open", 2,
     "Watch this instance alone, where it can be reached."},
	{KEYMAP_ENTER, GROUPS, COMMAND_EXPAND, NULL, "Enter", "expand", 2, NULL},
	{KEYMAP_ENTER, FINDINGS, COMMAND_EXPAND, NULL, "Enter", "open", 2,
     "Show what proves a finding; on evidence: where it stands."},
	{KEYMAP_ENTER, OVERVIEW, COMMAND_EXPAND, NULL, "Enter", NULL, 0,
     "Show the worst finding; after an exit: who took over."},
	{KEYMAP_ENTER, T_GROUPS, COMMAND_EXPAND, NULL, "Enter", "open", 2,
     "Show the goroutines of a group, one of them, its timeline."},
	{KEYMAP_ENTER, CONTEXT_TRACE_LATENCY, COMMAND_EXPAND, NULL, "Enter", "longest", 4,
     "Show the longest wait in the Timeline."},
	{KEYMAP_ENTER, BLOCKING, COMMAND_EXPAND, NULL, "Enter", "open", 2,
     "Show what the function called; again: close it."},
	{KEYMAP_ENTER, CONTEXT_TRACE_FINDINGS, COMMAND_EXPAND, NULL, "Enter", "open", 2,
     "Show the evidence; of that, where it lies in the trace."},
	{KEYMAP_ENTER, TASKS, COMMAND_EXPAND, NULL, "Enter", "open", 2,
     "Show a type, the tasks of a bar, one task, its Timeline."},
	{KEYMAP_UP, OVERVIEW, COMMAND_UP, NULL, "↑|Up|↑↓|Up/Down", "more Ps", 3,
     "Move the lanes up by one P."},
	{KEYMAP_UP, LISTS | T_LISTS, COMMAND_UP, NULL, "↑|Up|↑↓|Up/Down", "select", 3,
     "Select the row above."},
	{'w', TIMELINE, COMMAND_ZOOM_IN, NULL, "w|w|w/s|w/s", "zoom", 1, "Zoom in, as the wheel does."},
	{'s', TIMELINE, COMMAND_ZOOM_OUT, NULL, "s", NULL, 0, "Zoom out."},
	SAME('+', TIMELINE, COMMAND_ZOOM_IN, NULL, "+", "w"),
	SAME('-', TIMELINE, COMMAND_ZOOM_OUT, NULL, "-", "s"),
	{'a', TIMELINE, COMMAND_EARLIER, NULL, "a|a|a/d|a/d", "pan", 1,
     "Show what was earlier; the mouse drags it, too."},
	{'d', TIMELINE, COMMAND_LATER, NULL, "d", NULL, 0, "Show what was later."},
	SAME(KEYMAP_SHIFT_LEFT, TIMELINE, COMMAND_EARLIER, NULL, "Shift-←|Shift-Left", "a"),
	SAME(KEYMAP_SHIFT_RIGHT, TIMELINE, COMMAND_LATER, NULL, "Shift-→|Shift-Right", "d"),
	{'A', TIMELINE, COMMAND_EARLIER, "window", "A", NULL, 0, "Go back by the whole window."},
	{'D', TIMELINE, COMMAND_LATER, "window", "D", NULL, 0, "Go forward by the whole window."},
	{KEYMAP_LEFT, TIMELINE, COMMAND_SPAN_PREVIOUS, NULL, "←|Left|←→|Left/Right", "span", 2, NULL},
	KEY(KEYMAP_RIGHT, TIMELINE, COMMAND_SPAN_NEXT, "→|Right"),
	{KEYMAP_UP, TIMELINE, COMMAND_UP, NULL, "↑|Up|↑↓|Up/Down", "lane", 5,
     "Select the lane above, at the same moment."},
	{KEYMAP_ENTER, TIMELINE, COMMAND_EXPAND, NULL, "Enter", "to span", 6,
     "Select a span; again: zoom to it."},
	{'b', TIMELINE, COMMAND_GROUP, NULL, "b", "lanes", 3,
     "Lanes of Ps, of threads, of goroutines; the moment stays."},
	{'u', TIMELINE, COMMAND_WAKER, NULL, "u", "woken by", 4, NULL},
	KEY('U', TIMELINE, COMMAND_WOKEN, "U"),
	KEY(KEYMAP_BACKSPACE, TIMELINE, COMMAND_JUMP_BACK, "Backspace"),
	{'o', TIMELINE, COMMAND_GOROUTINE, NULL, "o", "goroutine", 8, NULL},
	{'/', TIMELINE, COMMAND_SEARCH, NULL, "/", "search", 7, NULL},
	KEY('n', TIMELINE, COMMAND_SEARCH_NEXT, "n"),
	KEY('N', TIMELINE, COMMAND_SEARCH_PREVIOUS, "N"),
	{'m', TIMELINE, COMMAND_MARK, NULL, "m", "mark", 8, NULL},
	{'0', TIMELINE, COMMAND_WHOLE, NULL, "0", "whole", 9, NULL},
	{KEYMAP_HOME, TIMELINE, COMMAND_OLDEST, NULL, "Home", NULL, 0, "Go to where the trace begins."},
	{KEYMAP_END, TIMELINE, COMMAND_NEWEST, NULL, "End", NULL, 0, "Go to where the trace ends."},
	{KEYMAP_UP, HELP | T_PAGES, COMMAND_UP, NULL, "↑|Up|↑↓|Up/Down", "more", 3, NULL},
	SAME('k', ROWS, COMMAND_UP, NULL, "k", "Up"),
	KEY(KEYMAP_DOWN, ROWS, COMMAND_DOWN, "↓|Down"),
	SAME('j', ROWS, COMMAND_DOWN, NULL, "j", "Down"),
	KEY(KEYMAP_PAGE_UP, ROWS, COMMAND_PAGE_UP, "PgUp"),
	KEY(KEYMAP_PAGE_DOWN, ROWS, COMMAND_PAGE_DOWN, "PgDn"),
	KEY('g', ROWS, COMMAND_FIRST, "g"),
	KEY('G', ROWS, COMMAND_LAST, "G"),
	SAME(KEYMAP_HOME, PICKER | FLEET | HELP | T_LISTS | T_PAGES, COMMAND_FIRST, NULL, "Home", "g"),
	SAME(KEYMAP_END, PICKER | FLEET | HELP | T_LISTS | T_PAGES, COMMAND_LAST, NULL, "End", "G"),
	{'c', OVERVIEW, COMMAND_COMPACT, NULL, "c", "compact", 5, NULL},
	{'/', LISTS | T_LISTS, COMMAND_FILTER, NULL, "/", "filter", 5,
     "Show only rows that have a text or regex; !TEXT: others."},
	SAME(KEYMAP_F4, LISTS | T_LISTS, COMMAND_FILTER, NULL, "F4", "/"),
	{KEYMAP_ESCAPE, THREADS | FLEET, COMMAND_CLOSE, NULL, "Esc", "all rows", 4, NULL},
	{KEYMAP_ESCAPE, FINDINGS, COMMAND_CLOSE, NULL, "Esc", "close", 4,
     "Close the finding that is open; else show all rows again."},
	{KEYMAP_ESCAPE, GROUPS, COMMAND_CLOSE, NULL, "Esc", "close", 4,
     "Close the group that is open; else show all rows again."},
	{KEYMAP_ESCAPE, OVERVIEW | CONTEXT_LATENCY, COMMAND_CLOSE, NULL, "Esc", NULL, 0,
     "Go back to the fleet, if that led here."},
	{'s', LISTS | T_LISTS, COMMAND_SORT, NULL, "s", "sort", 6,
     "Sort by the next column, or by a heading that you click."},
	SAME(KEYMAP_F6, LISTS | T_LISTS, COMMAND_SORT, NULL, "F6", "s"),
	KEY('S', LISTS | T_LISTS, COMMAND_REVERSE, "S"),
	{'b', GROUPS | T_GROUPS, COMMAND_GROUP, NULL, "b", "group by", 6, NULL},
	{'b', BLOCKING, COMMAND_GROUP, NULL, "b", "kind", 2, "Show the next kind of waiting."},
	{'y', GROUPS, COMMAND_SYSTEM, NULL, "y", "system", 8, NULL},
	{' ', REPLAY, COMMAND_PAUSE, NULL, "Space", "pause", 2,
     "Let the recording stand still; again: go on from there."},
	{KEYMAP_LEFT, REPLAY, COMMAND_EARLIER, NULL, "←|Left|←→|Left/Right", "step", 7,
     "Go back by one snapshot, and stay there."},
	{KEYMAP_RIGHT, REPLAY, COMMAND_LATER, NULL, "→|Right", NULL, 0,
     "Go forward by one snapshot, and stay there."},
	{KEYMAP_HOME, REPLAY, COMMAND_OLDEST, NULL, "Home", NULL, 0,
     "Go to where the recording begins."},
	{KEYMAP_END, REPLAY, COMMAND_NEWEST, NULL, "End", "end", 8, "Go to where the recording ends."},
	{'+', REPLAY, COMMAND_SPEED, "up", "+|+|+-|+/-", "speed", 3,
     "Play faster, up to as fast as it can be read."},
	{'-', REPLAY, COMMAND_SPEED, "down", "-", NULL, 0, "Play slower."},
	{'@', REPLAY, COMMAND_LINE, "seek ", "@", "seek", 4,
     "Go to a time of day: 03:12:30, or by a step: -10m."},
	{' ', VIEWS, COMMAND_PAUSE, NULL, "Space", "pause", 2, NULL},
	{KEYMAP_LEFT, VIEWS, COMMAND_EARLIER, NULL, "←|Left|←→|Left/Right", "history", 7,
     "Go back in time by one snapshot; the view is frozen there."},
	{KEYMAP_RIGHT, VIEWS, COMMAND_LATER, NULL, "→|Right", NULL, 0,
     "Go forward in time by one snapshot."},
	{'[', VIEWS, COMMAND_EARLIER, "10s", "[", NULL, 0, "Go back in time by 10 s."},
	{']', VIEWS, COMMAND_LATER, "10s", "]", NULL, 0, "Go forward in time by 10 s."},
	SAME(KEYMAP_SHIFT_LEFT, VIEWS, COMMAND_EARLIER, "10s", "Shift-←|Shift-Left", "["),
	SAME(KEYMAP_SHIFT_RIGHT, VIEWS, COMMAND_LATER, "10s", "Shift-→|Shift-Right", "]"),
	{'{', VIEWS, COMMAND_EARLIER, "1m", "{", NULL, 0, "Go back in time by a minute."},
	{'}', VIEWS, COMMAND_LATER, "1m", "}", NULL, 0, "Go forward in time by a minute."},
	KEY(KEYMAP_HOME, VIEWS, COMMAND_OLDEST, "Home"),
	{KEYMAP_END, VIEWS, COMMAND_NEWEST, NULL, "End", "live", 2, NULL},
	{'z', VIEWS, COMMAND_ZOOM_IN, NULL, "z", "zoom", 9, NULL},
	KEY('Z', VIEWS, COMMAND_ZOOM_OUT, "Z"),
	{'z', FLEET, COMMAND_ZOOM_IN, NULL, "z|z|z/Z|z/Z", "time", 4,
     "Let the graphs cover less time, down to 15 minutes."},
	{'Z', FLEET, COMMAND_ZOOM_OUT, NULL, "Z", NULL, 0,
     "Let the graphs cover more time, up to a day."},
	SAME('<', VIEWS, COMMAND_ZOOM_IN, NULL, "<", "z"),
	SAME('>', VIEWS, COMMAND_ZOOM_OUT, NULL, ">", "Z"),
	{'+', VIEWS, COMMAND_SLOWER, NULL, "+", NULL, 0, NULL},
	{'-', VIEWS, COMMAND_FASTER, NULL, "-", NULL, 0, NULL},
	VIEW("1"),
	VIEW("2"),
	VIEW("3"),
	VIEW("4"),
	VIEW("5"),
	VIEW("6"),
	VIEW("7"),
	VIEW("8"),
	VIEW("9"),
	KEY(KEYMAP_TAB, TABS, COMMAND_VIEW_NEXT, "Tab"),
	KEY(KEYMAP_SHIFT_TAB, TABS, COMMAND_VIEW_PREVIOUS, "Shift-Tab"),
	{KEYMAP_ENTER, THREADS | CONTEXT_LATENCY, COMMAND_FOLLOW, NULL, "Enter", NULL, 0,
     "After an exit: watch the process that took over."},
	{'t', VIEWS, COMMAND_CAPTURE, NULL, "t", "trace", 1,
     "Record what comes, as a trace; again: cancel it."},
	{'f', VIEWS, COMMAND_FLIGHT, NULL, "f", "flight", 6,
     "Record what has been, from the program's flight recorder."},
	{':', TABS, COMMAND_LINE, NULL, ":", "command", 8, NULL},
	KEY(KEYMAP_CTRL_L, ALL, COMMAND_REDRAW, "Ctrl-L"),
	{'?', TABS | FLEET, COMMAND_HELP, NULL, "?", "help", 1, NULL},
	SAME(KEYMAP_F1, TABS | FLEET, COMMAND_HELP, NULL, "F1", "?"),
	{'q', VIEWS | PICKER | FLEET, COMMAND_QUIT, NULL, "q", "quit", 0, NULL},
	{'q', TRACE, COMMAND_QUIT, NULL, "q", "leave", 0, "Leave the trace."},
	SAME(KEYMAP_F10, TABS | PICKER | FLEET, COMMAND_QUIT, NULL, "F10", "q"),
	{KEYMAP_ESCAPE, TRACE, COMMAND_CLOSE, NULL, "Esc", NULL, 0,
     "Close what is open; else leave the trace."},
	{KEYMAP_ESCAPE, PICKER, COMMAND_CLOSE, NULL, "Esc", NULL, 0,
     "Show all rows again; else leave."},
	{'q', HELP, COMMAND_CLOSE, NULL, "q", "close", 0, "Go back to the view."},
	SAME('?', HELP, COMMAND_CLOSE, NULL, "?", "q"),
	SAME(KEYMAP_F1, HELP, COMMAND_CLOSE, NULL, "F1", "q"),
	SAME(KEYMAP_F10, HELP, COMMAND_CLOSE, NULL, "F10", "q"),
	SAME(KEYMAP_ESCAPE, HELP, COMMAND_CLOSE, NULL, "Esc", "q"),
	SAME(KEYMAP_ENTER, HELP, COMMAND_CLOSE, NULL, "Enter", "q"),
};
const size_t keymap_count = sizeof keymap / sizeof *keymap;

#define KEYMAP_COUNT (sizeof keymap / sizeof *keymap)

const struct binding *keymap_find(int key, enum context context)
{
	for (size_t i = 0; i < KEYMAP_COUNT; i++)
		if (keymap[i].key == key && keymap[i].contexts & context)
			return &keymap[i];
	return NULL;
}

/* Part `n` of "↑|Up|↑↓|Up/Down", counted from 0; false when there are not so many. */
static bool part_of(char *to, size_t size, const char *names, int n)
{
	for (; n > 0; n--) {
		names = strchr(names, '|');
		if (!names)
			return false;
		names++;
	}
	snprintf(to, size, "%.*s", (int)strcspn(names, "|"), names);
	return true;
}

void keymap_name(char *to, size_t size, const struct binding *binding, bool ascii)
{
	if (!part_of(to, size, binding->name, ascii))
		part_of(to, size, binding->name, 0);
}

/* On the bottom line one name may stand for a key and its opposite. */
static void pair_name(char *to, size_t size, const struct binding *binding, bool ascii)
{
	if (!part_of(to, size, binding->name, 2 + ascii))
		keymap_name(to, size, binding, ascii);
}

/* Do both keys do the same here? */
static bool agree(const struct binding *a, const struct binding *b, enum context context)
{
	if (!(a->contexts & b->contexts & context) || a->command != b->command)
		return false;
	return a->argument && b->argument ? strcmp(a->argument, b->argument) == 0
	                                  : a->argument == b->argument;
}

bool keymap_is_alias(const struct binding *binding, enum context context)
{
	for (const struct binding *b = keymap; b < binding; b++)
		if (agree(b, binding, context))
			return true;
	return false;
}

void keymap_names(char *to, size_t size, const struct binding *binding, enum context context,
                  bool ascii)
{
	size_t used = 0;
	to[0] = '\0';
	for (size_t i = 0; i < KEYMAP_COUNT; i++) {
		char name[32];
		if (!agree(&keymap[i], binding, context) ||
		    keymap_find(keymap[i].key, context) != &keymap[i])
			continue;
		keymap_name(name, sizeof name, &keymap[i], ascii);
		if (used < size)
			used += (size_t)snprintf(to + used, size - used, "%s%s", used ? ", " : "", name);
	}
}

void keymap_draw(struct pane pane, enum context context, uint64_t without)
{
	struct slot slot[KEYMAP_COUNT] = {{0}};
	const struct binding *shown[KEYMAP_COUNT];
	size_t n = 0;
	char name[32];
	for (size_t i = 0; i < KEYMAP_COUNT; i++) {
		const struct binding *b = &keymap[i];
		if (!b->label || !(b->contexts & context) || COMMAND_BIT(b->command) & without ||
		    keymap_find(b->key, context) != b)
			continue;
		pair_name(name, sizeof name, b, pane.canvas->ascii);
		int width =
			canvas_text_width(pane.canvas, name) + 1 + canvas_text_width(pane.canvas, b->label);
		shown[n] = b;
		slot[n++] = (struct slot){.min = width, .want = width, .gap = 3, .drop = b->drop};
	}
	layout(slot, n, pane.width - 1);
	for (size_t i = 0; i < n; i++) {
		struct pane at = pane_sub(pane, 1 + slot[i].at, 0, slot[i].size, 1);
		pair_name(name, sizeof name, shown[i], pane.canvas->ascii);
		int x = pane_text(at, 0, 0, STYLE_KEY, name);
		pane_text(at, x + 1, 0, STYLE_DIM, shown[i]->label);
	}
}
