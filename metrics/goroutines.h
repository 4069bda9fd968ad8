/*
 * Who waits, for what, since when, and who made them: the goroutines of a process, one by one as a
 * reader sees them (goroutine_row) and in groups as a snapshot carries them (goroutine_set). A set
 * is filled by one thread, immutable once its snapshot is published, reference counted, and owns
 * every string in it.
 *
 * Groups are made once for each reading, on the thread that read: 100,000 rows must not cost more
 * than the reading did. The same rows are grouped in two ways at once, so that a screen, and a
 * recording, can change from one to the other.
 */
#ifndef SCHEDTOP_METRICS_GOROUTINES_H
#define SCHEDTOP_METRICS_GOROUTINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

/* What a goroutine does, by its status without the _Gscan bit (runtime2.go). */
enum goroutine_state {
	GOROUTINE_UNKNOWN,
	GOROUTINE_RUNNABLE,
	GOROUTINE_RUNNING,
	GOROUTINE_SYSCALL, /* or in cgo */
	GOROUTINE_WAITING,
	GOROUTINE_PREEMPTED, /* stopped itself for the collector, which will make it runnable */
	GOROUTINE_COPYSTACK, /* its stack is being moved */
	GOROUTINE_LEAKED,    /* the runtime found that nothing can wake it; Go 1.26 and later */
	GOROUTINE_STATE_COUNT,
};
extern const char *const goroutine_state_name[GOROUTINE_STATE_COUNT];

/* Of a runtime status (_Gscan or not). false for those that are no goroutine now: idle, dead. */
bool goroutine_state_of(uint32_t status, enum goroutine_state *state);

/* --- what a reader tells ---------------------------------------------------------------------- */

/*
 * One goroutine. Places are the reader's own numbers, which it resolves later, once for each that
 * is different (goroutine_names): the pc of the go statement, of the start function, and the place
 * that "at" names. Equal numbers are equal places; 0 is unknown, or none.
 */
struct goroutine_row {
	int64_t goid;
	uint64_t creator, start, at;
	int64_t wait_ns; /* how long it has been in this state; -1: unknown */
	bool at_least;   /* it was in it already when it was first seen: that long or longer */
	bool system;     /* the runtime's own, as runtime.isSystemGoroutine: not counted by
	                    runtime.NumGoroutine */
	uint8_t state;   /* enum goroutine_state */
	uint16_t reason; /* the reader's number of the wait reason; 0: none, or unknown */
};

/* A place in the program. What is unknown is "" or 0. */
struct goroutine_where {
	const char *function; /* main.(*Server).handle */
	const char *file;     /* as the binary has it: a whole path */
	int line;
	bool inlined; /* of a frame: into the next one, outwards */
};

enum goroutine_place_id { GOROUTINE_CREATOR, GOROUTINE_START, GOROUTINE_AT };

/* How numbers become names; asked once for each number of a group. What is returned need only live
   until the next call. */
struct goroutine_names {
	void (*place)(void *arg, enum goroutine_place_id id, uint64_t number,
	              struct goroutine_where *out);
	const char *(*reason)(void *arg, uint16_t number);
	void *arg;
};

/* --- what a snapshot carries ------------------------------------------------------------------ */

/* Strings are offsets into the set's text (goroutine_text), where 0 is "". */
struct goroutine_place {
	uint32_t function, file;
	int32_t line; /* 0: unknown */
};

#define GOROUTINE_SAMPLE 4

struct goroutine_group {
	uint64_t key; /* hash of what the group has in common, by name: the same in every reading */
	/* What they have in common. */
	enum goroutine_state state;
	bool system;
	uint32_t reason;
	/* Grouped by creator: both in common. By top frame: those of most members. */
	struct goroutine_place creator, start;
	/* Where they stand: the first frame that is not plumbing of the runtime. Grouped by creator:
	   that of most members; `at_count` of them, of `at_known` whose frames were read. */
	struct goroutine_place at;
	uint32_t at_count, at_known;

	uint32_t count;
	/* In this state, as of the reading; -1: unknown. */
	int64_t longest_ns, median_ns;
	bool longest_at_least, median_at_least; /* that long or longer */
	int64_t goid[GOROUTINE_SAMPLE];         /* those that wait longest; 0: no more */
};

/* In what the members of a group agree, besides state, wait reason and being the runtime's. */
enum goroutine_by {
	GOROUTINES_BY_CREATOR, /* creator and start function */
	GOROUTINES_BY_TOP,     /* the frame in `at`; those whose frames were not read are one group */
	GOROUTINES_BY_COUNT,
};
extern const char *const goroutine_by_name[GOROUTINES_BY_COUNT]; /* JSON keys */

#define GOROUTINE_GROUPS_MAX 200 /* of one kind; the smallest beyond become "other" */

struct goroutine_grouping {
	size_t n;
	struct goroutine_group *group; /* [n], largest first */
	/* What did not fit: how many groups of the program's own goroutines, with how many in them; and
	   the same of the runtime's. */
	uint32_t other_groups, other_count;
	uint32_t other_system_groups, other_system_count;
};

struct goroutine_frame {
	struct goroutine_place place;
	bool inlined; /* into the next one */
};

/* One member of the group that was asked for (ORDER_DETAIL); or, of who tells no goroutine from the
   next, all of them that have the same stack. */
struct goroutine_member {
	int64_t goid; /* 0: so many instead */
	uint32_t count;
	int64_t wait_ns; /* -1: unknown */
	bool at_least;
	/* Its stack, innermost first: frame[first_frame ...] of the set. No frames: not read. Members
	   with equal stacks share them. */
	uint32_t first_frame, frames;
};

#define GOROUTINE_TEXT_MAX    512 /* bytes of a name, with its end; longer ones are cut */
#define GOROUTINE_MEMBERS_MAX 200
#define GOROUTINE_FRAMES_MAX  64 /* of one stack */

struct goroutine_set {
	int64_t at_ns;         /* monotonic: when they were read */
	uint32_t count;        /* the program's own, as runtime.NumGoroutine counts */
	uint32_t system_count; /* the runtime's own */
	uint32_t dropped;      /* could not be read plausibly, in none of the counts */
	int64_t period_ns;     /* between readings, as the budget allows now; 0: unknown */
	int64_t cost_ppm;      /* of one core, over the last readings; -1: unknown */
	struct goroutine_grouping by[GOROUTINES_BY_COUNT];

	uint64_t detail; /* key of the group that follows one by one; 0: none */
	size_t members, frames;
	struct goroutine_member *member; /* [members], those that wait longest first */
	struct goroutine_frame *frame;   /* [frames] */

	char *text; /* all strings; use goroutine_text */
	size_t text_bytes;
};

/* An empty set without groups; NULL when out of memory. One reference. */
struct goroutine_set *goroutine_set_create(void);
struct goroutine_set *goroutine_set_ref(const struct goroutine_set *set);
void goroutine_set_unref(const struct goroutine_set *set); /* NULL is fine */
/* What it weighs. */
size_t goroutine_set_bytes(const struct goroutine_set *set);

static inline const char *goroutine_text(const struct goroutine_set *set, uint32_t offset)
{
	return set->text && offset < set->text_bytes ? set->text + offset : "";
}

/* Of one group, those that wait longest, longest first, as indexes of rows. */
struct goroutine_pick {
	uint64_t key; /* asked for */
	size_t n;     /* 0: no group has that key now */
	uint32_t index[GOROUTINE_MEMBERS_MAX];
};

/*
 * Before publication: groups the rows in all ways, counts them (count, system_count), and resolves
 * the names of what is kept. Replaces what was there. The rows need not be in any order, and may be
 * gone afterwards. `pick` may be NULL. STATUS_FAILED when out of memory; then the set is empty.
 */
enum status goroutine_set_group(struct goroutine_set *set, const struct goroutine_row *row,
                                size_t rows, const struct goroutine_names *names,
                                struct goroutine_pick *pick);
/*
 * The same in pieces, for who has other things to do in between. What it is created for is borrowed
 * and lives longer. `add` is called whenever there are more rows: with all that there are so far,
 * the old ones unchanged, though they may have moved. Then `step` as long as there is *more, and
 * the set is complete. After a failure, out of memory, the set is empty.
 */
struct goroutine_grouper;
struct goroutine_grouper *goroutine_grouper_create(struct goroutine_set *set,
                                                   const struct goroutine_names *names,
                                                   struct goroutine_pick *pick);
void goroutine_grouper_destroy(struct goroutine_grouper *g); /* NULL is fine */
enum status goroutine_grouper_add(struct goroutine_grouper *g, const struct goroutine_row *row,
                                  size_t rows);
enum status goroutine_grouper_step(struct goroutine_grouper *g, bool *more);
/*
 * Before publication, after grouping: begins the detail of that group, without members yet, then
 * adds them in the order of the pick, each with its stack, innermost frame first (0 frames: it
 * could not be read). What is more than the limits above is left out. STATUS_FAILED when out of
 * memory.
 */
void goroutine_set_begin_detail(struct goroutine_set *set, uint64_t key);
enum status goroutine_set_add_member(struct goroutine_set *set, const struct goroutine_row *row,
                                     const struct goroutine_where *frame, size_t frames);
/* The same of so many that share a stack and have no numbers: each stack becomes one member. */
enum status goroutine_set_add_stack(struct goroutine_set *set, uint32_t count,
                                    const struct goroutine_where *frame, size_t frames);

/* Before publication: puts a string into the set's text, made harmless, once. One that finds no
   room (a set has 1 MiB for all) is "". STATUS_FAILED when out of memory. */
enum status goroutine_set_intern(struct goroutine_set *set, const char *text, uint32_t *offset);
/* What a group's key is, once what its members have in common is filled in; never 0. */
uint64_t goroutine_group_key(const struct goroutine_set *set, const struct goroutine_group *group,
                             enum goroutine_by by);

/* How many of the program's own are in that state; false when groups were left out, and it can't be
   told. */
bool goroutine_set_count(const struct goroutine_set *set, enum goroutine_state state,
                         int64_t *count);

/* The group with this key, in any grouping; NULL: there is none. `by` may be NULL. */
const struct goroutine_group *goroutine_set_find(const struct goroutine_set *set, uint64_t key,
                                                 enum goroutine_by *by);

#endif
