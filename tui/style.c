#include "tui/style.h"

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, BRIGHT = 8 };

#define OWN STYLE_DEFAULT_COLOR

/*
 * Shades in the middle of the cube, so that they can be told apart on a dark and on a light
 * background. Text keeps the terminal's own colour for the same reason.
 */
const struct style_look style_look[STYLE_COUNT] = {
	[STYLE_TEXT] = {"text", OWN, OWN, OWN, 0, 0, 0},
	[STYLE_RUNNING] = {"running", 71, GREEN, GREEN, 0, 0, 0},
	[STYLE_RUNNABLE] = {"runnable", 178, YELLOW, YELLOW, 0, 0, STYLE_BOLD},
	[STYLE_SYSCALL] = {"syscall", 68, BLUE, BLUE, 0, 0, 0},
	[STYLE_BLOCKED] = {"blocked", 244, BRIGHT | BLACK, WHITE, 0, STYLE_FAINT, STYLE_FAINT},
	[STYLE_GC] = {"gc", 170, MAGENTA, MAGENTA, 0, 0, STYLE_BOLD},
	[STYLE_IDLE] = {"idle", 242, BRIGHT | BLACK, OWN, 0, STYLE_FAINT, STYLE_FAINT},
	[STYLE_SCHEDULER] = {"scheduler", 109, CYAN, CYAN, 0, 0, 0},
	[STYLE_SYSCALL_WEAK] = {"syscall-weak", 60, BLUE, BLUE, STYLE_FAINT, STYLE_FAINT, STYLE_FAINT},
	[STYLE_GC_WEAK] = {"gc-weak", 96, MAGENTA, MAGENTA, STYLE_FAINT, STYLE_FAINT, STYLE_FAINT},
	[STYLE_SCHEDULER_WEAK] = {"scheduler-weak", 66, CYAN, CYAN, STYLE_FAINT, STYLE_FAINT,
							  STYLE_FAINT},
	[STYLE_STRONG] = {"strong", OWN, OWN, OWN, STYLE_BOLD, STYLE_BOLD, STYLE_BOLD},
	[STYLE_LABEL] = {"label", 73, CYAN, CYAN, 0, 0, 0},
	[STYLE_DIM] = {"dim", 244, BRIGHT | BLACK, OWN, 0, STYLE_FAINT, STYLE_FAINT},
	[STYLE_HEADING] = {"heading", 244, BRIGHT | BLACK, OWN, STYLE_UNDERLINE,
					   STYLE_UNDERLINE | STYLE_FAINT, STYLE_UNDERLINE},
	[STYLE_SELECTED] = {"selected", OWN, OWN, OWN, STYLE_REVERSE, STYLE_REVERSE, STYLE_REVERSE},
	[STYLE_KEY] = {"key", OWN, OWN, OWN, STYLE_BOLD, STYLE_BOLD, STYLE_BOLD},
	[STYLE_WARNING] = {"warning", 172, YELLOW, YELLOW, STYLE_BOLD, STYLE_BOLD, STYLE_REVERSE},
	[STYLE_ALARM] = {"alarm", 167, RED, RED, STYLE_BOLD, STYLE_BOLD, STYLE_REVERSE},
};
