#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

#include "tui/layout.h"
#include "tui/means.h"

#define OVERVIEW CONTEXT_OVERVIEW
#define PICKER   CONTEXT_PICKER
#define THREADS  CONTEXT_THREADS
#define LATENCY  CONTEXT_LATENCY
#define GROUPS   CONTEXT_GOROUTINES
#define FINDINGS CONTEXT_FINDINGS
#define FLEET    CONTEXT_FLEET
#define HELP     CONTEXT_HELP
#define SETUP    CONTEXT_SETUP
#define LISTS    CONTEXT_LISTS
#define T_LISTS  CONTEXT_TRACE_LISTS
#define T_PAGES  CONTEXT_TRACE_PAGES
#define T_GROUPS CONTEXT_TRACE_GOROUTINES
#define BLOCKING CONTEXT_TRACE_BLOCKING
#define TASKS    CONTEXT_TRACE_TASKS
#define TRACE    CONTEXT_TRACE_VIEWS
#define TIMELINE CONTEXT_TRACE_TIMELINE
#define ROWS     (OVERVIEW | LISTS | HELP | SETUP | T_LISTS | T_PAGES | TIMELINE)
#define VIEWS    CONTEXT_VIEWS
#define TABS     (VIEWS | TRACE)
#define REPLAY   CONTEXT_REPLAY
#define ALL      CONTEXT_ALL

#define K(name)    KEYMAP_##name
#define CTRL(name) KEYMAP_CTRL(name)

/* What is not on the bottom line and means what the command says. */
#define QUIET NULL, 0, false, NULL
/* What is not on the bottom line and has a sentence of its own. */
#define SAYS(help) NULL, 0, false, help
/* Rows as calls, which keeps them on few lines. */
#define KEYS(...)   \
	{               \
		__VA_ARGS__ \
	}
#define ROW(...)    \
	{               \
		__VA_ARGS__ \
	}
#define VIEW(number) \
	ROW(KEYS((number)[0]), TABS, COMMAND_VIEW, number, SAYS("Show view " number "."))

/*
 * In the order of the bottom line and of the help page. Home and End mean time in every view, which
 * has more of it than rows; g and G are the ends of the rows. What htop, less and vi have is here
 * under their keys wherever it means the same; F9 kills nothing, but leaves, as F10 does.
 */
const struct keymap keymap_default =
	{
		.row =
			{
				ROW(KEYS(K(ENTER)), PICKER, COMMAND_CHOOSE, NULL, "watch", 1, false, NULL),
				ROW(KEYS(K(ENTER)), FLEET, COMMAND_CHOOSE, NULL, "open", 2, false,
                    "Watch this instance alone, where it can be reached."),
				ROW(KEYS(K(ENTER), K(F5)), GROUPS, COMMAND_EXPAND, NULL, "expand", 2, false, NULL),
				ROW(KEYS(K(ENTER), ' '), SETUP, COMMAND_EXPAND, NULL, "change", 1, false,
                    "Change the selected setting."),
				ROW(KEYS('w'), SETUP, COMMAND_WRITE, NULL, "write file", 2, false, NULL),
				ROW(KEYS(K(DELETE), K(BACKSPACE)), SETUP, COMMAND_RESET, NULL, "default", 4, false,
                    NULL),
				ROW(KEYS(K(ESCAPE)), SETUP, COMMAND_CLOSE, NULL, "back", 3, false,
                    "Go back, from the file to the list."),
				ROW(KEYS(K(ENTER)), FINDINGS, COMMAND_EXPAND, NULL, "open", 2, false,
                    "Show what proves a finding; on evidence: where it stands."),
				ROW(KEYS(K(ENTER)), OVERVIEW, COMMAND_EXPAND, NULL,
                    SAYS("Show the worst finding; after an exit: who took over.")),
				ROW(KEYS(K(ENTER), K(F5)), T_GROUPS, COMMAND_EXPAND, NULL, "open", 2, false,
                    "Show the goroutines of a group, one of them, its timeline."),
				ROW(KEYS(K(ENTER)), CONTEXT_TRACE_LATENCY, COMMAND_EXPAND, NULL, "longest", 4,
                    false, "Show the longest wait in the Timeline."),
				ROW(KEYS(K(ENTER), K(F5)), BLOCKING, COMMAND_EXPAND, NULL, "open", 2, false,
                    "Show what the function called; again: close it."),
				ROW(KEYS(K(ENTER)), CONTEXT_TRACE_FINDINGS, COMMAND_EXPAND, NULL, "open", 2, false,
                    "Show the evidence; of that, where it lies in the trace."),
				ROW(KEYS(K(ENTER), K(F5)), TASKS, COMMAND_EXPAND, NULL, "open", 2, false,
                    "Show a type, the tasks of a bar, one task, its Timeline."),
				ROW(KEYS(K(UP), 'k'), OVERVIEW, COMMAND_UP, NULL, "more Ps", 3, true,
                    "Move the lanes up by one P."),
				ROW(KEYS(K(UP), 'k'), LISTS | T_LISTS | SETUP, COMMAND_UP, NULL, "select", 3, true,
                    "Select the row above."),
				ROW(KEYS('w', '+'), TIMELINE, COMMAND_ZOOM_IN, NULL, "zoom", 1, true,
                    "Zoom in, as the wheel does."),
				ROW(KEYS('s', '-'), TIMELINE, COMMAND_ZOOM_OUT, NULL, SAYS("Zoom out.")),
				ROW(KEYS('a', K(SHIFT_LEFT)), TIMELINE, COMMAND_EARLIER, NULL, "pan", 2, true,
                    "Show what was earlier; the mouse drags it, too."),
				ROW(KEYS('d', K(SHIFT_RIGHT)), TIMELINE, COMMAND_LATER, NULL,
                    SAYS("Show what was later.")),
				ROW(KEYS('A'), TIMELINE, COMMAND_EARLIER, "window",
                    SAYS("Go back by the whole window.")),
				ROW(KEYS('D'), TIMELINE, COMMAND_LATER, "window",
                    SAYS("Go forward by the whole window.")),
				ROW(KEYS(K(LEFT), 'h'), TIMELINE, COMMAND_SPAN_PREVIOUS, NULL, "span", 2, true,
                    NULL),
				ROW(KEYS(K(RIGHT), 'l'), TIMELINE, COMMAND_SPAN_NEXT, NULL, QUIET),
				ROW(KEYS(K(UP), 'k'), TIMELINE, COMMAND_UP, NULL, "lane", 5, true,
                    "Select the lane above, at the same moment."),
				ROW(KEYS(K(ENTER)), TIMELINE, COMMAND_EXPAND, NULL, "to span", 6, false,
                    "Select a span; again: zoom to it."),
				ROW(KEYS('b'), TIMELINE, COMMAND_GROUP, NULL, "lanes", 3, false,
                    "Lanes of Ps, of threads, of goroutines; the moment stays."),
				ROW(KEYS('u'), TIMELINE, COMMAND_WAKER, NULL, "woken by", 4, false, NULL),
				ROW(KEYS('U'), TIMELINE, COMMAND_WOKEN, NULL, QUIET),
				ROW(KEYS(K(BACKSPACE)), TIMELINE, COMMAND_JUMP_BACK, NULL, QUIET),
				ROW(KEYS('o'), TIMELINE, COMMAND_GOROUTINE, NULL, "goroutine", 8, false, NULL),
				ROW(KEYS('/', K(F3)), TIMELINE, COMMAND_SEARCH, NULL, "search", 7, false,
                    "Go to the next span of a goroutine, reason or function."),
				ROW(KEYS('n'), LISTS | T_LISTS | TIMELINE, COMMAND_SEARCH_NEXT, NULL, QUIET),
				ROW(KEYS('N'), LISTS | T_LISTS | TIMELINE, COMMAND_SEARCH_PREVIOUS, NULL, QUIET),
				ROW(KEYS('m'), TIMELINE, COMMAND_MARK, NULL, "mark", 8, false, NULL),
				ROW(KEYS('0'), TIMELINE, COMMAND_WHOLE, NULL, "whole", 9, false, NULL),
				ROW(KEYS(K(HOME)), TIMELINE, COMMAND_OLDEST, NULL,
                    SAYS("Go to where the trace begins.")),
				ROW(KEYS(K(END)), TIMELINE, COMMAND_NEWEST, NULL,
                    SAYS("Go to where the trace ends.")),
				ROW(KEYS(K(UP), 'k'), HELP | T_PAGES, COMMAND_UP, NULL, "more", 3, true, NULL),
				ROW(KEYS(K(DOWN), 'j'), ROWS, COMMAND_DOWN, NULL, QUIET),
				ROW(KEYS(K(PAGE_UP), CTRL('B')), ROWS, COMMAND_PAGE_UP, NULL, QUIET),
				ROW(KEYS(K(PAGE_DOWN), CTRL('F')), ROWS, COMMAND_PAGE_DOWN, NULL, QUIET),
				ROW(KEYS(CTRL('U')), ROWS, COMMAND_HALF_UP, NULL, QUIET),
				ROW(KEYS(CTRL('D')), ROWS, COMMAND_HALF_DOWN, NULL, QUIET),
				ROW(KEYS('g'), ROWS, COMMAND_FIRST, NULL, QUIET),
				ROW(KEYS('G'), ROWS, COMMAND_LAST, NULL, QUIET),
				ROW(KEYS(K(HOME)), PICKER | FLEET | HELP | SETUP | T_LISTS | T_PAGES, COMMAND_FIRST,
                    NULL, QUIET),
				ROW(KEYS(K(END)), PICKER | FLEET | HELP | SETUP | T_LISTS | T_PAGES, COMMAND_LAST,
                    NULL, QUIET),
				ROW(KEYS('c'), OVERVIEW, COMMAND_COMPACT, NULL, "compact", 5, false, NULL),
				ROW(KEYS('/', K(F3)), LISTS | T_LISTS, COMMAND_SEARCH, NULL, "search", 7, false,
                    "Select the next row that has a text or regex."),
				ROW(KEYS('\\', K(F4)), LISTS | T_LISTS, COMMAND_FILTER, NULL, "filter", 5, false,
                    "Show only rows that have a text or regex; !TEXT: others."),
				ROW(KEYS(K(ESCAPE)), THREADS | FLEET, COMMAND_CLOSE, NULL, "all rows", 4, false,
                    "Show all rows again."),
				ROW(KEYS(K(ESCAPE)), FINDINGS, COMMAND_CLOSE, NULL, "close", 4, false,
                    "Close the finding that is open; else show all rows again."),
				ROW(KEYS(K(ESCAPE)), GROUPS, COMMAND_CLOSE, NULL, "close", 4, false,
                    "Close the group that the top line names; else show all rows."),
				ROW(KEYS(K(ESCAPE)), OVERVIEW | LATENCY, COMMAND_CLOSE, NULL,
                    SAYS("Go back to the fleet, if that led here.")),
				ROW(KEYS('s', '>', K(F6)), LISTS | T_LISTS, COMMAND_SORT, NULL, "sort", 6, false,
                    "Sort by the next column, or by a heading that you click."),
				ROW(KEYS('<'), LISTS | T_LISTS, COMMAND_SORT_PREVIOUS, NULL, QUIET),
				ROW(KEYS('S'), LISTS | T_LISTS, COMMAND_REVERSE, NULL, QUIET),
				ROW(KEYS('b'), GROUPS | T_GROUPS, COMMAND_GROUP, NULL, "group by", 6, false, NULL),
				ROW(KEYS('b'), BLOCKING, COMMAND_GROUP, NULL, "kind", 2, false,
                    "Show the next kind of waiting."),
				ROW(KEYS('u', 'K'), GROUPS, COMMAND_SYSTEM, NULL, "system", 8, false, NULL),
				ROW(KEYS(' '), REPLAY, COMMAND_PAUSE, NULL, "pause", 2, false,
                    "Let the recording stand still; again: go on from there."),
				ROW(KEYS(K(LEFT), 'h'), REPLAY, COMMAND_EARLIER, NULL, "step", 7, true,
                    "Go back by one snapshot, and stay there."),
				ROW(KEYS(K(RIGHT), 'l'), REPLAY, COMMAND_LATER, NULL,
                    SAYS("Go forward by one snapshot, and stay there.")),
				ROW(KEYS(K(HOME)), REPLAY, COMMAND_OLDEST, NULL,
                    SAYS("Go to where the recording begins.")),
				ROW(KEYS(K(END)), REPLAY, COMMAND_NEWEST, NULL, "end", 8, false,
                    "Go to where the recording ends."),
				ROW(KEYS('+'), REPLAY, COMMAND_SPEED, "up", "speed", 3, true,
                    "Play faster, up to as fast as it can be read."),
				ROW(KEYS('-'), REPLAY, COMMAND_SPEED, "down", SAYS("Play slower.")),
				ROW(KEYS('@'), REPLAY, COMMAND_LINE, "seek ", "seek", 4, false,
                    "Go to a time of day: 03:12:30, or by a step: -10m."),
				ROW(KEYS(' '), VIEWS, COMMAND_PAUSE, NULL, "pause", 3, false, NULL),
				ROW(KEYS(K(LEFT), 'h'), VIEWS, COMMAND_EARLIER, NULL, "history", 7, true,
                    "Go back in time by one snapshot; the view is frozen there."),
				ROW(KEYS(K(RIGHT), 'l'), VIEWS, COMMAND_LATER, NULL,
                    SAYS("Go forward in time by one snapshot.")),
				ROW(KEYS('[', K(SHIFT_LEFT)), VIEWS, COMMAND_EARLIER, "10s",
                    SAYS("Go back in time by 10 s.")),
				ROW(KEYS(']', K(SHIFT_RIGHT)), VIEWS, COMMAND_LATER, "10s",
                    SAYS("Go forward in time by 10 s.")),
				ROW(KEYS('{'), VIEWS, COMMAND_EARLIER, "1m", SAYS("Go back in time by a minute.")),
				ROW(KEYS('}'), VIEWS, COMMAND_LATER, "1m", SAYS("Go forward in time by a minute.")),
				ROW(KEYS(K(HOME)), VIEWS, COMMAND_OLDEST, NULL, QUIET),
				ROW(KEYS(K(END)), VIEWS, COMMAND_NEWEST, NULL, "live", 2, false, NULL),
				ROW(KEYS('z'), VIEWS, COMMAND_ZOOM_IN, NULL, "zoom", 9, false, NULL),
				ROW(KEYS('Z'), VIEWS, COMMAND_ZOOM_OUT, NULL, QUIET),
				ROW(KEYS('z'), FLEET, COMMAND_ZOOM_IN, NULL, "time", 4, true,
                    "Let the graphs cover less time, down to 15 minutes."),
				ROW(KEYS('Z'), FLEET, COMMAND_ZOOM_OUT, NULL,
                    SAYS("Let the graphs cover more time, up to a day.")),
				ROW(KEYS('<'), OVERVIEW | LATENCY, COMMAND_ZOOM_IN, NULL, QUIET),
				ROW(KEYS('>'), OVERVIEW | LATENCY, COMMAND_ZOOM_OUT, NULL, QUIET),
				ROW(KEYS('+'), VIEWS, COMMAND_SLOWER, NULL, QUIET),
				ROW(KEYS('-'), VIEWS, COMMAND_FASTER, NULL, QUIET),
				VIEW("1"),
				VIEW("2"),
				VIEW("3"),
				VIEW("4"),
				VIEW("5"),
				VIEW("6"),
				VIEW("7"),
				VIEW("8"),
				VIEW("9"),
				ROW(KEYS(K(TAB)), TABS, COMMAND_VIEW_NEXT, NULL, QUIET),
				ROW(KEYS(K(SHIFT_TAB)), TABS, COMMAND_VIEW_PREVIOUS, NULL, QUIET),
				ROW(KEYS(K(ENTER)), THREADS | LATENCY, COMMAND_FOLLOW, NULL,
                    SAYS("After an exit: watch the process that took over.")),
				ROW(KEYS('t'), VIEWS, COMMAND_CAPTURE, NULL, "trace", 2, false,
                    "Record what comes, as a trace; again: cancel it."),
				ROW(KEYS('f'), VIEWS, COMMAND_FLIGHT, NULL, "flight", 6, false,
                    "Record what has been, from the program's flight recorder."),
				ROW(KEYS('y'), TABS | PICKER | FLEET, COMMAND_COPY, NULL, QUIET),
				ROW(KEYS('W'), TABS | FLEET, COMMAND_LINE, "save ",
                    SAYS("Save what is shown, in a file that you name.")),
				ROW(KEYS(':'), TABS | FLEET, COMMAND_LINE, NULL, "command", 8, false, NULL),
				ROW(KEYS(CTRL('L')), ALL, COMMAND_REDRAW, NULL, QUIET),
				ROW(KEYS(K(F2)), TABS | FLEET | SETUP, COMMAND_SETUP, NULL, QUIET),
				ROW(KEYS('?', K(F1)), TABS | PICKER | FLEET, COMMAND_HELP, NULL, "help", 1, false,
                    NULL),
				ROW(KEYS('q', K(F10), K(F9)), VIEWS | PICKER | FLEET, COMMAND_QUIT, NULL, "quit", 0,
                    false, NULL),
				ROW(KEYS('q', K(F10), K(F9)), TRACE, COMMAND_QUIT, NULL, "leave", 0, false,
                    "Leave the trace."),
				ROW(KEYS(K(ESCAPE)), TRACE, COMMAND_CLOSE, NULL,
                    SAYS("One step up the line at the top; else leave the trace.")),
				ROW(KEYS(K(ESCAPE)), PICKER, COMMAND_CLOSE, NULL,
                    SAYS("Show all rows again; else leave.")),
				ROW(KEYS('q', K(F10), K(F9)), SETUP, COMMAND_QUIT, NULL, "close", 0, false,
                    "Go back to the view."),
				ROW(KEYS('q', K(F10), K(F9)), HELP, COMMAND_QUIT, NULL, "close", 0, false,
                    "Go back to the view."),
				ROW(KEYS('?', K(F1)), HELP, COMMAND_HELP, NULL, SAYS("Go back to the view.")),
				ROW(KEYS(K(ESCAPE), K(ENTER)), HELP, COMMAND_CLOSE, NULL,
                    SAYS("Go back to the view.")),
			},
};

const struct means means_default = {.keys = &keymap_default, .copies = true};

_Static_assert(COMMAND_COUNT <= 64, "a set of commands has a bit for each");

/* --- looking up ----------------------------------------------------------------------------- */

static size_t row_number(const struct keymap *keys, const struct binding *b)
{
	return (size_t)(b - keys->row);
}

static bool has_key(const struct binding *b, int key)
{
	for (size_t i = 0; i < KEYMAP_KEYS_MAX && b->key[i]; i++)
		if (b->key[i] == key)
			return true;
	return false;
}

const struct binding *keymap_find(const struct keymap *keys, int key, enum context context)
{
	const struct binding *found = NULL;
	for (const struct binding *b = keys->row; key && b->command; b++) {
		if (!(b->contexts & context) || !has_key(b, key))
			continue;
		if (keys->origin[row_number(keys, b)].file)
			return b;
		if (!found)
			found = b;
	}
	return found;
}

/* The n-th of its keys that reach the row there. */
static int reaching(const struct keymap *keys, const struct binding *b, enum context context,
                    size_t n)
{
	for (size_t i = 0; i < KEYMAP_KEYS_MAX && b->key[i]; i++)
		if (keymap_find(keys, b->key[i], context) == b && n-- == 0)
			return b->key[i];
	return KEYMAP_NONE;
}

int keymap_key(const struct keymap *keys, const struct binding *b, enum context context)
{
	return b->contexts & context ? reaching(keys, b, context, 0) : KEYMAP_NONE;
}

static bool same_argument(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Do both rows do the same here? */
static bool agree(const struct binding *a, const struct binding *b, enum context context)
{
	return (a->contexts & b->contexts & context) && a->command == b->command &&
	       same_argument(a->argument, b->argument);
}

bool keymap_is_alias(const struct keymap *keys, const struct binding *binding, enum context context)
{
	for (const struct binding *b = keys->row; b < binding; b++)
		if (agree(b, binding, context))
			return true;
	return false;
}

/* --- names ---------------------------------------------------------------------------------- */

void keymap_names(char *to, size_t size, const struct keymap *keys, const struct binding *binding,
                  enum context context, bool ascii)
{
	size_t used = 0;
	int key;
	to[0] = '\0';
	for (const struct binding *b = keys->row; b->command; b++)
		for (size_t n = 0; agree(b, binding, context) && (key = reaching(keys, b, context, n)) != 0;
		     n++) {
			char name[KEY_NAME_MAX];
			if (used < size)
				used += (size_t)snprintf(to + used, size - used, "%s%s", used ? ", " : "",
				                         keys_name(name, sizeof name, key, ascii));
		}
}

const char *keymap_hint(char *to, size_t size, const struct keymap *keys, enum command command,
                        enum context context, bool ascii)
{
	to[0] = '\0';
	for (const struct binding *b = keys->row; b->command && !to[0]; b++) {
		int key = b->command == command && !b->argument ? keymap_key(keys, b, context) : 0;
		if (key)
			keys_name(to, size, key, ascii);
	}
	return to;
}

const char *keymap_way(char *to, size_t size, const struct keymap *keys, enum command command,
                       enum context context, bool ascii)
{
	keymap_hint(to, size, keys, command, context, ascii);
	if (!to[0])
		snprintf(to, size, ":%s", command_info[command].name);
	return to;
}

static const struct {
	enum command command, opposite;
	const char *argument, *and_its; /* NULL: the same on both sides */
} opposites[] = {
	{COMMAND_UP, COMMAND_DOWN, NULL, NULL},
	{COMMAND_ZOOM_IN, COMMAND_ZOOM_OUT, NULL, NULL},
	{COMMAND_EARLIER, COMMAND_LATER, NULL, NULL},
	{COMMAND_SPAN_PREVIOUS, COMMAND_SPAN_NEXT, NULL, NULL},
	{COMMAND_SPEED, COMMAND_SPEED, "up", "down"},
};

/* The first key for the opposite of a row there. */
static int opposite_key(const struct keymap *keys, const struct binding *binding,
                        enum context context)
{
	for (size_t i = 0; i < sizeof opposites / sizeof *opposites; i++) {
		if (opposites[i].command != binding->command ||
		    (opposites[i].argument && !same_argument(opposites[i].argument, binding->argument)))
			continue;
		const char *argument = opposites[i].and_its ? opposites[i].and_its : binding->argument;
		for (const struct binding *b = keys->row; b->command; b++) {
			int key = b->command == opposites[i].opposite && same_argument(b->argument, argument)
			              ? keymap_key(keys, b, context)
			              : KEYMAP_NONE;
			if (key)
				return key;
		}
	}
	return KEYMAP_NONE;
}

/* On the bottom line one name may stand for a key and its opposite: "↑↓", "w/s". */
static void line_name(char *to, size_t size, const struct keymap *keys, const struct binding *b,
                      enum context context, bool ascii)
{
	char name[KEY_NAME_MAX], other[KEY_NAME_MAX];
	int key = keymap_key(keys, b, context), and = b->paired ? opposite_key(keys, b, context) : 0;
	keys_name(name, sizeof name, key, ascii);
	if (!and) {
		snprintf(to, size, "%s", name);
		return;
	}
	/* Signs stand together, words and letters do not. */
	bool signs = !ascii && (key == '+' || (key >= KEYMAP_UP && key <= KEYMAP_RIGHT));
	snprintf(to, size, "%s%s%s", name, signs ? "" : "/",
	         keys_name(other, sizeof other, and, ascii));
}

/* --- the bottom line ------------------------------------------------------------------------ */

void keymap_draw(struct pane pane, const struct keymap *keys, enum context context,
                 uint64_t without)
{
	struct slot slot[KEYMAP_ROWS_MAX] = {{0}};
	const struct binding *shown[KEYMAP_ROWS_MAX];
	size_t n = 0;
	char name[2 * KEY_NAME_MAX + 2];
	for (const struct binding *b = keys->row; b->command; b++) {
		if (!b->label || COMMAND_BIT(b->command) & without || !keymap_key(keys, b, context))
			continue;
		line_name(name, sizeof name, keys, b, context, pane.canvas->ascii);
		int width =
			canvas_text_width(pane.canvas, name) + 1 + canvas_text_width(pane.canvas, b->label);
		shown[n] = b;
		slot[n++] = (struct slot){.min = width, .want = width, .gap = 3, .drop = b->drop};
	}
	layout(slot, n, pane.width - 1);
	for (size_t i = 0; i < n; i++) {
		struct pane at = pane_sub(pane, 1 + slot[i].at, 0, slot[i].size, 1);
		line_name(name, sizeof name, keys, shown[i], context, pane.canvas->ascii);
		int x = pane_text(at, 0, 0, STYLE_KEY, name);
		pane_text(at, x + 1, 0, STYLE_DIM, shown[i]->label);
	}
}
