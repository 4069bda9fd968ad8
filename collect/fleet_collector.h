/*
 * Keeps a board (metrics/fleet_board.h) up to date from a metrics server, on a thread of its own:
 * the fleet at every interval, trends of the rows that are shown, and what is wrong. A server that
 * takes long is asked less often, so that it has most of its time for others.
 */
#ifndef SCHEDTOP_COLLECT_FLEET_COLLECTOR_H
#define SCHEDTOP_COLLECT_FLEET_COLLECTOR_H

#include "collect/prometheus.h"

struct fleet_collector;

/* Starts the thread. The server and the board are borrowed and outlive it. */
enum status fleet_collector_start(struct fleet_collector **out, struct prometheus *server,
                                  struct fleet_board *board, int64_t interval_ns,
                                  struct error *error);
/* Cancels what is under way, ends the thread and waits for it. The board is closed. NULL is fine.
 */
void fleet_collector_end(struct fleet_collector *c);

#endif
