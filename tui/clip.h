/*
 * How text gets to the clipboard of whoever sits at a terminal: the sequence OSC 52 of xterm, which
 * carries it as base64, so that nothing in it can be taken for a sequence of its own; and how it
 * gets through tmux and screen. Constant data, any thread.
 */
#ifndef SCHEDTOP_TUI_CLIP_H
#define SCHEDTOP_TUI_CLIP_H

#include <stddef.h>

enum clip_way {
	CLIP_NOT,    /* the terminal would print it */
	CLIP_PLAIN,  /* straight to the terminal */
	CLIP_TMUX,   /* for tmux itself (set-clipboard on), and through it (allow-passthrough on) */
	CLIP_SCREEN, /* through screen, which bounds a sequence to a few hundred bytes */
};

/* By TERM, TMUX and STY of the environment, any of which may be NULL. */
enum clip_way clip_way(const char *term, const char *tmux, const char *sty);
/* The bytes to write, to be freed; NULL: out of memory, or there is no way. */
char *clip_sequence(const char *text, enum clip_way way, size_t *length);

#endif
