/*
 * A program that schedtop starts in order to watch it, and what a wrapper owes it: signals are
 * passed on, its status is kept, and it does not outlive us. As our child it can be read where yama
 * allows descendants alone. A thread waits for signals and for its end; all calls come from the
 * thread that started it, which must not have made other threads before.
 */
#ifndef SCHEDTOP_CLI_CHILD_H
#define SCHEDTOP_CLI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/status.h"

struct child;

struct child_options {
	const char *path;   /* the file to execute */
	char *const *argv;  /* as it is to see it */
	int input, outputs; /* its standard input, and where its standard output and error go */
};

/* It gets a process group of its own, so that the terminal's signals come once, from us. It gets
   SIGTERM when we die without having ended it. STATUS_NO_TARGET or STATUS_PERMISSION when the file
   can't be executed. */
enum status child_start(struct child **out, const struct child_options *options,
                        struct error *error);
pid_t child_pid(const struct child *c);

/* From the start on, what ends, stops or tells a program comes to it in our place. While a screen
   has the terminal, only SIGUSR1 and SIGUSR2 do, and the others are the screen's. */
void child_lend_signals(struct child *c, bool screen);

/* To the program and its process group, which is woken when it is stopped. Nothing when it has
   ended. */
void child_signal(struct child *c, int sig);
/* Has it ended? Waits so long at most; < 0: as long as it takes. */
bool child_wait(struct child *c, int limit_ms);
/* As a shell has it: 128 + n when signal n ended it. After child_wait said so. */
int child_status(const struct child *c);
void child_destroy(struct child *c); /* of one that has ended; NULL is fine */

#endif
