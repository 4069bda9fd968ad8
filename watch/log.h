/*
 * What the sentinel did and why, one line of JSON for each event, written at once and in one piece.
 * Members are taken over; what can't be written is lost, and the watching goes on. Any thread.
 */
#ifndef SCHEDTOP_WATCH_LOG_H
#define SCHEDTOP_WATCH_LOG_H

#include <jansson.h>
#include <stdint.h>

#include "util/status.h"

struct watch_log;

/* Appends to the file of that path, which is made for this user alone when it is not there; with
   NULL, to a descriptor that stays the caller's (-1: nowhere), each line after `prefix`. */
enum status watch_log_create(struct watch_log **out, const char *path, int fd, const char *prefix,
                             struct error *error);
void watch_log_destroy(struct watch_log *log); /* NULL is fine */

/* {"time": "...", "event": event, and the members}. NULL members are those for which there was no
   memory: then the line says that, and needs none itself. */
void watch_log_event(struct watch_log *log, const char *event, json_t *members);
/* The wall time as RFC 3339 has it, in UTC, with milliseconds. */
void watch_log_time(char *to, size_t size, int64_t wall_ns);
/* A string from outside, printable. */
json_t *watch_log_text(const char *text);

#endif
