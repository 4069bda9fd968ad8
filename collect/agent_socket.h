/*
 * Where the agent of a process listens. The path is resolved as the target sees it: through its
 * environment and its root directory, so that containers work. Any thread.
 */
#ifndef SCHEDTOP_COLLECT_AGENT_SOCKET_H
#define SCHEDTOP_COLLECT_AGENT_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/target.h"
#include "util/status.h"

struct agent_socket {
	int dir_fd;             /* the socket's directory, open; the owner closes it. -1: none */
	char path[108];         /* reaches the socket through dir_fd, however long the real path is */
	char shown[512];        /* the directory, for messages; printable */
	pid_t pid;              /* the target's PID as it sees itself: what /v1/info must confirm */
	uint64_t pid_namespace; /* inode; 0 unknown */
};

/* STATUS_NO_TARGET when there is no socket of it, STATUS_PERMISSION when the directory or the
   socket belongs to somebody else than the target's user or root. */
enum status agent_socket_find(const struct target *target, struct agent_socket *out,
                              struct error *error);
void agent_socket_finish(struct agent_socket *s);

/* Does anybody accept on it? Does not wait. */
bool agent_socket_answers(const struct agent_socket *s);

#endif
