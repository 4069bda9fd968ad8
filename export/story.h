/*
 * A trace retold for viewers: tracks with slices that nest, instants, counters and the arrows
 * between who wakes and who is woken. A visitor; formats are narrators that write down what they
 * are told, each thing once and as it happens. It grows with what is alive at one time and with the
 * different names and stacks, never with the length of the trace. The caller owns it; one thread.
 */
#ifndef SCHEDTOP_EXPORT_STORY_H
#define SCHEDTOP_EXPORT_STORY_H

#include "export/redact.h"
#include "trace/event.h"
#include "trace/stacks.h"
#include "trace/tasks.h"
#include "trace/window.h"

#define STORY_NOBODY UINT64_MAX /* no goroutine, no P */

enum story_track_kind {
	TRACK_PROC,      /* which goroutine ran there */
	TRACK_GOROUTINE, /* its states, one after the other */
	TRACK_REGIONS,   /* of a goroutine: regions and mark assists, which cross its states */
	TRACK_SWEEP,     /* of a P */
	TRACK_TASK,      /* one of as many as there are tasks of the type at one time */
	TRACK_STW,       /* the same of stops of the world */
	TRACK_GC,        /* marking */
	TRACK_RUNTIME,   /* what no goroutine does */
	TRACK_KINDS
};

/* Not many at a time: a track is told once before it is used, and once more when its name becomes
   known only later. */
struct story_track {
	enum story_track_kind kind;
	uint32_t number; /* tells tracks of one kind apart: the ID below 2^31, else a number above it */
	uint64_t id;     /* of the goroutine or P */
	uint32_t name;   /* the function that a goroutine starts with, the type of the tasks */
};

enum story_category {
	STORY_RUNNABLE,
	STORY_RUNNING,
	STORY_SYSCALL,
	STORY_WAITING,
	STORY_PROC, /* on a P */
	STORY_REGION,
	STORY_TASK,
	STORY_STW,
	STORY_MARK,
	STORY_ASSIST,
	STORY_SWEEP,
	STORY_LOG,
	STORY_WAKE,
	STORY_GAP, /* events were lost here */
	STORY_CATEGORIES
};
extern const char *const story_category_words[STORY_CATEGORIES];

struct story_slice {
	struct story_track track;
	enum story_category category;
	uint32_t name;  /* in names */
	uint32_t stack; /* number in stacks; STACK_NONE: none is known */
	int64_t begin_ns, end_ns;
	uint64_t goroutine, proc; /* that it is about; STORY_NOBODY: none */
	uint64_t by;              /* the goroutine that woke or created it; STORY_NOBODY: unknown */
	uint64_t task, parent;    /* 0: none */
	uint64_t flow;            /* the arrow that ends here; 0: none */
	uint64_t bytes;           /* swept, known at the end */
	bool open;                /* the trace or its part ended, the slice did not */
	bool told;                /* the narrator heard of it */
};

struct story_instant {
	struct story_track track;
	enum story_category category;
	uint32_t name;
	uint32_t stack;
	int64_t at_ns;
	uint64_t goroutine, proc; /* that it is about, for wake-ups the one that is woken */
	uint64_t by;
	uint64_t task;
	uint64_t flow;       /* the arrow that begins here; 0: none */
	const char *message; /* of a log; NULL: none */
	size_t length;
};

enum story_counter {
	COUNTER_HEAP,
	COUNTER_GOAL,
	COUNTER_GOMAXPROCS,
	COUNTER_RUNNABLE,
	COUNTER_RUNNING,
	COUNTER_SYSCALL,
	STORY_COUNTERS
};
struct story_counter_spec {
	const char *name;
	bool bytes;
};
extern const struct story_counter_spec story_counter_specs[STORY_COUNTERS];

struct story;

/* Times are nanoseconds since the trace began and never negative; on one track they never step
   back, and slices nest. false ends the pass. */
struct story_narrator {
	void *self;
	/* The clock on the wall when the trace was at `at_ns`. May be NULL. */
	bool (*clock)(void *self, int64_t at_ns, int64_t wall_ns);
	bool (*track)(void *self, const struct story_track *track);
	bool (*begin)(void *self, const struct story_slice *slice); /* may be NULL */
	bool (*end)(void *self, const struct story_slice *slice);
	bool (*instant)(void *self, const struct story_instant *instant);
	bool (*counter)(void *self, enum story_counter counter, int64_t at_ns, uint64_t value);
	bool (*finish)(void *self); /* the story is over; may be NULL */
	void (*destroy)(void *self);
};

struct story_options {
	uint64_t goroutine;      /* this one alone; 0: all */
	struct task_filter task; /* and what is done for these tasks; trace_id is not looked at */
	bool part;               /* only from story_restart on */
	enum redact_level redact;
};

struct story_goroutine {
	struct story_slice state, run; /* category of `state` is by state */
	struct story_track track;
	uint8_t status; /* enum go_status, or TRACE_NOT_EXIST */
	bool declared, regions_declared;
	uint32_t on;        /* slot of the P that it runs on + 1, 0: none */
	uint32_t follows;   /* wanted tasks that it works for */
	uint32_t innermost; /* region or mark assist, index + 1 */
	uint32_t assist;    /* the mark assist among them, of which there is one at most; 0: none */
	int64_t last_ns;    /* that its track of regions has come to */
};

/* A goroutine that ended: one that calls from C into Go comes back under its ID, on the same track.
 */
struct story_death {
	uint64_t id;
	int64_t state_ns, region_ns; /* that its tracks had come to */
};
enum { STORY_DEATHS = 256 /* that are kept, by the lower bits of the ID; a power of two */ };

struct story_proc {
	struct story_track track;
	struct story_slice sweep;
	uint32_t runs; /* the goroutine's slot, or TRACE_NONE */
	bool met, declared, sweep_declared, sweeping;
	int64_t last_ns;
};

/* A region, a task or a stop of the world that goes on. */
struct story_open {
	struct story_slice slice;
	uint32_t next;      /* index + 1: of regions the one around it; else the next free one */
	uint32_t goroutine; /* slot of who opened it: may be somebody else's by now */
	bool used, wanted;
};

struct story_list {
	struct story_open *open;
	size_t n, capacity;
	uint32_t free;
};

/* Tracks for slices that overlap: a slice takes one that is free. */
struct story_lanes {
	struct {
		uint32_t type, next; /* next free of the type, index + 1 */
		int64_t last_ns;
	} * lane;
	size_t n, capacity;
	struct idmap type_of; /* name -> index in `free` */
	uint32_t *free;
	size_t types, type_capacity;
};

struct story_level {
	uint64_t value, told;
	bool known, was_told;
	int64_t due_ns; /* not told again before */
};

struct story {
	struct story_options options;
	struct story_narrator narrator;
	struct stacks stacks;
	struct redactor redactor;

	/* Of the block that is being told. */
	const struct trace_block *block;
	struct names *names; /* of the last block; the narrator may look up until the pass is over */

	bool begun, quiet; /* quiet: the part has not begun yet, or is over */
	bool failed; /* something at a border could not be told: no memory, or the sink knows why */
	bool has_clock;
	int64_t first_ns, now_ns;
	uint64_t flows;
	uint32_t strangers; /* numbers given for IDs that are too large to be one */
	uint32_t state_name[GO_STATUS_COUNT];
	uint32_t proc_name, assist_name, mark_name, sweep_name, log_name, wake_name, stw_name, gap_name;

	struct story_goroutine *goroutine;
	size_t goroutines;
	struct story_death death[STORY_DEATHS];
	struct story_proc *proc;
	size_t procs;
	struct story_list region, task, stop;
	struct idmap task_of;
	struct idmap stop_of; /* slot of the goroutine that stops the world -> index in `stop` */
	struct story_lanes task_lanes, stop_lanes;
	struct story_slice mark;
	bool marking, gc_declared, runtime_declared;
	struct story_level level[STORY_COUNTERS];
};

/* All zero, with options and narrator set, is a good start. */
void story_finish(struct story *story);
struct trace_visitor story_visitor(struct story *story);
/* As a member of a window: `part` is set in the options then. */
void story_restart(void *story, int64_t time_ns);

#endif
