/*
 * What keys do where: one table of actions with their default keys, from which the bottom line, the
 * help pages and the chapters of the manuals are made, and which a user's own keys are laid over.
 * The live screen, the fleet and the trace browser all look here. A keymap is a plain value without
 * pointers into itself; whoever needs one keeps it, keymap_default is what holds without a user's
 * wishes. Any thread.
 */
#ifndef SCHEDTOP_TUI_KEYMAP_H
#define SCHEDTOP_TUI_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"
#include "tui/command.h"
#include "tui/keys.h"
#include "util/status.h"

struct ini_sink;

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
	CONTEXT_SETUP = 1 << 16,
	/* sets of them */
	CONTEXT_VIEWS = CONTEXT_OVERVIEW | CONTEXT_GOROUTINES | CONTEXT_THREADS | CONTEXT_LATENCY |
	                CONTEXT_FINDINGS,
	CONTEXT_LISTS = CONTEXT_PICKER | CONTEXT_GOROUTINES | CONTEXT_THREADS | CONTEXT_FINDINGS |
	                CONTEXT_FLEET, /* with a selected row */
	CONTEXT_TRACE_LISTS = CONTEXT_TRACE_GOROUTINES | CONTEXT_TRACE_LATENCY |
	                      CONTEXT_TRACE_BLOCKING | CONTEXT_TRACE_TASKS | CONTEXT_TRACE_FINDINGS,
	CONTEXT_TRACE_PAGES = CONTEXT_TRACE_SUMMARY | CONTEXT_TRACE_GC,
	CONTEXT_TRACE_VIEWS = CONTEXT_TRACE_LISTS | CONTEXT_TRACE_PAGES | CONTEXT_TRACE_TIMELINE,
	CONTEXT_ALL = CONTEXT_VIEWS | CONTEXT_PICKER | CONTEXT_FLEET | CONTEXT_HELP | CONTEXT_SETUP |
	              CONTEXT_TRACE_VIEWS | CONTEXT_REPLAY,
};

#define KEYMAP_KEYS_MAX 6   /* of one action in one place */
#define KEYMAP_ROWS_MAX 192 /* with the one behind the last */

/* A row: an action, which is a command with what follows it, and what it means in some places. */
struct binding {
	int key[KEYMAP_KEYS_MAX]; /* the one to show first; 0 after the last */
	unsigned contexts;
	enum command command;
	const char *argument; /* of the command; NULL: none */
	const char *label;    /* in the bottom line; NULL: not there */
	int drop;             /* where that is short, labels with the highest go first */
	bool paired;          /* there with the key of its opposite, "↑↓" */
	const char *help;     /* a sentence in place of the command's; NULL: that is right */
};

struct keymap {
	struct binding row[KEYMAP_ROWS_MAX]; /* COMMAND_NONE after the last */
	struct keymap_origin {
		const char *file; /* where a user bound it; NULL: it is a default */
		int line;
	} origin[KEYMAP_ROWS_MAX];
};
extern const struct keymap keymap_default;

/* NULL when the key does nothing there. A user's keys come first, then the first row counts. */
const struct binding *keymap_find(const struct keymap *keys, int key, enum context context);
/* The key of the row that is shown first of those that reach it there; KEYMAP_NONE: none does. */
int keymap_key(const struct keymap *keys, const struct binding *binding, enum context context);
/* All keys that do what this row does there: "↑, k"; "" when none does. */
void keymap_names(char *to, size_t size, const struct keymap *keys, const struct binding *binding,
                  enum context context, bool ascii);
/* Is it named by keymap_names of one that stands before it? */
bool keymap_is_alias(const struct keymap *keys, const struct binding *binding,
                     enum context context);
/* The name of its first key on this screen: "?"; "" when it has none. For sentences. */
const char *keymap_hint(char *to, size_t size, const struct keymap *keys, enum command command,
                        enum context context, bool ascii);
/* The same; where it has none what is to be typed, ":trace". */
const char *keymap_way(char *to, size_t size, const struct keymap *keys, enum command command,
                       enum context context, bool ascii);

/* A set of commands, one bit each. */
#define COMMAND_BIT(command) (UINT64_C(1) << (command))

/* The keys of this context into the pane's only row, as many as fit. Commands in `without` have
   nothing to do now and are left out. */
void keymap_draw(struct pane pane, const struct keymap *keys, enum context context,
                 uint64_t without);

/*
 * A user's line "ACTION = KEY KEY…": from now on these are its keys, in place of all it had; "none"
 * leaves it without. An action is a command's name with what follows it, "back 10s". `where` is
 * kept with its text, and so is `action`. STATUS_USAGE with what was expected, or with what another
 * line of that file has given a key to: then the keys that are wrong are left out.
 */
enum status keymap_bind(struct keymap *keys, const char *action, const char *names,
                        const struct keymap_origin *where, struct error *error);
/* When all lines are read: tells where a line has taken the last key of an action. */
void keymap_check(const struct keymap *keys, const struct ini_sink *sink);
/* The action of a row as keymap_bind takes it, "back 10s"; returns `to`. */
const char *keymap_action(char *to, size_t size, const struct binding *binding);

#endif
