/*
 * Waits for a process that has just been started to become a Go program that can be watched: a
 * script may come first, and a scheduler takes some milliseconds to be there. Any thread; blocks.
 */
#ifndef SCHEDTOP_CLI_AWAIT_H
#define SCHEDTOP_CLI_AWAIT_H

#include <sys/types.h>

#include "collect/collector.h"
#include "util/status.h"

/* STATUS_OK as soon as the collector will find what `choice` names, or when more waiting would not
   help it. STATUS_EXITED: it has ended. STATUS_NO_TARGET: after some seconds it still runs
   something else than Go. STATUS_PERMISSION with the reason. */
enum status await_program(pid_t pid, enum source_choice choice, struct error *error);

#endif
