/*
 * Finds a way to one instance of a fleet: the process of this machine that listens there, or its
 * net/http/pprof. It waits for orders on a board and answers there, on a thread of its own, so that
 * no screen waits for a host that is silent.
 */
#ifndef SCHEDTOP_CLI_FLEET_OPEN_H
#define SCHEDTOP_CLI_FLEET_OPEN_H

#include <sys/types.h>

#include "metrics/fleet_board.h"
#include "util/status.h"

/* What was found last: one of them. */
struct fleet_way {
	pid_t pid;     /* 0: none */
	char url[300]; /* "": none */
};

struct fleet_opener;
/* The board is borrowed. */
enum status fleet_opener_start(struct fleet_opener **out, struct fleet_board *board,
                               struct error *error);
/* After the board has said FLEET_OPENED. */
struct fleet_way fleet_opener_way(struct fleet_opener *opener);
/* The board has been closed. NULL is fine. */
void fleet_opener_end(struct fleet_opener *opener);

#endif
