/*
 * All goroutines of a live process, one by one: the slow tier. Where the Gs are is remembered
 * between readings (the runtime never takes one off its list), with 24 bytes for each: enough to
 * tell since when it has been doing what it does, which the runtime itself does not keep.
 *
 * Part of a goproc and of its thread. Works on whatever the struct memory shows, like reader.h.
 */
#ifndef SCHEDTOP_GOPROC_GS_H
#define SCHEDTOP_GOPROC_GS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "goproc/goproc.h"
#include "goproc/memory.h"
#include "goproc/objects.h"
#include "goproc/reader.h"

/* A program needs 24 GB for that many. */
#define GS_MAX 10000000

/* What is remembered of a G. */
struct gs_known {
	uint64_t address;
	int64_t since_ns;         /* of what it does now; or one of the two below */
	uint32_t key;             /* hash of what is different when it has run in between */
	uint32_t is_at_least : 1; /* it was doing so when it was first seen */
	uint32_t place : 31;      /* number of the place it stands at; 0: not read */
};
#define GS_NEVER_SEEN INT64_C(0)  /* not read yet, or not plausibly */
#define GS_NOTHING    INT64_C(-1) /* no goroutine was in it: the next one is new */

/* A G as it was read. */
struct gs_row {
	struct goproc_goroutine goroutine;
	uint64_t m;
	/* Where its stack is to be unwound from, and where it ends; pc is 0 when that is not known. */
	uint64_t pc, sp, stack_end;
	bool in_syscall; /* pc and sp are those of the beginning of the system call */
	int64_t waitsince, stamp;
	uint32_t sequence; /* counts the states it had, modulo 256 */
	uint32_t tick;     /* counts the system calls of its M, when it is in one */
};

enum gs_verdict {
	GS_ALIVE,
	GS_DEAD, /* no goroutine is in it */
	GS_TORN, /* no goroutine can look like that */
};

struct gs {
	/* Filled by the owner, before the first call. */
	struct memory *memory;
	struct object object;               /* g, with all members */
	uint64_t allglen, allgptr, goidgen; /* addresses, relocated */
	int64_t m_syscalltick;              /* offset in m */
	int minor;

	/* Its own; zero at the beginning. */
	struct gs_known *known; /* [n], by rising address */
	size_t n, capacity;
	size_t next; /* the first one that is not read yet in this reading */
	bool was_read;
	struct gs_chunk *chunk;
};

/* Called for each goroutine, those of a chunk together, by rising address; dead ones are left out.
   The rows may be changed. What it returns other than MEMORY_OK ends the reading. */
typedef enum memory_result gs_sink(void *arg, struct gs_row *row, size_t n);

/* Begins a reading of all, which are those that there are now. READER_TORN: the list makes no
 * sense. */
enum reader_result gs_begin(struct gs *gs);
/* Reads up to `max` more of them, at now_ns; a few hundred at once are best. Adds those that could
   not be read plausibly to *dropped. When it fails, what the sink was given since the beginning is
   to be forgotten. */
enum reader_result gs_next(struct gs *gs, size_t max, int64_t now_ns, gs_sink *sink, void *arg,
                           uint32_t *dropped, bool *more);
/* One of them anew, by its handle: a row without the time since when. */
enum memory_result gs_read_one(struct gs *gs, uint32_t handle, enum gs_verdict *verdict,
                               struct gs_row *row);
void gs_finish(struct gs *gs);

/* Where its record is, to be read together with other things. */
struct iovec gs_span(const struct gs *gs, uint32_t handle);
/* Is this a record of the same goroutine, which has not run since the row was read, and the stack
   of which was not moved? */
bool gs_is_same(const struct gs *gs, const uint8_t *record, const struct gs_row *row);

#endif
