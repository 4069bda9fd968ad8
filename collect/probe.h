/*
 * Asks a process what it serves to others: every TCP address on which it listens and that is no
 * loopback is asked for /debug/pprof/, once. That is the one thing schedtop does that a program
 * notices without having an agent, so it is done only on request. Blocks for seconds at most; any
 * thread.
 */
#ifndef SCHEDTOP_COLLECT_PROBE_H
#define SCHEDTOP_COLLECT_PROBE_H

#include <stddef.h>
#include <sys/types.h>

#include "util/status.h"

#define PROBE_ANSWERS_MAX 16

struct probe_answer {
	char address[64]; /* as it listens: "0.0.0.0", "::", "10.0.0.7" */
	unsigned port;
};

/* Those that answered with the list of profiles. STATUS_PERMISSION or STATUS_FAILED, with a
   sentence, where it can't be known on what it listens, or where that can't be reached from here.
 */
enum status probe_pprof(pid_t pid, struct probe_answer answer[PROBE_ANSWERS_MAX], size_t *n,
                        struct error *error);

#endif
