/*
 * An instance of a fleet as a line of JSON, by the promises of doc/schema.md: what is not known is
 * absent. Pure function, any thread.
 */
#ifndef SCHEDTOP_METRICS_FLEET_JSON_H
#define SCHEDTOP_METRICS_FLEET_JSON_H

#include "metrics/fleet.h"

/* The caller frees it; NULL when out of memory. */
char *fleet_json(const struct fleet *fleet, const struct fleet_instance *instance);

#endif
