/*
 * Which process it is: a PID can be given to another process, and a process can execute another
 * program. Both are told apart by what is noted here at attach. Any thread.
 */
#ifndef SCHEDTOP_GOPROC_PROCESS_H
#define SCHEDTOP_GOPROC_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "util/status.h"

struct process {
	pid_t pid;
	uint64_t start_ticks; /* another one: the PID was reused */
	dev_t device;         /* of the executable; another one: execve */
	ino_t inode;
	uint64_t entry;   /* AT_ENTRY: where the program starts, relocated */
	uint64_t random;  /* AT_RANDOM: moves when the same program executes itself again */
	char subject[96]; /* "process 12 (bash)", the beginning of sentences */
};

/* STATUS_NO_TARGET: there is no such process, or it is a kernel thread. STATUS_PERMISSION. */
enum status process_identify(pid_t pid, struct process *process, struct error *error);

enum process_state {
	PROCESS_SAME,
	PROCESS_GONE,     /* exited; the PID may be somebody else's now */
	PROCESS_REPLACED, /* runs another program, or the same one anew */
	PROCESS_HIDDEN,   /* there, but /proc does not show it to us any more */
};
enum process_state process_check(const struct process *process);
/* STATUS_OK for PROCESS_SAME, else the status and sentence of that state. */
enum status process_verify(const struct process *process, struct error *error);

/* Only the name: "process 12 (bash)". */
void process_name(pid_t pid, char *subject, size_t size);

#endif
