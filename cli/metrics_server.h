/*
 * Serves what is known of a process as metrics over HTTP, to several clients at once, on a thread
 * of its own. Connections, their number and their time are bounded. Calls come from the thread that
 * started it.
 */
#ifndef SCHEDTOP_CLI_METRICS_SERVER_H
#define SCHEDTOP_CLI_METRICS_SERVER_H

#include <stdbool.h>

#include "metrics/snapshot.h"
#include "util/status.h"

struct metrics_server;

/* "127.0.0.1:9464", "[::1]:9464", ":9464" (every address of the machine); port 0 is any that is
   free. STATUS_USAGE for what is no address, STATUS_FAILED when it can't be listened on. */
enum status metrics_server_start(struct metrics_server **out, const char *address,
                                 struct error *error);
void metrics_server_stop(struct metrics_server *server); /* NULL is fine */
/* Where it listens, as part of a URL. */
const char *metrics_server_address(const struct metrics_server *server);
/* Can it be reached from this machine alone? */
bool metrics_server_is_local(const struct metrics_server *server);
/* The next snapshot; takes over the reference. */
void metrics_server_add(struct metrics_server *server, const struct snapshot *s);

#endif
