/*
 * The kinds of profiles that a trace holds. Constant data; any thread.
 */
#ifndef SCHEDTOP_TRACE_PROFILE_KINDS_H
#define SCHEDTOP_TRACE_PROFILE_KINDS_H

enum profile_kind {
	PROFILE_NET,
	PROFILE_SYNC,
	PROFILE_SYSCALL,
	PROFILE_SCHED,   /* runnable, until it runs */
	PROFILE_CPU,     /* samples of the CPU profiler that the trace holds */
	PROFILE_BLOCKED, /* on anything */
	PROFILE_KINDS
};
/* The words of --kind. */
extern const char *const profile_kind_words[PROFILE_KINDS];

#define PROFILE_KIND_WORDS "net, sync, syscall, sched, cpu or blocked"

#endif
