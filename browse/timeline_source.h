/*
 * What the Timeline draws from. Two sources stand behind it: an index with a fixed number of bins,
 * filled by the loading pass and good for a first picture of any window at once; and a thread of
 * its own, which reads the generations of the wanted window again and follows with exact spans. The
 * browser owns it, from before the loading pass until after it.
 *
 * Threads. "Immediate" calls come from the thread that draws, WHILE IT HOLDS THE LOCK OF THE
 * LOADING PASS (the lock taken per block, under which the visitor runs too): they read the index.
 * They never wait for the file: at 500 MB the slowest takes a few ms. "Asynchronous" calls (want,
 * find, poll, status) come from the same thread, with or without that lock, and return at once. The
 * worker never takes the loading pass's lock. What calls give back is borrowed, and stays valid
 * until the next timeline_source_poll that returns true, or destroy.
 *
 * Units. Times are nanoseconds on the trace's clock (trace_event.at_ns), not since the trace began:
 * subtract extent.first_ns for people. Windows are half open, [from_ns, to_ns).
 *
 * How to draw a frame: poll; want(window and lanes on screen); for each lane cells(one per column)
 * and, where its detail is exact, spans; bands and counters; status for the mark that says whether
 * something better is under way. want() is cheap when nothing changed: call it with every frame.
 */
#ifndef SCHEDTOP_BROWSE_TIMELINE_SOURCE_H
#define SCHEDTOP_BROWSE_TIMELINE_SOURCE_H

#include "browse/timeline_worker.h"
#include "trace/event.h"
#include "trace/lanes.h"
#include "trace/search.h"
#include "trace/stacks.h"

struct timeline_source;

struct timeline_source_options {
	/* Called on the worker's thread when poll has something new: wakes the loop (uv_async_send,
	   say), and nothing else. May be NULL. */
	void (*wake)(void *self);
	void *wake_self;
	size_t index_bytes; /* most that the index may take; 0: 12 MiB */
};

/* `path` must stay valid. The file isn't looked at before something is wanted. NULL: no memory. */
struct timeline_source *timeline_source_create(const char *path,
                                               const struct timeline_source_options *options);
/* Stops the worker (within milliseconds) and joins it. The loading pass must be over. */
void timeline_source_destroy(struct timeline_source *source);
/* For the loading pass, which shows it the whole trace: --from, --to and --goroutine choose what
   the view shows first, they don't narrow the index. */
struct trace_visitor timeline_source_visitor(struct timeline_source *source);

/* --- immediate ------------------------------------------------------------------------------- */

struct timeline_extent {
	bool known; /* false until the first block was shown */
	bool whole; /* the loading pass is over */
	int64_t first_ns, last_ns;
	int64_t bin_ns; /* width of the index's bins: columns narrower than that need exact spans */
};
struct timeline_extent timeline_source_extent(const struct timeline_source *source);

/* Lanes of Ps or Ms seen so far, in the order of their IDs. Returns how many there are, which may
   be more than there was room for. */
size_t timeline_source_lanes(const struct timeline_source *source, enum lane_kind kind,
                             struct lane *lane, size_t room);
/* The goroutines to make lanes of: those that ran longest in the window, as far as the index or
   (better) the exact spans tell, longest first. Returns how many of `room` were filled. */
size_t timeline_source_goroutines(const struct timeline_source *source, int64_t from_ns,
                                  int64_t to_ns, struct lane *lane, size_t room);

enum timeline_detail {
	DETAIL_NONE,  /* nothing known yet: everything is SPAN_UNKNOWN (a goroutine's lane, at first) */
	DETAIL_INDEX, /* from bins, spread evenly over their width: a picture to improve, see bin_ns */
	DETAIL_EXACT, /* to the nanosecond; or from bins so much finer than a cell that no one sees it
	               */
};

/* n cells of equal width for the window, the best there is. */
enum timeline_detail timeline_source_cells(const struct timeline_source *source, struct lane lane,
                                           int64_t from_ns, int64_t to_ns, struct lane_cell *cell,
                                           size_t n);
/* Share of each cell, 0...1, that the band covers; NAN: unknown. */
enum timeline_detail timeline_source_band(const struct timeline_source *source, enum band band,
                                          int64_t from_ns, int64_t to_ns, double *share, size_t n);
enum timeline_detail timeline_source_counter(const struct timeline_source *source,
                                             enum counter counter, int64_t from_ns, int64_t to_ns,
                                             struct counter_cell *cell, size_t n);

/* --- exact, as far as the last poll brought it ------------------------------------------------ */

/* The lane's spans that touch the window, in order; they may reach beyond it. Returns their number.
   0 with DETAIL_EXACT cells: there are too many to hold (more than a few for each column), zoom in;
   or, for a goroutine, there is none. */
size_t timeline_source_spans(const struct timeline_source *source, struct lane lane,
                             int64_t from_ns, int64_t to_ns, const struct span **span);
/* Names of spans. Never NULL, "" when unknown; as the trace has it: clean it before it
   reaches the screen. */
const char *timeline_source_name(const struct timeline_source *source, uint32_t name);
/* Frames of a span's stack, leaf first; the number of them. Names are for timeline_source_name. */
size_t timeline_source_stack(const struct timeline_source *source, uint32_t stack,
                             const struct stack_frame **frame);
/* The function that a goroutine starts with; NULL: the exact spans don't tell. */
const char *timeline_source_function(const struct timeline_source *source, uint64_t goroutine);

/* --- asynchronous ----------------------------------------------------------------------------- */

struct timeline_want {
	int64_t from_ns, to_ns;
	size_t columns; /* cells across the window: 300 at most are worth it */
	const struct lane *lane;
	size_t lanes; /* on screen, and some above and below; TIMELINE_LANES at most, rest ignored */
};
enum { TIMELINE_LANES = WISH_LANES };

/* Asks for the exact spans of a window; the newest wish wins, what was under way for another one is
   given up. Bins that are fine enough (see DETAIL_EXACT) are not read again. */
void timeline_source_want(struct timeline_source *source, const struct timeline_want *want);

/* What the worker has finished (or, of a long reading, a part of it) becomes what the calls above
   give. true: something is new, draw again. */
bool timeline_source_poll(struct timeline_source *source);

enum timeline_work {
	WORK_NONE,        /* nothing under way: what is drawn is as good as it gets */
	WORK_SPANS,       /* exact spans are coming */
	WORK_FIND,        /* a search is under way */
	WORK_UNAVAILABLE, /* there won't be exact spans: `why` says why (standard input, ...) */
};
struct timeline_status {
	enum timeline_work work;
	double progress; /* 0...1; negative: unknown */
	char why[160];   /* a sentence for people */
};
struct timeline_status timeline_source_status(const struct timeline_source *source);

/* --- search, asynchronous as well ------------------------------------------------------------- */

/* struct timeline_find and struct timeline_hit are in trace/search.h; enum find_result in
   timeline_worker.h: FIND_NONE_ASKED, FIND_PENDING, FIND_HIT, FIND_NOTHING, FIND_FAILED. */

/* Begins a search; gives up the one before. Wishes of want() go first. */
void timeline_source_find(struct timeline_source *source, const struct timeline_find *find);
/* FIND_HIT, FIND_NOTHING and FIND_FAILED are told by poll like spans, and stay until the next
   timeline_source_find. `hit` is filled for FIND_HIT. */
enum find_result timeline_source_found(const struct timeline_source *source,
                                       struct timeline_hit *hit);

#endif
