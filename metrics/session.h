/*
 * What passes between the screen and those who work for it, as plain values: orders one way, the
 * state of a capture the other. Nobody calls anybody: the screen leaves an order and goes on, the
 * wiring in cli/ takes it to whoever does it. A session is shared; every function may be called
 * from any thread, and none of them waits.
 */
#ifndef SCHEDTOP_METRICS_SESSION_H
#define SCHEDTOP_METRICS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/status.h"

enum order_kind {
	ORDER_NONE,
	ORDER_INTERVAL,  /* value: ns between snapshots */
	ORDER_CAPTURE,   /* value: ns of execution trace to take */
	ORDER_FLIGHT,    /* what a flight recorder holds */
	ORDER_SAMPLE,    /* value: ns of sampled trace to take */
	ORDER_CANCEL,    /* the capture under way */
	ORDER_FOLLOW,    /* value: the PID to watch from now on */
	ORDER_PROCESSES, /* which Go processes are there? */
	ORDER_DETAIL,    /* value: key of the group of goroutines to read one by one from now on, as a
	                    two's complement; 0: none */
};

struct order {
	enum order_kind kind;
	int64_t value;
};

enum capture_phase {
	CAPTURE_NONE,      /* none was asked for yet */
	CAPTURE_ASKING,    /* the agent has not begun */
	CAPTURE_RUNNING,   /* bytes arrive */
	CAPTURE_SAVING,    /* complete, on its way to the disk */
	CAPTURE_DONE,      /* path, bytes and the rates are known */
	CAPTURE_FAILED,    /* `text` says why; nothing is left behind */
	CAPTURE_CANCELLED, /* nothing is left behind */
};

/* What can be taken of a program. */
enum capture_kind {
	CAPTURE_KIND_TRACE,      /* an execution trace of what comes */
	CAPTURE_KIND_FLIGHT,     /* of what has been: what a flight recorder holds */
	CAPTURE_KIND_GOROUTINES, /* where all goroutines stand, as text */
	CAPTURE_KIND_SAMPLED,    /* a trace made of many looks from outside */
	CAPTURE_KINDS
};

/* One capture, as far as it is known. */
struct capture_state {
	enum capture_phase phase;
	enum capture_kind kind;
	const char *means;   /* by what it is had: "agent", a constant; NULL: not known yet */
	int64_t started_ns;  /* monotonic, when RUNNING began; 0: not yet */
	int64_t ended_ns;    /* monotonic, when the last byte came; 0: not yet */
	int64_t duration_ns; /* asked for */
	uint64_t bytes;      /* so far */
	int64_t reach_ns;    /* of a flight: how far back it really goes, when DONE; 0: not known */
	bool shortened;      /* the agent ended it early, near its limit of bytes; it is whole */
	bool can_sample;     /* when FAILED: no real trace can be had, but a sampled one can */
	char path[512];      /* of the file when DONE; printable */
	char go_version[32]; /* needed to open it */
	char text[256];      /* one sentence when FAILED */
	char note[256];      /* what else people should know of it; "" nothing */
};

enum { SENTINEL_RULES_MAX = 16 };

/* What the sentinel looks out for, as far as it is known. Texts are printable. */
struct sentinel_rule_state {
	char rule[160], then[96];
	const char *state; /* "armed", "breaking", "fired", ...: a constant; NULL: not yet looked at */
	char value[128];   /* at the newest snapshot */
};
struct sentinel_state {
	size_t rules; /* 0: there is no sentinel */
	struct sentinel_rule_state rule[SENTINEL_RULES_MAX];
	unsigned changes; /* goes up when there is something to be seen anew, beside values */
	bool busy;        /* what follows a rule is under way */
	unsigned fired;   /* how often */
	int64_t fired_ns; /* monotonic, the last time */
	char why[448];    /* the rule and the value then */
	bool saved;       /* `outcome` is the path of a bundle, else a sentence; "" while busy */
	char outcome[512];
};

/* A Go process of this machine that could be watched instead. */
enum { SESSION_PROCESSES_MAX = 48 };
struct process_name {
	pid_t pid;
	char program[64]; /* printable */
};

struct session;

struct session *session_create(void (*wake)(void *arg), void *arg); /* wake: after each order */
void session_destroy(struct session *s);                            /* NULL is fine */

/* The screen's side. Bounded: an order that finds the box full takes the place of the oldest. */
void session_order(struct session *s, enum order_kind kind, int64_t value);
struct capture_state session_capture(struct session *s);
void session_get_sentinel(struct session *s, struct sentinel_state *out);
/* The newest process that runs the program of the one that has exited; 0: none is known. */
pid_t session_successor(struct session *s);
/* As they were found last, by PID; `to` has room for all. Returns how many. */
size_t session_processes(struct session *s, struct process_name to[SESSION_PROCESSES_MAX]);
/* Why an order could not be carried out, in a sentence; false: nothing was said since the last time
   this was asked. */
bool session_take_trouble(struct session *s, char *to, size_t size);

/* The other side. ORDER_NONE when there is none. */
struct order session_take(struct session *s);
void session_tell_capture(struct session *s, const struct capture_state *state);
void session_tell_sentinel(struct session *s, const struct sentinel_state *state);
void session_tell_successor(struct session *s, pid_t pid);
/* More than fit are left out. */
void session_tell_processes(struct session *s, const struct process_name *process, size_t n);
void session_tell_trouble(struct session *s, const char *sentence);

#endif
