/*
 * What is being watched: a process of this machine, and whether it still is the same one; or a
 * program somewhere that is known by what it tells alone. Immutable once found; any thread may call
 * target_check.
 */
#ifndef SCHEDTOP_COLLECT_TARGET_H
#define SCHEDTOP_COLLECT_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/web_options.h"
#include "goproc/process.h"
#include "metrics/snapshot.h"
#include "util/status.h"

enum target_place {
	TARGET_PROCESS, /* it has a PID here */
	TARGET_URL,     /* it answers at an address */
	TARGET_TEXT,    /* it has written what is read */
};

struct target {
	enum target_place place;
	char where[512];        /* for people: the address, the text's name; "" for a process */
	const char *url;        /* borrowed, as asked for; NULL: none. A process may have one too, */
	struct web_options web; /* for that */
	const char *text;       /* and a text: a file, or "-" for standard input */
	pid_t pid;              /* 0: unknown */
	/* false: not in our /proc, known by its agent's socket alone; what follows is what the agent
	 * told. */
	bool local;
	uint64_t start_ticks;   /* /proc/PID/stat field 22: tells a reused PID apart */
	struct process process; /* tells another program that it executes apart */
	uid_t uid;
	uint64_t arguments; /* hashes: of what it was started with, its name aside, */
	uint64_t cgroup;    /* and of its control group, IDs of containers aside; 0: unknown */
	char program[64];   /* printable, as go_version and module */
	char go_version[32];
	char module[128];
	bool async_timers; /* as it is built, see goproc_info */
};

/* STATUS_NO_TARGET: no such process, or not a Go program. STATUS_PERMISSION: it can't be looked at.
 */
enum status target_find(pid_t pid, struct target *t, struct error *error);

/* The same; but a PID that is not in our /proc is taken as it is: a container next door may share
   its agent's socket with us and nothing else. */
enum status target_find_shared(pid_t pid, struct target *t, struct error *error);

/* One that is known by its address, or by its text, alone. */
void target_of_url(struct target *t, const char *url);
void target_of_text(struct target *t, const char *text);

/* The hash that `cgroup` holds, of the text of /proc/PID/cgroup. */
uint64_t target_hash_cgroup(const char *text);

/* What a process calls itself, printable: the base name of its argv[0]. */
void target_program(pid_t pid, char *to, size_t size);

/* Is it still there, the same process and program, and does it run? TARGET_EXITED also for a
   zombie, a reused PID, and a process that executes another program now. What is no process of ours
   is live as long as its source tells nothing else. */
enum target_state target_check(const struct target *t);
/* What its executable says of how it was built, as goproc_build_text has it; free() it. */
enum status target_build(const struct target *t, char **out, struct error *error);
/* STATUS_EXITED with the sentence for one that was found so: it has exited, it has executed a new
   program, its text has ended. */
enum status target_explain_end(const struct target *t, struct error *error);

#endif
