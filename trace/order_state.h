/*
 * The order's inside, shared by its two halves: order.c merges the threads, advance.c and its parts
 * know what each event does to the scheduler's state. Not for others.
 */
#ifndef SCHEDTOP_TRACE_ORDER_STATE_H
#define SCHEDTOP_TRACE_ORDER_STATE_H

#include "trace/audience.h"
#include "trace/elapsed.h"
#include "trace/order.h"
#include "trace/transition.h"

/* For what runs once per event: the compiler finds these too large to inline, but a call costs as
   much as they do. */
#define ORDER_HOT static inline __attribute__((always_inline))

enum { BLOCK_ROOM = 4 /* events that one advance may emit */ };

/* A thread's place in the generation, and its next event: type and time are read ahead, the
   arguments when it is its turn. */
struct front {
	const uint8_t *p, *end; /* arguments of the next event; end of the batch */
	const uint8_t *after;   /* behind the arguments, once they were read */
	uint32_t batch, next;   /* the one it is in, and the one after it; WIRE_NONE: none */
	uint32_t m;             /* slot, 0 for no thread */
	int64_t time_ns;
	double ns_per_tick;
	uint64_t arg[TRACE_MAX_ARGS];
	uint8_t type;
};

struct heap_entry {
	int64_t time_ns;
	struct front *front;
};

/* Half a cache line: of all that is in the order's memory, these are looked at most. */
struct trace_goroutine {
	uint64_t id;
	uint64_t seq;
	uint32_t seq_generation; /* the lower half of its number */
	uint32_t regions, stops; /* nodes in flight */
	uint8_t status;          /* enum go_status, or TRACE_NOT_EXIST */
	bool assist;
};

struct trace_proc {
	uint64_t id;
	uint64_t seq;
	uint32_t seq_generation;
	uint8_t status; /* enum proc_status */
	bool sweep;
};

struct trace_thread {
	uint64_t id;
	uint32_t g, p; /* slots */
	bool known;    /* an event of it was looked at */
};

/* A region or an STW in flight; lists of them hang off goroutines, innermost first. */
struct open_node {
	uint64_t key; /* task, or the ID of the kind's string in its generation */
	uint32_t name;
	uint32_t next; /* 0: none */
};

struct open_task {
	uint64_t parent;
	uint32_t name;
	uint32_t next_free;
};

enum gc_state { GC_UNDETERMINED, GC_NOT_RUNNING, GC_RUNNING };

enum advance { ADVANCE_BROKEN = -1, ADVANCE_WAIT = 0, ADVANCE_READY = 1, ADVANCE_NO_MEMORY = -2 };

struct order {
	struct audience *audience;
	struct bundle *bundle;     /* being filled */
	struct trace_event *event; /* of the bundle */
	size_t events, others;
	uint64_t present; /* types among the others */
	int64_t last_ns, first_ns;
	uint64_t total, syncs;

	struct generation *generation;
	struct input *in;
	struct names *names, own_names; /* the caller's, or ours */
	uint64_t initial;               /* number of the first generation (since a gap) */
	uint64_t gomaxprocs;            /* format 1 alone */
	int64_t since_ns;               /* the generation began; format 2 alone, else INT64_MAX */
	uint64_t gc_seq;
	enum gc_state gc_state;
	bool tolerant, reference_clock;
	struct order_repairs repairs;

	struct idmap goroutine_of, proc_of, thread_of, task_of;
	struct trace_goroutine *goroutine;
	size_t goroutines, goroutine_capacity;
	/* Both have room for all slots. */
	uint32_t *free_goroutine; /* slots to use again */
	size_t frees, free_capacity;
	uint32_t *retired; /* slots to free when their events were shown */
	size_t retirees, retired_capacity;
	struct trace_proc *proc;
	size_t procs, proc_capacity;
	struct trace_thread *thread; /* slot 0 stands for "no thread" */
	size_t threads, thread_capacity;
	struct open_node *node; /* entry 0 is not used */
	size_t nodes, node_capacity;
	uint32_t free_node;
	struct open_task *task;
	size_t tasks, task_capacity;
	uint32_t free_task; /* index + 1 */

	struct front *front;
	size_t front_capacity;
	struct heap_entry *heap;
	size_t heap_n, heap_capacity;
	uint64_t failures; /* attempts in vain in this generation */
	uint64_t looks;    /* in it, one by one, at what is open or there */

	const volatile sig_atomic_t *stop;
	char problem[256];
};

/* Reads the type and the time of the event at f->p; whether there is such a type is seen when its
   turn comes. false: cut off. */
ORDER_HOT bool front_peek(struct front *f)
{
	uint64_t ticks = 0;
	const uint8_t *p = f->p;
	f->type = *p++;
	if (__builtin_expect(f->end - p >= VARINT_MAX, 1)) {
		p = varint_unchecked(p, &ticks);
	} else {
		struct cursor c = {p, f->end};
		p = cursor_varint(&c, &ticks) ? c.p : NULL;
	}
	if (__builtin_expect(!p, 0))
		return false;
	f->p = p;
	/* Each step is truncated by itself, as the reference does. */
	f->time_ns = (int64_t)((uint64_t)f->time_ns + (uint64_t)ticks_to_ns(ticks, f->ns_per_tick));
	return true;
}

/* May it go through a list once more? Few are long, and they become shorter by it; one that a trace
   was made to have must not be gone through with each event. */
static inline bool order_may_look(const struct order *o)
{
	return o->looks <= 32 * (uint64_t)o->generation->size + (1 << 24);
}

/* What ended a run of one thread's events. */
enum run {
	RUN_TURN,   /* another thread's turn, or the block is full */
	RUN_BATCH,  /* the batch is used up */
	RUN_WAIT,   /* the event doesn't fit yet */
	RUN_BROKEN, /* see the order's problem */
	RUN_NO_MEMORY,
};

/* Advances the thread by its next event, and by more while they are not later than `limit` and
   there is room in the block. */
enum run order_run(struct order *o, struct front *f, int64_t limit);
/* Says that the thread's next event is none. */
void order_no_event(struct order *o, const struct front *f);

/* No transition of a goroutine. */
ORDER_HOT void order_note_other(struct order *o, const struct trace_event *e)
{
	o->bundle->other[o->others++] = e;
	if (e->type < 64)
		o->present |= EV_BIT(e->type);
}

/* Appends an event in the context of the thread in slot m. */
ORDER_HOT struct trace_event *order_emit(struct order *o, uint8_t type, int64_t time_ns, uint32_t m)
{
	struct trace_event *e = &o->event[o->events++];
	const struct trace_thread *thread = &o->thread[m];
	int64_t last = o->last_ns;
	o->last_ns = time_ns > last ? time_ns : last + (last != INT64_MAX);
	e->time_ns = o->last_ns;
	e->at_ns = bound_ns(o->reference_clock ? o->last_ns : time_ns);
	e->arg[0] = e->arg[1] = e->arg[2] = 0;
	e->g = thread->g;
	e->p = thread->p;
	e->m = m ? m : TRACE_NONE;
	e->subject = TRACE_NONE;
	e->name = NAME_NONE;
	e->type = type;
	e->from = e->to = 0;
	e->synthetic = false;
	if (!is_go_transition(type))
		order_note_other(o, e);
	return e;
}

/* Slots of things first met. TRACE_NONE: no memory. */
uint32_t order_add_goroutine(struct order *o, uint64_t id, uint8_t status);
void order_remove_goroutine(struct order *o, uint32_t slot);
uint32_t order_add_proc(struct order *o, uint64_t id, uint8_t status);
uint32_t order_add_thread(struct order *o, uint64_t id);
/* A node for the list at *head; false: no memory. */
bool order_push_node(struct order *o, uint32_t *head, uint64_t key, uint32_t name);
/* Frees the node that *link names and sets it to the next. */
void order_pop_node(struct order *o, uint32_t *link);

/* The node of the list with this key and name (NAME_ERROR: any); 0: none, or it may look no longer.
 */
uint32_t order_find_node(struct order *o, uint32_t list, uint64_t key, uint32_t name);

/* `id` must not be open. false: no memory. */
bool order_open_task(struct order *o, uint64_t id, uint64_t parent, uint32_t name);
/* Leaves `parent` and `name` alone where the task isn't open. */
void order_close_task(struct order *o, uint64_t id, uint64_t *parent, uint32_t *name);

/* How the end of a region fits those that are open; the innermost is first in the list. */
enum region_end {
	REGION_ENDS,   /* it was closed, or began before the trace */
	REGION_STRAY,  /* tolerant only: others are open, and nothing was closed */
	REGION_MISFIT, /* strict only: another one is innermost */
};
enum region_end order_end_region(struct order *o, uint32_t *regions, uint64_t task, uint32_t name);

/* The event that opens a generation, and the one that ends the trace. */
struct trace_event *order_emit_sync(struct order *o, int64_t time_ns);
/* Shows what was emitted, so that there is room again. */
enum order_result order_flush(struct order *o);
/* A generation whose events come, read from `in`; and its end, where it shows all of them. */
void order_begin_generation(struct order *o, struct generation *g, struct input *in);
enum order_result order_end_generation(struct order *o);

#endif
