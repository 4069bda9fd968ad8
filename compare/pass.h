/*
 * One pass over a trace for a comparison; a part of measure.c and executions.c, not meant for
 * others. It lives on the stack of measure_read; the audience's thread.
 */
#ifndef SCHEDTOP_COMPARE_PASS_H
#define SCHEDTOP_COMPARE_PASS_H

#include "compare/items.h"
#include "compare/side.h"
#include "trace/event.h"
#include "trace/stacks.h"

struct pass {
	struct items *items;
	struct side *side;
	int which;
	bool no_memory;
	bool waits;                /* the part that counts has not begun */
	int64_t restart_ns;        /* where it did, when that is not the trace's beginning */
	int64_t end_ns;            /* where the run ended */
	struct idmap item_of;      /* by kind and the trace's number of the name */
	const struct names *names; /* of the trace */
};

/* Index of an item whose whole name is one of the trace's. Failure is noted. */
uint32_t pass_item(struct pass *pass, enum item_kind kind, uint32_t name);
/* Whether what began then began before the run counted. */
static inline bool pass_is_cut(const struct pass *pass, int64_t begin_ns)
{
	return begin_ns <= pass->restart_ns;
}
/* It happened, it took time, an instance of it took so long; as in series.h. An item that is left
   out or unknown counts nowhere. */
void pass_count(struct pass *pass, uint32_t item, int64_t at_ns);
void pass_spend(struct pass *pass, uint32_t item, int64_t at_ns, int64_t ns);
void pass_instance(struct pass *pass, uint32_t item, int64_t at_ns, int64_t ns);
/* All of that, when it ends. */
void pass_add(struct pass *pass, uint32_t item, int64_t end_ns, int64_t ns);
/* Failure is noted, for callbacks that can't tell of it. */
void pass_check(struct pass *pass, bool ok);

/* --- executions.c: goroutines by start function, waits by site ------------------------------ */

struct execution {
	int64_t since_ns, ran_ns;
	int64_t untold_ns; /* of ran_ns: its function is not known yet */
	uint32_t start;    /* item, or TRACE_NONE: not known yet */
	uint32_t site;     /* where it waits: item, or TRACE_NONE: unknown */
	uint8_t state;     /* enum go_status, or TRACE_NOT_EXIST for a free slot */
	bool whole;        /* seen from its beginning on */
};

struct executions {
	struct pass *pass;
	uint64_t only;  /* this goroutine alone; 0: all */
	unsigned kinds; /* bits of enum item_kind */
	struct execution *slot;
	size_t slots;
	struct stacks stacks;
	struct idmap site_of;         /* by function, reason and kind of wait */
	struct stack_memo start_memo; /* item + 1 */
	struct stack_memo site_memo;  /* reason << 1 | syscall, and below 32 bits of item + 1 */
};

/* All zero, with the first three set, is a good start. */
void executions_finish(struct executions *executions);
struct trace_visitor executions_visitor(struct executions *executions);
void executions_restart(void *executions, int64_t time_ns);

#endif
