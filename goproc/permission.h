/*
 * Why the kernel refuses to show a process, and what helps. The kernel says EPERM and no more, so
 * the facts it decides on are gathered from /proc and put into one sentence. Any thread.
 */
#ifndef SCHEDTOP_GOPROC_PERMISSION_H
#define SCHEDTOP_GOPROC_PERMISSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/status.h"

struct permission_facts {
	uid_t own_uid;       /* effective */
	bool own_ptrace;     /* we have CAP_SYS_PTRACE */
	bool target_known;   /* /proc/PID/status could be read; else the next four say nothing */
	uid_t target_uid[3]; /* real, effective, saved */
	uint64_t own_caps, target_caps; /* permitted */
	char target_user[33];           /* name of the real one, "" unknown */
	bool undumpable;                /* /proc/PID belongs to root though the process is not root's */
	int yama;                       /* /proc/sys/kernel/yama/ptrace_scope, -1: none */
};

void permission_gather(pid_t pid, struct permission_facts *facts);
/* STATUS_PERMISSION with the sentence. `subject`: "process 12 (bash)". */
enum status permission_explain(const struct permission_facts *facts, const char *subject,
                               struct error *error);
/* Both. */
enum status permission_error(pid_t pid, const char *subject, struct error *error);

#endif
