/*
 * The four numbers of one thing on one side, and how much chance there is in each: by a bootstrap
 * over blocks of slices, which keeps what is near in time together, and over runs where there are
 * several. doc/diff.md has the reasons. The caller owns the structures; one thread.
 */
#ifndef SCHEDTOP_COMPARE_ESTIMATE_H
#define SCHEDTOP_COMPARE_ESTIMATE_H

#include <stdbool.h>

#include "compare/series.h"
#include "compare/side.h"

enum metric { METRIC_COUNT, METRIC_TOTAL, METRIC_MEDIAN, METRIC_P99, METRICS };
/* "count", ...: the words of --fail-on and the JSON. */
extern const char *const metric_words[METRICS];

enum {
	RESAMPLES = 400,
	RESAMPLE_BLOCK = 2, /* slices */
	/* What has to be there for a number to be told, and to be judged. */
	P99_TELL = 100,
	P99_JUDGE = 500,
	JUDGE_INSTANCES = 20,
	JUDGE_SLICES = 10,
	RESOLUTION_NS = 50, /* what a duration in a trace is exact to, at best */
};

struct estimate {
	bool known, judged;
	double value;    /* per second, ns per second, ns, ns */
	double variance; /* when judged: of its logarithm */
	double freedom;  /* when judged: degrees of, which the variance has */
};

/* How often each slice is in each resample. */
struct resamples {
	size_t slices;
	bool sampled;           /* a run is */
	uint16_t *within;       /* RESAMPLES rows; NULL: runs are too short to be cut */
	uint16_t *between;      /* the same with whole runs; NULL: there is one alone */
	double within_freedom;  /* number of blocks less one of each run that can be cut */
	double strata;          /* number of those runs */
	double between_freedom; /* number of runs less one */
	double *seconds;        /* length of each slice */
	struct sample *sorted;  /* room for the samples of one series */
};

/* The same for the same side and seed. false: no memory. */
bool resamples_init(struct resamples *r, const struct side *side, uint64_t seed);
void resamples_finish(struct resamples *r);

/* Where there is one run alone, what runs differ by is taken for `assumed`: standard deviations of
   the logarithms. */
void estimate_series(const struct series *s, const struct resamples *r,
                     const double assumed[METRICS], struct estimate estimate[METRICS]);

/* The share of durations above the threshold, on a linear scale; a quantile that wanders over a gap
   between durations hardly moves it. */
struct estimate estimate_excess(const struct series *s, const struct resamples *r,
                                double threshold);

/* Index of the smallest sample that at least `ratio` of the weight of all does not exceed; weights
   are by slice. SIZE_MAX: they weigh nothing. `sample` is sorted. */
size_t weighted_quantile(const struct sample *sample, size_t n, const uint16_t *weight,
                         double ratio);

#endif
