/*
 * Stands between a program that we have started and where its output goes: the lines of schedtrace
 * go to whoever reads them, all else is passed on as it comes. A thread of its own does it, so that
 * the program waits for its output as it would without us, and for nothing else. All calls come
 * from the thread that created it.
 */
#ifndef SCHEDTOP_CLI_RELAY_H
#define SCHEDTOP_CLI_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "util/status.h"

struct relay;

/* What is no schedtrace goes to `outputs`, which is borrowed. */
enum status relay_create(struct relay **out, int outputs, struct error *error);
/* Where the program is to write. */
int relay_input(const struct relay *r);
/* The program has it now: we write nothing there. */
void relay_release_input(struct relay *r);
/* Begins, once the program is started: that wants a process without threads (child.h). */
enum status relay_start(struct relay *r, struct error *error);
/* The path of a pipe with the lines of schedtrace. */
const char *relay_text(const struct relay *r);
/* Passes on what is there, and ends; what others still write to it is lost. NULL is fine. */
void relay_destroy(struct relay *r);

/* Puts schedtrace=N, and scheddetail=1, into GODEBUG of this process and those that it starts,
   behind what stands there. Who asks for schedtrace there already has it his way. */
enum status relay_set_godebug(int64_t interval_ns, bool detail, struct error *error);

#endif
