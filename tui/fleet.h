/*
 * Runs the screen of a fleet on the terminal. It can be left for another screen and run again,
 * with everything where the user left it. The board wakes it from any thread; all else is the UI
 * thread's.
 */
#ifndef SCHEDTOP_TUI_FLEET_H
#define SCHEDTOP_TUI_FLEET_H

#include "metrics/fleet_board.h"
#include "tui/loop.h"
#include "tui/means.h"
#include "util/status.h"

struct tui_fleet_options {
	struct loop_look look;
	struct fleet_board *board; /* these are borrowed */
	const char *server, *match;
	int64_t interval_ns;
	const struct means *means;
};

struct tui_fleet;
enum status tui_fleet_create(struct tui_fleet **out, const struct tui_fleet_options *options,
                             struct error *error);
/*
 * Until the user leaves, a signal asks to end (*signal is its number, else 0), or an instance that
 * was chosen can be opened: then *opened is true. The terminal is restored on return.
 */
enum status tui_fleet_run(struct tui_fleet *t, bool *opened, int *signal, struct error *error);
/* One sentence about what was opened, until the next key. */
void tui_fleet_notify(struct tui_fleet *t, const char *sentence);
void tui_fleet_destroy(struct tui_fleet *t); /* NULL is fine */

#endif
