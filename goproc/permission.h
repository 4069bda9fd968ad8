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
	pid_t pid;
	/* Of ourselves. */
	uid_t own_uid; /* effective, as the group */
	gid_t own_gid;
	uint64_t own_caps; /* permitted */
	bool own_ptrace;   /* we have CAP_SYS_PTRACE */
	bool bounded;      /* nobody here can get it: root in a container, say */
	bool filtered;     /* a seccomp filter lies over our system calls */
	/* Of the target. */
	bool target_known;   /* its status could be read; else what follows says nothing */
	uid_t target_uid[3]; /* real, effective, saved */
	gid_t target_gid[3];
	uint64_t target_caps;
	char target_user[33]; /* name of the real one, "" unknown */
	bool undumpable;      /* its files in /proc belong to root though the process is not root's */
	bool other_users;     /* it lives in another user namespace */
	/* Of the machine. */
	int yama; /* kernel.yama.ptrace_scope, -1: none */
};

/* `proc` is where procfs is mounted: "/proc". */
void permission_gather(const char *proc, pid_t pid, struct permission_facts *facts);
/* STATUS_PERMISSION with the sentence. `subject`: "process 12 (bash)". */
enum status permission_explain(const struct permission_facts *facts, const char *subject,
                               struct error *error);
/* Both. */
enum status permission_error(pid_t pid, const char *subject, struct error *error);

#endif
