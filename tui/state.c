#include "tui/state.h"

/* A collection is short and matters; a P passes through system calls and the scheduler all the
 * time. */
const struct state_look state_look[STATE_COUNT] = {
	[STATE_UNKNOWN] = {STYLE_DIM, STYLE_DIM, ' ', ' ', "unknown", "unknown", 1},
	[STATE_IDLE] = {STYLE_IDLE, STYLE_IDLE, 0xb7, '.', "idle", "idle", 1},
	[STATE_SCHEDULER] = {STYLE_SCHEDULER, STYLE_SCHEDULER, ':', ':', "scheduler", "sched", 1.0 / 8},
	[STATE_RUNNING] = {STYLE_RUNNING, STYLE_RUNNING, 0x2588, '#', "running", "running", 1.0 / 32},
	[STATE_GC] = {STYLE_GC_FILL, STYLE_GC, 0x2591, 'g', "GC", "GC", 1.0 / 32},
	[STATE_SYSCALL] = {STYLE_SYSCALL_FILL, STYLE_SYSCALL, 0x2592, 'S', "syscall", "syscall",
                       1.0 / 8},
	[STATE_RUNNABLE] = {STYLE_RUNNABLE, STYLE_RUNNABLE, 0x2593, 'R', "runnable", "runnable",
                        1.0 / 8},
	[STATE_BLOCKED] = {STYLE_BLOCKED, STYLE_BLOCKED, 0x2500, '-', "blocked", "blocked", 1},
};

uint32_t state_glyph(enum state state, bool ascii)
{
	return ascii ? state_look[state].ascii : state_look[state].glyph;
}
