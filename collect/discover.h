/*
 * The Go processes of this machine, for `schedtop ls` and the picker. Where CPU use is to be
 * measured, it blocks for the moment over which it is. Also finds a process that was started anew.
 * Any thread.
 */
#ifndef SCHEDTOP_COLLECT_DISCOVER_H
#define SCHEDTOP_COLLECT_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/target.h"
#include "goproc/goproc.h"
#include "util/status.h"

struct discovered {
	pid_t pid;
	char user[32], program[64], go_version[32], module[128];
	int64_t gomaxprocs;      /* -1 unknown */
	double cpu_ratio;        /* of one CPU, over the last moment; < 0 unknown */
	bool agent;              /* an agent listens */
	char memory[256];        /* why its memory can't be read; "" when it can */
	struct goproc_info info; /* how its runtime was found, when memory is "" */
};

/* One that may be a Go process: the kernel did not let us look, or it is damaged or too old. */
struct left_out {
	pid_t pid;
	char user[32];
	char why[256]; /* a sentence that begins with the process */
};

struct discovery {
	size_t n, left_out_n;
	struct discovered *process; /* by PID */
	struct left_out *left_out;  /* by PID */
	size_t kernel_threads;      /* how many there are beside */
	size_t others;              /* what runs something else than Go */
};

enum status discover(struct discovery *out, bool measure, struct error *error);
/* Who they are and nothing else of them: no memory is read, and no agent is asked. */
enum status discover_names(struct discovery *out, struct error *error);
void discovery_finish(struct discovery *d);

/* The newest process of the same user, program and module that was started after `gone`, which has
   exited; or itself, when it has executed another Go program. 0: none. Looks closely only at
   processes of that name, and does not measure. For people, who decide whether that is the one. */
pid_t discover_successor(const struct target *gone);

/* The same for who goes on unasked: it has the same arguments and the same control group (of a
   container's the name without its ID), and was started after `alive_ns`, when `gone` was seen
   alive for the last time on CLOCK_MONOTONIC: one that ran beside it is none. Of several the first.
 */
pid_t discover_next_run(const struct target *gone, int64_t alive_ns);

#endif
