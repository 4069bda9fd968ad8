/*
 * The tasks and regions of a program, followed from their begin to their end for the rules about
 * how it annotates itself. What is open at one time and what kinds there are is kept, within
 * bounds; beyond them rules know less and say less. One family of rules in parts: tasks, regions,
 * contexts, cost. The family owns it; the thread of the pass.
 */
#ifndef SCHEDTOP_DOCTOR_ANNOTATIONS_H
#define SCHEDTOP_DOCTOR_ANNOTATIONS_H

#include "doctor/finding.h"
#include "doctor/trace_doctor.h"
#include "trace/idmap.h"

enum {
	NOTES_KINDS = 512,       /* names of tasks, and of regions: further ones are not looked at */
	NOTES_TASKS = 1 << 16,   /* open at one time; further ones are not followed */
	NOTES_ENDED = 1 << 14,   /* of those that ended the last ones are remembered */
	NOTES_REGIONS = 1 << 18, /* open at one time */
	NOTES_LEFT = 1 << 10,    /* regions that nobody can end in order any more: the last ones */
	NOTES_OWN = 4,           /* tasks that a goroutine began last */
	NOTES_TOLD = 3,          /* kinds that a finding names */
	NOTES_MANY = 10,         /* times a limit: many where there is no other proof */
	NOTES_LONGER = 4,        /* times what a task takes: too long for it */
};
#define NOTES_RARE 0.05 /* of all: less may be a coincidence of where the trace ends */
/* Annotations that are wrong mislead who reads the trace, and slow nothing down: findings that cost
   time come first. */
#define NOTE_IMPACT 0.1

/* One case of many, to be shown. */
struct note_case {
	int64_t begin_ns, end_ns;  /* as events have them; INT64_MIN: unknown */
	uint64_t goroutine, other; /* IDs, 0: none */
	uint64_t task;
	uint32_t name;  /* of something else that has to do with it */
	uint32_t stack; /* number */
};

struct note_count {
	uint64_t n;
	struct note_case first;
};

/* --- tasks ----------------------------------------------------------------------------------- */

struct task_kind {
	uint32_t name;
	uint64_t begun, ended;
	int64_t longest_ns;         /* of those that ended */
	struct note_count empty;    /* ended at once, with nothing in them */
	int64_t empty_ns;           /* what these took together */
	struct note_count late;     /* regions and logs that came when their task had ended */
	uint64_t late_own;          /* of them, on the goroutine that began the task */
	uint64_t late_most;         /* of one task */
	uint64_t late_empty;        /* of tasks that were empty */
	struct note_count again;    /* ends of tasks that had ended */
	struct note_count forsaken; /* open in the end, though nobody is left to end them */
};

struct open_note {
	uint64_t id; /* 0: free */
	uint64_t creator;
	int64_t begin_ns;
	uint64_t parts;       /* regions, logs and tasks in it */
	int64_t last_part_ns; /* when the last of them began; else when the task did */
	uint32_t kind, stack, next_free;
	bool left; /* who began it is gone, or has begun another of its kind */
	/* Regions without a task, on the goroutine that began this one and may be working for it. */
	uint32_t strangers, strangers_kind;
	struct note_case stranger;
};

struct ended_note {
	uint64_t id; /* 0: none */
	uint64_t creator, late;
	uint32_t kind;
	bool empty;
};

struct note_tasks {
	struct task_kind *kind;
	size_t kinds, kind_capacity;
	struct idmap kind_of;
	struct open_note *open;
	size_t opens, open_capacity;
	uint32_t free_open; /* index + 1 */
	struct idmap open_of;
	uint64_t last_id;         /* that was looked up, and... */
	uint32_t last;            /* ...where it is: index + 1, 0: nowhere */
	struct ended_note *ended; /* a ring of NOTES_ENDED */
	size_t next_ended;
	struct idmap ended_of;
	uint64_t unknown_ends; /* of tasks from before the trace */
};

/* --- regions --------------------------------------------------------------------------------- */

struct region_kind {
	uint32_t name;
	uint64_t begun;
	struct note_count unclosed, crossed, disordered;
	struct note_count lost; /* without a task, although there was one to belong to */
	uint64_t lost_to[8];    /* different tasks */
	unsigned losers;
};

struct region_note {
	uint64_t task, goroutine;
	uint64_t instead; /* of task 0: the task that it might belong to; 0: none */
	int64_t begin_ns;
	uint32_t kind, name, stack;
	uint32_t next; /* index + 1 of the one around it, or of the next free one */
	uint32_t slot;
	uint32_t around; /* name of the region whose end left it open */
	bool open, own;  /* own: `instead` was begun on the same goroutine, and no region is of it */
};

struct note_regions {
	struct region_kind *kind;
	size_t kinds, kind_capacity;
	struct idmap kind_of;
	struct region_note *node;
	size_t nodes, node_capacity;
	uint32_t free_node;
	struct region_note *left; /* a ring of NOTES_LEFT; `open` tells whether it is still missing */
	size_t next_left;
	uint64_t searched; /* nodes, for ends that don't fit the innermost one */
};

/* --- all of them ----------------------------------------------------------------------------- */

struct note_goroutine {
	uint32_t innermost; /* open region, index + 1 */
	uint8_t next_own, strays;
	bool blind; /* one was of a kind that isn't looked at: no telling whose ends are missing */
	uint64_t unfollowed; /* regions that began and that no node was left for: not ended yet */
	uint64_t own[NOTES_OWN];
	uint64_t inherited; /* the task that its creator worked for then; 0: none */
};

struct notes {
	const struct doctor *doctor;
	struct note_tasks tasks;
	struct note_regions regions;
	struct note_goroutine *slot;
	size_t slots;
};

/* What one event or the end of a pass does to a part of the notes. false: no memory. */
bool note_task_begin(struct notes *notes, const struct witness *w, const struct trace_event *e);
bool note_task_end(struct notes *notes, const struct witness *w, const struct trace_event *e);
/* A region begins in the task, or a log is of it. */
bool note_task_part(struct notes *notes, const struct witness *w, const struct trace_event *e);
void note_task_death(struct notes *notes, uint32_t slot);
/* NULL: it is not open, or not known. */
struct open_note *note_open_task(struct notes *notes, uint64_t id);
void note_tasks_forget(struct note_tasks *tasks);
void note_tasks_finish(struct note_tasks *tasks);
void note_tasks_conclude(struct notes *notes, struct findings *findings);

bool note_region_begin(struct notes *notes, const struct witness *w, const struct trace_event *e);
bool note_region_end(struct notes *notes, const struct witness *w, const struct trace_event *e);
void note_region_death(struct notes *notes, uint32_t slot);
void note_regions_forget(struct notes *notes);
void note_regions_finish(struct note_regions *regions);
void note_regions_conclude(struct notes *notes, struct findings *findings);

/* The task that the goroutine works for: that of the region around, or the last one that it began
   and that is open, or the one that its creator worked for. 0: none. */
uint64_t note_task_of(struct notes *notes, uint32_t slot);
/* A region without a task begins; is there one that it should belong to? Then that is noted. */
void note_context_begin(struct notes *notes, uint32_t slot, struct region_note *region);
/* It ends. */
void note_context_end(struct notes *notes, const struct region_note *region, int64_t end_ns);
/* A task is ended by the goroutine that began it. */
void note_context_task_end(struct notes *notes, const struct open_note *task);
void note_contexts_conclude(struct notes *notes, struct findings *findings);

void note_cost_conclude(const struct doctor *doctor, struct findings *findings);

/* --- showing --------------------------------------------------------------------------------- */

enum { NOTE_NAME = 80 };
/* A name in quotes, shortened; "(unnamed)". */
const char *note_name(char to[NOTE_NAME], const struct doctor *doctor, uint32_t name);
/* Counts one more, and keeps the first. */
void note_count_add(struct note_count *count, const struct note_case *first);
/* Kinds where something happens, most often first. All zero is empty. */
struct note_ranks {
	struct note_rank {
		uint32_t index;
		uint64_t n;
	} rank[NOTES_TOLD];
	size_t n;
	uint64_t all, kinds; /* of all that were added */
};
void note_ranks_add(struct note_ranks *ranks, uint32_t index, uint64_t n);
enum { NOTE_KINDS = 400 };
/* "12 of 30 regions "x", 1 of 2 regions "y"": kinds of regions by their index; `to`. */
const char *note_region_kinds(char to[NOTE_KINDS], const struct notes *notes,
                              const struct note_ranks *ranks);
/* Where and when it was; text as finding_show's. */
struct evidence *note_show(struct finding *finding, const struct doctor *doctor,
                           enum evidence_kind kind, const struct note_case *shown,
                           const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
