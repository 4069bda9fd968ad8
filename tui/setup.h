/*
 * The screen on which settings are changed: a list of them with what each stands at and who said
 * so, and the file as it would become, which is written only from there. What settings there are
 * and where the file lies is up to whoever lends the source. All zero is closed. UI thread.
 */
#ifndef SCHEDTOP_TUI_SETUP_H
#define SCHEDTOP_TUI_SETUP_H

#include "tui/loop.h"
#include "tui/means.h"
#include "tui/prompt.h"
#include "tui/view.h"

struct setup_item {
	const char *name, *text,
		*argument;             /* text: a sentence; argument: what it takes, NULL: a flag */
	const char *const *choice; /* the words it may be; NULL: anything that fits */
	int choices;
	char value[160];
	const char *origin; /* "default", "environment" */
	bool changed;       /* here, and not written yet */
	bool is_whole;      /* `value` is what was set, to the byte: a user may go on from there */
};

struct setup_source {
	/* The i-th setting; false after the last. */
	bool (*item)(size_t i, struct setup_item *to, void *arg);
	/* From now on the file is to have this; NULL: not to have it. */
	enum status (*set)(size_t i, const char *value, void *arg, struct error *error);
	const char *(*path)(void *arg);
	/* The file as it would become, to be freed; NULL with a sentence. */
	char *(*file)(void *arg, struct error *error);
	/* Puts such a text in its place. */
	enum status (*write)(const char *text, void *arg, struct error *error);
	void *arg;
};

struct setup {
	const struct setup_source *source; /* NULL: it is closed */
	char *file;                        /* is shown; NULL: the list is */
	struct view_place list, page;
	struct prompt prompt;
	char said[256]; /* until the next key */
	enum style said_style;
};

/* With NULL it stays closed. */
void setup_open(struct setup *setup, const struct setup_source *source);
void setup_close(struct setup *setup);
/* Over the whole pane, with its own keys in the last row. */
void setup_draw(struct pane pane, struct setup *setup, const struct keymap *keys);
enum loop_next setup_input(struct setup *setup, const struct keymap *keys,
                           const struct tui_input *input);

#endif
