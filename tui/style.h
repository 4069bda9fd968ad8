/*
 * What a piece of the screen means. Views name roles, never colours: how a role looks is the
 * theme's (theme.h). Constant data, any thread.
 */
#ifndef SCHEDTOP_TUI_STYLE_H
#define SCHEDTOP_TUI_STYLE_H

/* The first six are accents: one meaning each, the same in every view. */
enum style {
	STYLE_TEXT,
	STYLE_RUNNING,
	STYLE_RUNNABLE,
	STYLE_SYSCALL,
	STYLE_BLOCKED,
	STYLE_GC,
	STYLE_IDLE,
	STYLE_SCHEDULER,    /* a thread that holds a P and looks for work */
	STYLE_SYSCALL_FILL, /* the same states as an area, with a background where there are shades */
	STYLE_GC_FILL,
	STYLE_STRONG, /* the number that answers the question of a line, the program's name */
	STYLE_LABEL,  /* what a line is about */
	STYLE_DIM,    /* units, stale values, explanations */
	STYLE_SELECTED,
	STYLE_KEY,     /* a key in the bottom line */
	STYLE_WARNING, /* stopped, silent, exited: look here first */
	STYLE_ALARM,   /* findings, and nothing else */
	STYLE_COUNT,
};

extern const char *const style_name[STYLE_COUNT]; /* as theme files name them */

enum style_attribute {
	STYLE_BOLD = 1,
	STYLE_FAINT = 2,
	STYLE_REVERSE = 4,
	STYLE_UNDERLINE = 8,
};

#endif
