/*
 * Work that may have to wait for a disk, on a thread of its own: a screen waits for it no longer
 * than a moment, and looks again later. The thread that began it alone calls what is here.
 */
#ifndef SCHEDTOP_TUI_ASIDE_H
#define SCHEDTOP_TUI_ASIDE_H

#include <stdbool.h>
#include <stdint.h>

struct aside;

/* Begins `work`; `release` frees the argument when both sides have done with it. NULL: there is
   neither memory nor a thread for it, and the argument is still the caller's. */
struct aside *aside_begin(void (*work)(void *arg), void (*release)(void *arg), void *arg);
/* Has it ended? Waits for no longer than that. From then on the argument is the caller's to read.
 */
bool aside_wait(struct aside *a, int64_t limit_ns);
/* Lets go of it: work that has not ended goes on by itself. NULL is fine. */
void aside_leave(struct aside *a);

#endif
