/*
 * Which goroutines are the runtime's own: those whose first function is the runtime's, as
 * runtime.isSystemGoroutine has it. The answers are remembered by address, for there are few
 * functions to begin with and many goroutines. Belongs to its owner and that one's thread.
 */
#ifndef SCHEDTOP_GOPROC_SYSTEM_H
#define SCHEDTOP_GOPROC_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "goproc/functions.h"

#define SYSTEM_REMEMBERED 512 /* a power of two */

struct system_starts {
	uint64_t remembered[SYSTEM_REMEMBERED]; /* address * 2 + answer; 0: free */
};

bool system_is_start(struct system_starts *starts, struct functions *functions, uint64_t start);

#endif
