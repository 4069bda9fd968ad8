/*
 * What a piece of the screen means, and how that looks. Views name roles, never colours; the one
 * table in style.c gives each role its colours for 256, 16 and 8 colours and its attributes without
 * any. Constant data, any thread.
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

enum style_attribute {
	STYLE_BOLD = 1,
	STYLE_FAINT = 2,
	STYLE_REVERSE = 4,
	STYLE_UNDERLINE = 8,
};

#define STYLE_DEFAULT_COLOR (-1)

struct style_look {
	const char *name;
	short color_256, back_256; /* both STYLE_DEFAULT_COLOR: the terminal's own */
	short color_16, color_8;
	unsigned attributes;      /* with 256 or 16 colours */
	unsigned attributes_8;    /* with 8, where bold and faint make up for the missing shades */
	unsigned attributes_mono; /* without colours */
};

extern const struct style_look style_look[STYLE_COUNT];

#endif
