/*
 * Which process of this machine answers at an address: an instance of a fleet is one that others
 * know by host and port. Reads /proc for some milliseconds and asks no name server; any thread.
 */
#ifndef SCHEDTOP_COLLECT_LISTENER_H
#define SCHEDTOP_COLLECT_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/status.h"

/*
 * `address` is "HOST:PORT", "[V6]:PORT", or a URL of http or https. STATUS_NO_TARGET: it is no
 * address of this machine, or nobody listens there. STATUS_PERMISSION: somebody does, but who can't
 * be seen. When started_ns (wall clock; 0: unknown) is told, a process that started at another time
 * is another one: a proxy, say.
 */
enum status listener_find(const char *address, int64_t started_ns, pid_t *pid, struct error *error);

#endif
