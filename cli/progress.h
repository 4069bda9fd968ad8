/*
 * A bar on standard error for work that takes long, when that is a terminal. It appears after half
 * a second and leaves no trace, not even when a signal ends the program. The caller owns it; one
 * thread, and one bar at a time.
 */
#ifndef SCHEDTOP_CLI_PROGRESS_H
#define SCHEDTOP_CLI_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum { PROGRESS_SIGNALS = 3 }; /* that would end the program */
struct progress {
	int64_t began_ns;
	bool wanted, shown;
	struct sigaction before[PROGRESS_SIGNALS];
};

void progress_init(struct progress *progress);
/* `self` is a struct progress; bytes done, and in all (0: unknown). */
void progress_report(void *self, uint64_t done, uint64_t size);
void progress_finish(struct progress *progress);

#endif
