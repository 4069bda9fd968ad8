/*
 * What a user can have done, by a key, a click or a line after ':'. One table names every command,
 * says what may follow the name and what it does; keys (keymap.h), help and completion are made
 * from it. Constant data, any thread.
 */
#ifndef SCHEDTOP_TUI_COMMAND_H
#define SCHEDTOP_TUI_COMMAND_H

#include <stddef.h>

enum command {
	COMMAND_NONE,
	COMMAND_QUIT,
	COMMAND_REDRAW,
	COMMAND_HELP,
	COMMAND_LINE, /* the line after ':' */
	COMMAND_THEME,
	COMMAND_SETUP,
	COMMAND_RESET,
	COMMAND_WRITE,
	COMMAND_COPY,
	COMMAND_SAVE,
	COMMAND_CLOSE, /* what is open: help, a line, a group; else the filter */
	/* the list on the screen */
	COMMAND_UP,
	COMMAND_DOWN,
	COMMAND_PAGE_UP,
	COMMAND_PAGE_DOWN,
	COMMAND_HALF_UP,
	COMMAND_HALF_DOWN,
	COMMAND_FIRST,
	COMMAND_LAST,
	COMMAND_CHOOSE,
	COMMAND_COMPACT,
	COMMAND_FILTER,
	COMMAND_SORT,
	COMMAND_SORT_PREVIOUS,
	COMMAND_REVERSE,
	COMMAND_EXPAND,
	COMMAND_GROUP,
	COMMAND_SYSTEM,
	/* views */
	COMMAND_VIEW,
	COMMAND_VIEW_NEXT,
	COMMAND_VIEW_PREVIOUS,
	/* time */
	COMMAND_PAUSE,
	COMMAND_EARLIER,
	COMMAND_LATER,
	COMMAND_OLDEST,
	COMMAND_NEWEST,
	COMMAND_SEEK,
	COMMAND_SPEED,
	COMMAND_SPAN,
	COMMAND_ZOOM_IN,
	COMMAND_ZOOM_OUT,
	/* the timeline of a trace */
	COMMAND_WHOLE,
	COMMAND_AT,
	COMMAND_SPAN_PREVIOUS,
	COMMAND_SPAN_NEXT,
	COMMAND_WAKER,
	COMMAND_WOKEN,
	COMMAND_JUMP_BACK,
	COMMAND_GOROUTINE,
	COMMAND_MARK,
	COMMAND_SEARCH,
	COMMAND_SEARCH_NEXT,
	COMMAND_SEARCH_PREVIOUS,
	/* the collector */
	COMMAND_INTERVAL,
	COMMAND_SLOWER,
	COMMAND_FASTER,
	COMMAND_FOLLOW,
	COMMAND_CAPTURE,
	COMMAND_FLIGHT,
	COMMAND_OPEN,
	COMMAND_COUNT,
};

/* The screens: a process that is watched, a trace, and a fleet. */
enum command_screen { COMMAND_LIVE = 1, COMMAND_TRACE = 2, COMMAND_FLEET = 4 };

struct command_info {
	const char *name;     /* after ':', and below [keys] of the configuration */
	const char *argument; /* what follows the name: "NAME", or "[TIME]" when it may be left out;
	                         NULL: nothing */
	const char *help;     /* one sentence */
	unsigned screens;     /* bits of enum command_screen: where it can be typed; 0: there are only
	                         keys */
};

extern const struct command_info command_info[COMMAND_COUNT];

/* The command of that name on that screen, or the only one whose name begins so; COMMAND_NONE:
   there is none, or more than one. */
enum command command_find(const char *name, size_t length, enum command_screen screen);
/* The i-th word that stands to reason after a command whatever the screen; NULL after the last. */
const char *command_value(enum command command, size_t i);
/* The one of exactly that name, typed or not. */
enum command command_named(const char *name, size_t length);

#endif
