/*
 * What a sampled trace has told so far: which goroutine is on which P and thread, and what it does.
 * Each step here is one event, and keeps to the rules that readers judge a trace by (order.h).
 * Part of collect/sampled*.c alone.
 */
#ifndef SCHEDTOP_COLLECT_SAMPLED_STATE_H
#define SCHEDTOP_COLLECT_SAMPLED_STATE_H

#include "collect/sampled.h"
#include "trace/idmap.h"

/* Of the thread that does what somebody has to do: no thread of the system has this number. */
#define OBSERVER UINT64_C(0)
/* Threads of which the kernel's number is unknown. */
#define UNNAMED (UINT64_C(1) << 32)
#define NOBODY  UINT32_MAX
/* Why goroutines stopped that nobody saw. */
#define BETWEEN "between samples"

/* runtime2.go: _Grunnable and so on. */
enum {
	STATUS_RUNNABLE = 1,
	STATUS_SYSCALL = 3,
	STATUS_WAITING = 4,
	STATUS_PREEMPTED = 9,
	STATUS_LEAKED = 10,
};

enum sampled_doing {
	RUNNABLE,
	RUNNING,
	SYSCALL, /* with or without a P */
	WAITING,
	LEFT, /* its P went on with something else, and nobody knows why yet */
};

struct sampled_goroutine {
	int64_t goid;
	uint64_t seq;
	uint64_t thread; /* in a system call */
	uint64_t at;     /* WAITING: the place, as in goproc_goroutine */
	uint64_t left;   /* LEFT: the step that says why, once it is known */
	uint8_t doing, reason;
	uint64_t look;    /* the last one that found it on a P or in a system call */
	uint64_t reading; /* the last one that had a row of it */
};

struct sampled_proc {
	bool has_thread, in_syscall;
	uint64_t thread;
	uint32_t goroutine; /* NOBODY */
	uint64_t seq;
};

struct sampled_thread {
	uint64_t id;
	uint64_t look;  /* the last one that found it with a P or in a system call */
	int64_t curg;   /* then: the goroutine it has in a system call without a P; 0: none */
	int64_t caller; /* the same as far as it was told */
};

/* An event to be written. The last ones are kept back, since they may yet learn what they are. */
struct sampled_step {
	int64_t at_ns;
	uint64_t thread;
	enum trace_event_type type;
	uint64_t arg[TRACE_MAX_ARGS];
};

struct sampled {
	struct trace_writer *writer;
	struct sampled_names names;
	int64_t at_ns;         /* of the last step */
	int64_t wall_ahead_ns; /* the calendar, less the monotonic clock */
	bool has_looked;
	uint64_t looks, readings;

	struct sampled_proc *proc;
	size_t procs;
	struct sampled_goroutine *goroutine;
	size_t goroutines, goroutine_capacity;
	struct idmap of_goid; /* index in `goroutine` */
	struct sampled_thread *thread;
	size_t threads, thread_capacity;
	struct idmap of_thread;
	uint64_t *tid; /* by the M's id, of this look */
	size_t tids;

	struct sampled_step *step;
	size_t steps, step_capacity;
	uint64_t written; /* steps before these; they are numbered from the beginning on */
	size_t stacks;    /* that may yet be asked for */

	/* The P on which goroutines are made, put to sleep and buried, until sampled_give_back: then
	   its thread has it again, and the goroutine goes on that ran there. */
	bool is_lent, had_thread;
	size_t lent;
	uint64_t lender;
	int64_t waits; /* 0: none */

	bool gc_runs, no_memory;
	uint64_t gc_seq;
	int64_t heap, goal;
};

/* The time of what follows, which is later than all before it. */
void sampled_set_time(struct sampled *s, int64_t at_ns);
/* The ID of a word in the trace. */
uint64_t sampled_word(struct sampled *s, const char *text);
/* One event, a nanosecond after the one before. Its number. */
uint64_t sampled_step(struct sampled *s, uint64_t thread, enum trace_event_type type, uint64_t a,
                      uint64_t b, uint64_t c, uint64_t d);
/* What a goroutine did that has left its P is known now. */
void sampled_settle(struct sampled *s, const struct sampled_goroutine *g,
                    enum trace_event_type type, uint64_t reason, uint64_t stack);
/* Those before the first that is not settled. */
void sampled_write_steps(struct sampled *s);

/* NULL: not known. */
struct sampled_goroutine *sampled_find(struct sampled *s, int64_t goid);
/* It is runnable. Others may move in memory. NULL: no memory. */
struct sampled_goroutine *sampled_add(struct sampled *s, int64_t goid);
/* One that is on no P. The last one takes its place. */
void sampled_forget(struct sampled *s, size_t index);
/* Known or new. NULL: no memory. */
struct sampled_thread *sampled_thread(struct sampled *s, uint64_t id);

/* What a goroutine was doing off a P ends. */
void sampled_make_runnable(struct sampled *s, struct sampled_goroutine *g);
void sampled_take_proc(struct sampled *s, struct sampled_proc *p, uint64_t thread);
void sampled_leave_proc(struct sampled *s, struct sampled_proc *p);
/* Whatever the goroutine was doing, it runs there now. */
void sampled_start(struct sampled *s, struct sampled_proc *p, struct sampled_goroutine *g);
void sampled_begin_call(struct sampled *s, struct sampled_proc *p, struct sampled_goroutine *g);
void sampled_end_call(struct sampled *s, struct sampled_proc *p, struct sampled_goroutine *g);
/* The P's thread stays in its goroutine's system call; the P becomes idle. */
void sampled_steal_proc(struct sampled *s, struct sampled_proc *p,
                        const struct sampled_goroutine *g);

/* A P that no thread has: an idle one, else one that somebody has to do without for some
   nanoseconds. NULL: there is none. */
struct sampled_proc *sampled_vacate(struct sampled *s);
/* The same with the observer's thread on it. */
struct sampled_proc *sampled_borrow(struct sampled *s);
void sampled_give_back(struct sampled *s);

#endif
