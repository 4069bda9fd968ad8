/*
 * Hand-made snapshots of a process that never was, for the tests of the screen: the same numbers on
 * every machine and in every run. A fixture describes the process; fixture_snapshot makes what
 * would have been read of it at a given second.
 */
#ifndef SCHEDTOP_TESTS_TUI_FIXTURE_H
#define SCHEDTOP_TESTS_TUI_FIXTURE_H

#include <stdbool.h>

#include "metrics/history.h"
#include "metrics/snapshot.h"
#include "tui/canvas.h"
#include "tui/view.h"

#define FIXTURE_START_NS INT64_C(1000000000000) /* monotonic time of second 0 */

struct fixture {
	const char *program;
	size_t procs;
	int hz;       /* lane samples per second; 0: none */
	bool memory;  /* sched, Ps, Ms, histograms */
	bool agent;   /* runtime metrics as of Go 1.26 */
	bool os;      /* what the kernel says */
	bool hostile; /* names with escape sequences, wide and invalid characters */
	const char *trouble;
};

extern const struct fixture fixture_busy; /* 8 Ps, everything known */

struct snapshot *fixture_snapshot(const struct fixture *f, int second);
struct history *fixture_history(const struct fixture *f, int seconds);

/* The canvas as text, one line per row without blanks at its end; free() it. */
char *fixture_text(const struct canvas *canvas);

/* Fails, with the text, when the part is not in it. */
void fixture_shows(const char *text, const char *part);

/*
 * Is it the picture of that name in tests/golden? If not, both are printed. With
 * SCHEDTOP_UPDATE_GOLDENS in the environment `drawn` is kept there before: look at it before you
 * commit it.
 */
bool fixture_is_golden(const char *name, const char *drawn);

#endif
