/*
 * How events of format 1 are shown as those of format 2: one handler for each type, which the table
 * of v1.c names. NULL, or why it can't be. The inside of v1.c and its parts; not for others.
 */
#ifndef SCHEDTOP_TRACE_V1_SHOW_H
#define SCHEDTOP_TRACE_V1_SHOW_H

#include "trace/v1_state.h"

/* The handlers' answer, known by its address, when there is none. */
extern const char v1_no_memory[];

/* One event on its way. */
struct v1_showing {
	struct v1 *v;
	struct order *o;
	const struct v1_event *e;
	struct v1_p *p;
	uint32_t p_slot;
	int64_t ns;
};

/* The P's record, and its slot of the order; what has no P shares one. NULL: no memory. */
struct v1_p *v1_p_of(struct v1 *v, struct order *o, int32_t id, uint32_t *slot);
/* The goroutine's slot, given to it when it is shown for the first time. TRACE_NONE: no memory. */
uint32_t v1_slot_of(struct order *o, struct v1_goroutine *g, uint8_t status);
/* The one that the event happened on. NULL: no memory. */
struct v1_goroutine *v1_current(struct v1_showing *s);
uint32_t v1_name_of(struct v1_showing *s, uint64_t string);

struct trace_event *v1_emit_at(struct v1_showing *s, uint8_t type, int64_t ns);
struct trace_event *v1_emit(struct v1_showing *s, uint8_t type);
void v1_transition(struct v1_showing *s, struct trace_event *e, uint32_t slot, uint8_t from,
                   uint8_t to);
/* First sight of a goroutine that is older than the trace. */
const char *v1_show_status(struct v1_showing *s, struct v1_goroutine *g, uint8_t status);

/* v1_goroutines.c */
const char *v1_show_create(struct v1_showing *s);
const char *v1_show_start(struct v1_showing *s);
const char *v1_show_end(struct v1_showing *s);
const char *v1_show_stop(struct v1_showing *s);
const char *v1_show_unblock(struct v1_showing *s);
const char *v1_show_syscall(struct v1_showing *s);
const char *v1_show_syscall_block(struct v1_showing *s);
const char *v1_show_syscall_exit(struct v1_showing *s);
const char *v1_show_waiting(struct v1_showing *s);

/* v1_procs.c */
const char *v1_show_gomaxprocs(struct v1_showing *s);
const char *v1_show_proc_start(struct v1_showing *s);
const char *v1_show_proc_stop(struct v1_showing *s);
const char *v1_show_gc(struct v1_showing *s);
const char *v1_show_stw(struct v1_showing *s);
const char *v1_show_sweep(struct v1_showing *s);
const char *v1_show_assist(struct v1_showing *s);

/* v1_user.c */
const char *v1_show_task(struct v1_showing *s);
const char *v1_show_region(struct v1_showing *s);
const char *v1_show_log(struct v1_showing *s);
const char *v1_show_sample(struct v1_showing *s);
const char *v1_show_heap(struct v1_showing *s);
const char *v1_show_futile(struct v1_showing *s);

#endif
