/*
 * The terminal, and the only file that talks to curses: takes it, shows canvases on it, reads keys
 * from it and gives it back as it was. There is one terminal, so this is the one module of the
 * program with state of its own. UI thread only.
 *
 * Whatever ends the process, the terminal is restored: term_close on the ordinary ways out, and for
 * a crash a signal handler that writes bytes prepared beforehand and calls nothing of curses.
 */
#ifndef SCHEDTOP_TUI_TERM_H
#define SCHEDTOP_TUI_TERM_H

#include <stdbool.h>

#include "tui/canvas.h"
#include "tui/loop.h"
#include "tui/theme.h"
#include "util/status.h"

/* Borrowed from now on, at once by a terminal that is open; NULL is the built-in theme. */
void term_set_theme(const struct theme *theme);
/* Takes the terminal on standard input and output. Install signal handlers before: curses puts its
   own where it finds none. */
enum status term_open(bool color, struct error *error);
/* Gives the terminal back; fine when it was never taken. */
void term_close(void);

/* Can the terminal show characters beyond ASCII? Known once it is open. */
bool term_unicode(void);
void term_size(int *width, int *height);
/* Readable when a key is there: a descriptor of our own, in non-blocking mode. */
int term_fd(void);
/* The next key; false when there is no more. */
bool term_input(struct tui_input *input);
/* The other end is gone: there will be no more keys, and nobody sees the screen. */
bool term_lost(void);
/* Shows the canvas, writing only what has changed, at once. Never waits: false when the terminal
   has not taken all of it, and then it is to be called again once term_flush has written the rest.
 */
bool term_show(const struct canvas *canvas);
/* Goes on with what the terminal has not taken; true: nothing is left, and it takes more. */
bool term_flush(void);
/* Writable when the terminal may take more: a descriptor of our own as well. */
int term_out_fd(void);
/* The next term_show writes everything. */
void term_redraw(void);

/* Gives the text to the clipboard of whoever sits at the terminal, by OSC 52, through tmux and
   screen as well; after what is written now. A terminal that knows it not leaves it out. */
void term_copy(const char *text);

/* Around a stop (SIGTSTP): gives the terminal back for a while. */
void term_suspend(void);
void term_resume(void);

#endif
