/*
 * Shows blocks of events to the visitors, on a thread of its own if there are two processors: while
 * they look at some blocks, the order fills others. What they may look at is theirs alone, or is
 * not changed while they look: names have a lock, IDs by slot are a copy, and a generation lives
 * until all of it was seen. One thread fills; the audience belongs to it.
 */
#ifndef SCHEDTOP_TRACE_AUDIENCE_H
#define SCHEDTOP_TRACE_AUDIENCE_H

#include "trace/event.h"

enum { BLOCK_EVENTS = 512 };

enum slot_kind { SLOT_GOROUTINE, SLOT_PROC, SLOT_THREAD, SLOT_KINDS };

/* From now on the slot belongs to this one. */
struct birth {
	uint64_t id;
	uint32_t slot;
	uint8_t kind; /* enum slot_kind */
};

enum bundle_kind { BUNDLE_EVENTS, BUNDLE_GENERATION_END, BUNDLE_GAP, BUNDLE_END };

struct bundle {
	enum bundle_kind kind;
	struct trace_event event[BLOCK_EVENTS];
	const struct trace_event *other[BLOCK_EVENTS]; /* those that are no transitions of goroutines */
	size_t events, others;
	uint64_t present;
	struct birth *birth;
	size_t births, birth_capacity;
	size_t slots[SLOT_KINDS]; /* ever used */
	bool in_generation;       /* that of audience_begin_generation */
	uint64_t gomaxprocs;
	int64_t since_ns;
	int64_t time_ns; /* of a gap or the end */
};

struct audience;

/* Names are locked while the audience lives. With two threads, who fills helps where he would have
   to wait; `help` may be NULL. NULL: no memory. */
struct audience *audience_create(const struct trace_visitor *visitors, size_t n,
                                 struct names *names, bool one_thread,
                                 const struct trace_help *help);
void audience_destroy(struct audience *audience);

/* What the next bundles are of; waits until all those before were seen. Whoever looks has a copy,
   because the order goes on noting in `generation` what it has read and named. */
void audience_begin_generation(struct audience *audience, const struct generation *generation);
/* An empty bundle to fill; waits for one if need be. */
struct bundle *audience_bundle(struct audience *audience);
/* false: no memory. */
bool bundle_add_birth(struct bundle *bundle, enum slot_kind kind, uint32_t slot, uint64_t id);
/* Hands over the bundle that audience_bundle gave. false: a visitor had no memory. */
bool audience_show(struct audience *audience);
/* Until everything was seen. false: a visitor had no memory. */
bool audience_wait(struct audience *audience);

#endif
