/*
 * A fleet out of a server that speaks Prometheus' HTTP API: Prometheus, Thanos, Mimir and their
 * like. A refresh is a handful of queries, each of which asks for all instances at once. Calls wait
 * for the server, no longer than their deadlines; the owner's thread makes them, and
 * prometheus_cancel alone may come from elsewhere.
 */
#ifndef SCHEDTOP_COLLECT_PROMETHEUS_H
#define SCHEDTOP_COLLECT_PROMETHEUS_H

#include <stdint.h>

#include "collect/web_options.h"
#include "metrics/fleet.h"
#include "metrics/fleet_board.h"
#include "util/status.h"

struct prometheus;

/* Credentials and more headers come from the environment (web_base.h), `web` says the rest.
   STATUS_USAGE: no such URL, or no such selector; nothing is asked yet. */
enum status prometheus_create(struct prometheus **out, const char *url, const char *match,
                              const struct web_options *web, struct error *error);
void prometheus_destroy(struct prometheus *p); /* NULL is fine */
/* Ends the call under way and every later one. Any thread, while it exists. */
void prometheus_cancel(struct prometheus *p);
/* The server for people: printable, no secret in it. */
const char *prometheus_shown(const struct prometheus *p);

/*
 * The fleet as it is now; the caller's. `early` may be NULL: it gets, and owns, what is known while
 * the answers of the first refresh come. The sentence on failure has the server's own words.
 */
enum status prometheus_refresh(struct prometheus *p, struct fleet **out,
                               void (*early)(struct fleet *fleet, void *arg), void *arg,
                               struct error *error);
/* What is wished, over time; the caller's. */
enum status prometheus_trends(struct prometheus *p, const struct fleet_wish *wish,
                              const struct fleet *fleet, struct fleet_trends **out,
                              struct error *error);

#endif
