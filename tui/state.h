/*
 * How a state of a P, a thread or a goroutine looks: the one table for the live views and those of
 * a trace, so that a colour and a glyph mean the same on all of them. Colour never says anything
 * alone: no two states share a glyph. Constant data, any thread.
 */
#ifndef SCHEDTOP_TUI_STATE_H
#define SCHEDTOP_TUI_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/style.h"

enum state {
	STATE_UNKNOWN,
	STATE_IDLE,
	STATE_SCHEDULER, /* has a P and looks for work */
	STATE_RUNNING,
	STATE_GC,
	STATE_SYSCALL,
	STATE_RUNNABLE, /* waits for a P */
	STATE_BLOCKED,  /* waits for something else */
	STATE_COUNT,
};

struct state_look {
	enum style style, weak; /* of a cell full of it; of a letter, or where it is a small part */
	uint32_t glyph, ascii;
	const char *word, *brief;
	double least; /* share of a cell's time from which it is worth showing */
};
extern const struct state_look state_look[STATE_COUNT];

uint32_t state_glyph(enum state state, bool ascii);

#endif
