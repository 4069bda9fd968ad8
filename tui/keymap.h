/*
 * Keys and the commands they give. One table holds every key with the screens it works on and its
 * words; the bottom line and the help page are made from it. Constant data, any thread.
 */
#ifndef SCHEDTOP_TUI_KEYMAP_H
#define SCHEDTOP_TUI_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"
#include "tui/command.h"

/* Characters are themselves; what has no character comes after Unicode. */
enum key {
	KEYMAP_NONE = 0,
	KEYMAP_TAB = '\t',
	KEYMAP_CTRL_L = 'L' & 0x1f,
	KEYMAP_ENTER = '\r',
	KEYMAP_ESCAPE = 0x1b,
	KEYMAP_UP = 0x110000,
	KEYMAP_DOWN,
	KEYMAP_LEFT,
	KEYMAP_RIGHT,
	KEYMAP_SHIFT_LEFT,
	KEYMAP_SHIFT_RIGHT,
	KEYMAP_PAGE_UP,
	KEYMAP_PAGE_DOWN,
	KEYMAP_HOME,
	KEYMAP_END,
	KEYMAP_SHIFT_TAB,
	KEYMAP_BACKSPACE,
	KEYMAP_DELETE,
	KEYMAP_F1,
	KEYMAP_F4 = KEYMAP_F1 + 3,
	KEYMAP_F6 = KEYMAP_F1 + 5,
	KEYMAP_F10 = KEYMAP_F1 + 9,
	/* of the mouse, at a cell */
	KEYMAP_CLICK,
	KEYMAP_DRAG, /* to there, since the last click, with the button held */
	KEYMAP_WHEEL_UP,
	KEYMAP_WHEEL_DOWN,
};

/* Where a key works: bits, so that one row can serve several screens. Each view has one. */
enum context {
	CONTEXT_OVERVIEW = 1,
	CONTEXT_PICKER = 2,
	CONTEXT_THREADS = 4,
	CONTEXT_LATENCY = 8,
	CONTEXT_HELP = 16,
	CONTEXT_GOROUTINES = 32,
	/* of a trace */
	CONTEXT_TRACE_SUMMARY = 64,
	CONTEXT_TRACE_GOROUTINES = 128,
	CONTEXT_TRACE_LATENCY = 256,
	CONTEXT_TRACE_BLOCKING = 512,
	CONTEXT_TRACE_TASKS = 1024,
	CONTEXT_TRACE_GC = 2048,
	CONTEXT_TRACE_TIMELINE = 4096,
	CONTEXT_TRACE_FINDINGS = 8192,
	CONTEXT_FINDINGS = 16384,
	/* with one of those: it is a recording, whose keys come first */
	CONTEXT_REPLAY = 1 << 20,
	CONTEXT_FLEET = 32768, /* many instances */
	/* sets of them */
	CONTEXT_VIEWS = CONTEXT_OVERVIEW | CONTEXT_GOROUTINES | CONTEXT_THREADS | CONTEXT_LATENCY |
	                CONTEXT_FINDINGS,
	CONTEXT_LISTS = CONTEXT_PICKER | CONTEXT_GOROUTINES | CONTEXT_THREADS | CONTEXT_FINDINGS |
	                CONTEXT_FLEET, /* with a selected row */
	CONTEXT_TRACE_LISTS = CONTEXT_TRACE_GOROUTINES | CONTEXT_TRACE_LATENCY |
	                      CONTEXT_TRACE_BLOCKING | CONTEXT_TRACE_TASKS | CONTEXT_TRACE_FINDINGS,
	CONTEXT_TRACE_PAGES = CONTEXT_TRACE_SUMMARY | CONTEXT_TRACE_GC,
	CONTEXT_TRACE_VIEWS = CONTEXT_TRACE_LISTS | CONTEXT_TRACE_PAGES | CONTEXT_TRACE_TIMELINE,
	CONTEXT_ALL = CONTEXT_VIEWS | CONTEXT_PICKER | CONTEXT_FLEET | CONTEXT_HELP |
	              CONTEXT_TRACE_VIEWS | CONTEXT_REPLAY,
};

struct binding {
	int key; /* enum key or a character */
	unsigned contexts;
	enum command command;
	const char *argument; /* of the command; NULL: none */
	/* Of the key: "name", or "name|in ASCII", or those and then both of it and its opposite:
	   "↑|Up|↑↓|Up/Down". */
	const char *name;
	const char *label; /* in the bottom line; NULL: not there */
	int drop;          /* where that is short, labels with the highest go first */
	const char *help;  /* a sentence in place of the command's; NULL: that is right */
};

extern const struct binding keymap[];
extern const size_t keymap_count;

/* NULL when the key does nothing there; where it could do two things, the first one counts. */
const struct binding *keymap_find(int key, enum context context);

/* The name of the key as this canvas can show it. */
void keymap_name(char *to, size_t size, const struct binding *binding, bool ascii);
/* Of all keys that do what this one does there: "↑, k". */
void keymap_names(char *to, size_t size, const struct binding *binding, enum context context,
                  bool ascii);
/* Is it named by keymap_names of one that stands before it? */
bool keymap_is_alias(const struct binding *binding, enum context context);

/* A set of commands, one bit each. */
#define COMMAND_BIT(command) (UINT64_C(1) << (command))

/* The keys of this context into the pane's only row, as many as fit. Commands in `without` have
   nothing to do now and are left out. */
void keymap_draw(struct pane pane, enum context context, uint64_t without);

#endif
