/*
 * The rights that the program goes on with. Root, or whom a service gives capabilities, has many
 * that nothing here needs: they are given up as soon as the command is known, before any process,
 * trace or server is looked at. For main.c, while there is one thread.
 */
#ifndef SCHEDTOP_CLI_PRIVILEGES_H
#define SCHEDTOP_CLI_PRIVILEGES_H

#include "cli/options.h"

/*
 * Takes from the environment what leads libraries to files, where the program has more rights than
 * its user (a binary with file capabilities): those are a user's to choose, and would be read with
 * our rights.
 */
void privileges_begin(void);
/*
 * Keeps of the capabilities what this command uses, and what the caller has marked to be passed on
 * to children (ambient ones); where no child is to be started, nothing is ever to be gained again.
 * Children of root have root's rights as ever: execve gives them anew. Where a program is started
 * that shall end with us, the rest is put aside only (permitted, not effective). STATUS_FAILED when
 * the kernel refuses, which means that something is amiss.
 */
enum status privileges_drop(const struct options *o, struct error *error);

#endif
