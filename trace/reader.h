/*
 * Reads a trace from its first byte to its last, in one pass, in memory that does not grow with its
 * length, and shows it to the visitors. Strict: stops where Go's own reader stops. Tolerant, the
 * default: keeps everything that is complete, goes on behind damage where it can, and says what was
 * lost. The caller owns all that it passes; one thread.
 */
#ifndef SCHEDTOP_TRACE_READER_H
#define SCHEDTOP_TRACE_READER_H

#include <signal.h>

#include "trace/event.h"
#include "trace/input.h"
#include "trace/order.h"

struct trace_progress {
	/* Called about ten times a second: bytes of the file done and in all (0: unknown). May be NULL.
	 */
	void (*report)(void *self, uint64_t done, uint64_t size);
	void *self;
};

struct trace_options {
	bool strict;
	bool reference_clock;              /* see order.h */
	const volatile sig_atomic_t *stop; /* NULL, or becomes non-zero to stop early */
	struct trace_progress progress;
	bool one_thread;     /* don't use a second one for the visitors; results are the same */
	struct names *names; /* where names are kept, from the beginning on; NULL: they die */
	const struct trace_help *help; /* NULL: none */
	/* Where to begin instead of at the first generation: one that was seen there before, of a file
	   that is mapped and of format 2. All zero: at the first. */
	struct trace_begin {
		uint64_t offset, number;
	} begin;
};

enum trace_verdict {
	TRACE_WHOLE,
	TRACE_DAMAGED, /* see damage */
	TRACE_STOPPED, /* by `stop` */
};

#define TRACE_DAMAGES 8

struct trace_summary {
	enum trace_verdict verdict;
	unsigned version;     /* of the header: 26 */
	bool newer;           /* than any known; read as the newest known one */
	uint64_t sampled_hz;  /* put together from so many samples a second (sampled.h); 0: recorded */
	uint64_t generations; /* read whole */
	uint64_t events;
	uint64_t bytes;                /* uncompressed, looked at */
	int64_t first_ns, last_ns;     /* of the events shown */
	uint64_t largest_generation;   /* bytes */
	uint64_t experimental_batches; /* skipped: nobody documents them */
	bool has_clock;                /* of the first generation: */
	uint64_t clock_s, clock_ns;    /* wall time at... */
	int64_t clock_at_ns;           /* ...this trace time */

	/* The first damages, in the order of the file. */
	struct trace_damage {
		uint64_t offset;
		char text[256];
	} damage[TRACE_DAMAGES];
	uint64_t damages;
	uint64_t lost_bytes;
	int64_t
		lost_ns;   /* from the last event kept to the last time seen in what was lost; 0: unknown */
	uint64_t gaps; /* places where lost generations were skipped */
	struct order_repairs repairs;
};

/* Release of Go whose header has this number: "Go 1.23 or 1.24". */
const char *trace_go_version(unsigned header_version);

/* Looks at the header without consuming it: STATUS_DAMAGED with a sentence when this is no trace
   that trace_read would read. */
enum status trace_check(struct input *in, bool strict, struct error *error);

/* STATUS_DAMAGED with the first damage's sentence when the trace is damaged and strict is set, or
   when it is no trace at all; in tolerant mode damage is no failure: look at the verdict. */
enum status trace_read(struct input *in, const struct trace_options *options,
                       const struct trace_visitor *visitors, size_t n,
                       struct trace_summary *summary, struct error *error);

/* STATUS_DAMAGED with the first damage's sentence, or STATUS_OK. */
enum status trace_verdict(const struct trace_summary *summary, struct error *error);
/* Makes the sentence of a failure fit to be shown, and begins it with the file's name where it is
   of damage: other sentences name the file themselves. `path` "-" is standard input. Returns
   `status`.
 */
enum status trace_name_error(struct error *error, enum status status, const char *path);

#endif
