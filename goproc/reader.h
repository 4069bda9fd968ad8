/*
 * Reads the scheduler's state out of a target whose addresses and layouts are known. No ELF, no
 * /proc: it works on whatever the struct memory shows, which is how the tests tear it apart.
 *
 * A reader is part of a goproc and belongs to its thread. What it returns is borrowed from it.
 */
#ifndef SCHEDTOP_GOPROC_READER_H
#define SCHEDTOP_GOPROC_READER_H

#include "goproc/functions.h"
#include "goproc/gcstate.h"
#include "goproc/goproc.h"
#include "goproc/layouts.h"
#include "goproc/memory.h"
#include "goproc/objects.h"
#include "goproc/topology.h"

struct sampler;

struct reader {
	/* Filled by the owner, before the first call. */
	struct memory memory;
	struct globals globals;
	const struct layout *layout;
	struct objects objects;
	struct gcstate gcstate;
	int minor;
	uint64_t bias;
	struct pclntab *pclntab;     /* borrowed; NULL: its tables are not understood */
	struct functions *functions; /* borrowed; NULL: no names */

	/* The reader's own; zero at the beginning. */
	struct topology topology;
	uint32_t planned; /* generation of the topology the plan is for */
	struct iovec *spans;
	size_t span_count, span_capacity;
	uint8_t *raw;
	size_t raw_size, raw_capacity;
	struct iovec *goroutine_spans; /* of the second call */
	uint8_t *goroutines;
	struct goproc_p *p;
	struct goproc_m *m;
	uint64_t *seen_ids; /* scratch: ids of the threads, to see that they differ */
	uint64_t *start;    /* scratch: where the goroutine of each M started */
	struct goproc_counts histogram[GOPROC_HISTOGRAM_COUNT];
	struct goproc_collector collector;
	struct sampler *sampler;
	uint64_t dropped;
	uint64_t moves; /* reads that found the lists changed */
};

enum reader_result {
	READER_OK,
	READER_TORN,   /* tried several times and never consistent */
	READER_GONE,   /* no such process */
	READER_DENIED, /* the kernel refuses */
	READER_FAILED, /* out of memory */
};

/* `why` (of WHY_SIZE bytes, may be NULL) says what did not fit when the result is READER_TORN. */
#define WHY_SIZE 128
enum reader_result reader_read(struct reader *reader, struct goproc_state *out, char *why);
enum reader_result reader_sample(struct reader *reader, enum goproc_activity *activity, size_t max,
                                 size_t *np);
void reader_finish(struct reader *reader);

/* Shared by the two. */
enum reader_result reader_topology(struct reader *reader, int attempt);
enum reader_result reader_result_of(enum memory_result result);
/* What a P does, from its status (runtime2.go: _Pidle ...), whether it runs a mark worker, and the
   status of its M's goroutine: GOPROC_NIL none, GOPROC_UNKNOWN some goroutine. */
enum goproc_activity reader_activity(int64_t p_status, int64_t worker_mode, int64_t curg_status);
#define READER_ATTEMPTS 4
#define P_STATUS_LAST   4 /* _Pdead */
/* The status of a goroutine without the bit that says that it is being scanned (_Gscan). */
#define G_STATUS_MASK 0x0fff
#define G_SYSCALL     3
#define G_STATUS_LAST 15

void sampler_destroy(struct sampler *sampler); /* NULL is fine */

#endif
