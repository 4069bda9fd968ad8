/*
 * Carries out what the screen orders through a session: another interval, a trace, another process
 * to watch. It owns the collector and the capture and has a thread of its own, because finding a
 * process or ending a capture takes its time, and the screen must not wait for it. When the process
 * has exited it looks for one that takes its place, and tells the session. All calls come from the
 * thread that created it.
 */
#ifndef SCHEDTOP_CLI_ORDERS_H
#define SCHEDTOP_CLI_ORDERS_H

#include "cli/options.h"
#include "metrics/feed.h"
#include "metrics/session.h"

struct orders;

/* Finds the process and its sources, as collector_create does. `tell` is called on other threads
   whenever the session has news for the screen. */
enum status orders_create(struct orders **out, const struct options *options, pid_t pid,
                          struct feed *feed, void (*tell)(void *arg), void *arg,
                          struct error *error);
struct session *orders_session(struct orders *o); /* borrowed */
enum status orders_start(struct orders *o, struct error *error);
/* A snapshot for the sentinel, if there is one. Any thread. */
void orders_look(struct orders *o, const struct snapshot *s);
/* No more orders: STATUS_EXITED with the sentence that says how the process watched last ended. */
enum status orders_explain_end(struct orders *o, struct error *error);
/* Ends and undoes all of it; a capture that runs leaves nothing. NULL is fine. */
void orders_destroy(struct orders *o);

#endif
