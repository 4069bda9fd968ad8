/*
 * The event loop behind every screen: it takes the terminal, takes in keys, draws when something
 * has changed, follows the terminal's size and gives the terminal back however it ends. A screen is
 * what its ops do. Everything runs on the thread that calls loop_run, but for loop_wake.
 */
#ifndef SCHEDTOP_TUI_LOOP_H
#define SCHEDTOP_TUI_LOOP_H

#include <stdbool.h>

#include "tui/canvas.h"
#include "util/status.h"

/* Below this nothing useful fits, and a sentence says so. */
#define LOOP_WIDTH_MIN  40
#define LOOP_HEIGHT_MIN 10

/* A key, or what the mouse did at a cell. */
struct tui_input {
	int key; /* as in keymap.h */
	int x, y;
};

enum loop_next {
	LOOP_GO_ON,  /* nothing has changed */
	LOOP_DRAW,   /* draw before the next wait */
	LOOP_REDRAW, /* the same, every cell */
	LOOP_END,
};

struct loop_ops {
	void (*draw)(struct canvas *canvas, void *arg);
	enum loop_next (*input)(const struct tui_input *input, void *arg);
	/* After loop_wake; several calls may come as one. Returns whether there is something new to
	   draw. May be NULL. */
	bool (*wake)(void *arg);
	/* Once a second; returns whether the screen should be drawn again. May be NULL. */
	bool (*tick)(void *arg);
	/* After an input: text for the clipboard of the terminal, to be freed; NULL: none. May be
	   NULL. */
	char *(*copied)(void *arg);
};

/* How things are drawn, as far as the terminal can. */
struct loop_look {
	bool color;
	bool ascii;  /* no glyphs beyond ASCII */
	bool blocks; /* graphs of block elements in place of braille */
};

struct loop;

enum status loop_create(struct loop **out, const struct loop_ops *ops, void *arg,
                        struct loop_look look, struct error *error);
/* Returns when an input ended it, or on a signal, whose number is in *signal,
   else 0. A terminal that went away is SIGHUP. The terminal is restored on return. */
void loop_run(struct loop *loop, int *signal);
void loop_wake(struct loop *loop); /* any thread */
void loop_end(struct loop *loop);  /* from an op: as if an input had ended it */
void loop_destroy(struct loop *loop);

#endif
