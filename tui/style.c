#include "tui/style.h"

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, BRIGHT = 8 };

#define OWN STYLE_DEFAULT_COLOR

/*
 * Shades in the middle of the cube, so that they can be told apart on a dark and on a light
 * background. Text keeps the terminal's own colour for the same reason.
 */
const struct style_look style_look[STYLE_COUNT] = {
	[STYLE_TEXT] = {"text", OWN, OWN, OWN, OWN, 0, 0, 0},
	[STYLE_RUNNING] = {"running", 71, OWN, GREEN, GREEN, 0, 0, 0},
	[STYLE_RUNNABLE] = {"runnable", 178, OWN, YELLOW, YELLOW, 0, 0, STYLE_BOLD},
	[STYLE_SYSCALL] = {"syscall", 68, OWN, BLUE, BLUE, 0, 0, 0},
	[STYLE_BLOCKED] = {"blocked", 244, OWN, BRIGHT | BLACK, WHITE, 0, STYLE_FAINT, STYLE_FAINT},
	[STYLE_GC] = {"gc", 170, OWN, MAGENTA, MAGENTA, 0, 0, STYLE_BOLD},
	[STYLE_IDLE] = {"idle", 242, OWN, BRIGHT | BLACK, OWN, 0, STYLE_FAINT, STYLE_FAINT},
	[STYLE_SCHEDULER] = {"scheduler", 109, OWN, CYAN, CYAN, 0, 0, 0},
	[STYLE_SYSCALL_FILL] = {"syscall-fill", 68, 24, BLUE, BLUE, 0, 0, 0},
	[STYLE_GC_FILL] = {"gc-fill", 176, 90, MAGENTA, MAGENTA, 0, 0, STYLE_BOLD},
	[STYLE_STRONG] = {"strong", OWN, OWN, OWN, OWN, STYLE_BOLD, STYLE_BOLD, STYLE_BOLD},
	[STYLE_LABEL] = {"label", 73, OWN, CYAN, CYAN, 0, 0, 0},
	[STYLE_DIM] = {"dim", 244, OWN, BRIGHT | BLACK, OWN, 0, STYLE_FAINT, STYLE_FAINT},
	[STYLE_SELECTED] = {"selected", OWN, OWN, OWN, OWN, STYLE_REVERSE, STYLE_REVERSE,
                        STYLE_REVERSE},
	[STYLE_KEY] = {"key", OWN, OWN, OWN, OWN, STYLE_BOLD, STYLE_BOLD, STYLE_BOLD},
	[STYLE_WARNING] = {"warning", 172, OWN, YELLOW, YELLOW, STYLE_BOLD, STYLE_BOLD, STYLE_REVERSE},
	[STYLE_ALARM] = {"alarm", 167, OWN, RED, RED, STYLE_BOLD, STYLE_BOLD, STYLE_REVERSE},
};
