/*
 * Stands between a program that we have started and where its output goes: the lines of schedtrace
 * go to whoever reads them, all else is passed on as it comes. A thread of its own does it, so that
 * the program waits for its output as it would without us, and for nothing else. All calls come
 * from the thread that created it.
 */
#ifndef SCHEDTOP_CLI_TAP_H
#define SCHEDTOP_CLI_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "util/status.h"

struct tap;

/* What is no schedtrace goes to `outputs`, which is borrowed. */
enum status tap_create(struct tap **out, int outputs, struct error *error);
/* Where the program is to write. */
int tap_input(const struct tap *r);
/* The program has it now: we write nothing there. */
void tap_release_input(struct tap *r);
/* Begins, once the program is started: that wants a process without threads (child.h). */
enum status tap_start(struct tap *r, struct error *error);
/* The path of a pipe with the lines of schedtrace. */
const char *tap_text(const struct tap *r);
/* Passes on what is there, and ends; what others still write to it is lost. NULL is fine. */
void tap_destroy(struct tap *r);

/* Puts schedtrace=N, and scheddetail=1, into GODEBUG of this process and those that it starts,
   behind what stands there. Who asks for schedtrace there already has it his way. */
enum status tap_set_godebug(int64_t interval_ns, bool detail, struct error *error);

#endif
