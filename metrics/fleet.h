/*
 * Many Go processes at once, as a metrics server knows them: one row of plain values per instance,
 * what is usual among them and who stands out. Every value is a range, because a percentile of a
 * histogram is one; what is not known has no bit. A fleet is filled by one thread, then shared
 * and never changed; it is reference counted.
 */
#ifndef SCHEDTOP_METRICS_FLEET_H
#define SCHEDTOP_METRICS_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/siphash.h"
#include "util/status.h"

enum fleet_metric {
	FLEET_CPU,        /* share of GOMAXPROCS, 0...1 */
	FLEET_CORES,      /* processors kept busy */
	FLEET_PROCS,      /* GOMAXPROCS */
	FLEET_GOROUTINES, /* that exist */
	FLEET_WAIT_P50,   /* ns from runnable to running */
	FLEET_WAIT_P99,
	FLEET_PAUSE_P99, /* ns that the collector stops the world */
	FLEET_HEAP,      /* bytes of objects */
	FLEET_RSS,       /* bytes, resident */
	FLEET_THREADS,
	FLEET_IDLE,   /* share of GOMAXPROCS that had nothing to do, fresh */
	FLEET_QUEUED, /* goroutines in run queues */
	FLEET_UPTIME, /* ns since the process started */
	FLEET_METRICS,
};
#define FLEET_BIT(metric) (1u << (metric))

enum fleet_unit { FLEET_COUNT, FLEET_SHARE, FLEET_NUMBER, FLEET_TIME, FLEET_BYTES };

struct fleet_metric_info {
	const char *name;    /* in JSON, with its unit */
	const char *heading; /* of a column */
	const char *words;   /* in a sentence */
	enum fleet_unit unit;
	double least; /* a difference below this is none worth telling; 0: nobody stands out by it */
	const char *source, *remedy; /* the metric it comes from, and what exports that; NULL: no word
	                                is said when nobody has it */
};
extern const struct fleet_metric_info fleet_metric_info[FLEET_METRICS];

struct fleet_range {
	double lo, hi; /* equal, or the event lies between; either may be infinite */
};

enum fleet_state {
	FLEET_UP,
	FLEET_DOWN,    /* the last scrape failed */
	FLEET_STALE,   /* nobody has scraped it for long */
	FLEET_GONE,    /* it was there before */
	FLEET_UNKNOWN, /* there are numbers, but nobody says how it is */
	FLEET_STATES,
};
extern const char *const fleet_state_name[FLEET_STATES];

#define FLEET_VERSION_MAX   24
#define FLEET_INSTANCES_MAX 100000

struct fleet_instance {
	uint64_t id;                     /* the same in every fleet of one run */
	const char *name, *job, *more;   /* printable; `more`: labels that tell it from others of that
	                                    name, "" mostly */
	char version[FLEET_VERSION_MAX]; /* of Go; "" unknown */
	enum fleet_state state;
	int64_t scraped_ns; /* wall clock of the server; 0 unknown */
	int64_t seen_ns;    /* monotonic, when it was last there */
	unsigned known;     /* bits: FLEET_BIT */
	unsigned high, low; /* stands out from its like, above or below */
	struct fleet_range value[FLEET_METRICS];
	char *text; /* holds the three names */
};

/* What is usual: half of those who are known lie below `median`, and half within `mad` of it. */
struct fleet_usual {
	size_t n; /* known values; 0: the others mean nothing */
	double median, mad;
};

struct fleet {
	size_t n;
	struct fleet_instance *instance; /* by job, name and more */
	size_t in_state[FLEET_STATES];
	size_t left_out;                         /* beyond FLEET_INSTANCES_MAX */
	struct fleet_usual usual[FLEET_METRICS]; /* of all that are up */
	bool whole;                              /* nothing more is to come of this refresh */
	int64_t monotonic_ns, wall_ns;           /* when it was asked for */
	int64_t took_ns;                         /* until the last answer */
	int64_t window_ns;                       /* that rates and percentiles cover */
	char warning[256];         /* what the server says of its answer; "" nothing; printable */
	struct fleet_index *index; /* of fleet.c, while it is filled */
};

struct fleet *fleet_create(void); /* NULL: out of memory */
struct fleet *fleet_ref(struct fleet *fleet);
void fleet_unref(const struct fleet *fleet); /* NULL is fine */
/* As it is now, for others; its owner goes on filling the original. NULL: out of memory. */
struct fleet *fleet_copy(const struct fleet *fleet);

/* --- filling ---------------------------------------------------------------------------------- */

struct fleet_labels {
	const char *name, *job, *more; /* as they came; NULL is "" */
};
/* By a key that nobody outside knows: labels come from there, and equal ids are one instance. */
uint64_t fleet_id(const struct siphash_key *key, const struct fleet_labels *labels);
/* The instance of these labels, added when it is new: then its state is FLEET_UNKNOWN. NULL: out of
   memory, or there are too many (which is counted). Good until the next call. */
struct fleet_instance *fleet_find(struct fleet *fleet, uint64_t id,
                                  const struct fleet_labels *labels);
/* No NAN: those are not known. */
void fleet_set(struct fleet_instance *instance, enum fleet_metric metric, double lo, double hi);
/* Those of the fleet before that are not in this one and were there less than keep_ns ago, in that
   state: FLEET_GONE, or FLEET_UNKNOWN where the answer may not be whole. */
enum status fleet_remember(struct fleet *fleet, const struct fleet *before, enum fleet_state state,
                           int64_t keep_ns);
/*
 * Sorts the rows, makes what follows from others, takes the values of who is not up, and finds who
 * stands out. After that nothing may be added.
 */
enum status fleet_finish(struct fleet *fleet);

/* One bucket of a histogram: what lies in (lo, hi], as a count or a rate. */
struct fleet_bucket {
	uint32_t row; /* whose it is, as its user counts */
	double lo, hi;
	double count;
};
/* Buckets whose counts include all below, as Prometheus' `le` has them, in any order; those with
   the same end are one. They become buckets of their own. Returns how many; 0: there is none up to
   infinity, so nothing is known. */
size_t fleet_buckets_of_le(struct fleet_bucket *bucket, size_t n);
/* Where the event of that rank lies; false: there was none, or it may have taken any time. The
   buckets rise. */
bool fleet_percentile(const struct fleet_bucket *bucket, size_t n, double q,
                      struct fleet_range *range);

/* --- reading ---------------------------------------------------------------------------------- */

/* What a range is sorted and compared by: its upper end, or the lower where that is infinite. */
double fleet_point(struct fleet_range range);
bool fleet_known(const struct fleet_instance *instance, enum fleet_metric metric);
/* < 0: `a` comes first. The greatest does, what is unknown comes last whatever `reversed` says,
   and of equals the order of the fleet holds. */
int fleet_compare(const struct fleet_instance *a, const struct fleet_instance *b,
                  enum fleet_metric metric, bool reversed);
/* By job, name and more. */
int fleet_compare_names(const struct fleet_instance *a, const struct fleet_instance *b);
/* "98 %", "0.92–10.5 ms", "1.2k": a value as people read it. */
void fleet_text(char *to, size_t size, enum fleet_metric metric, struct fleet_range range,
                bool ascii);
/* The next metric with a source that nobody of those who are up has, from *metric on. */
bool fleet_missing(const struct fleet *fleet, enum fleet_metric *metric);

#endif
