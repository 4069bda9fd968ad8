/*
 * What the tests of metrics/ share: snapshots made of a few words, and allocations that fail on
 * demand. A test owns what it is given, as everywhere. One thread.
 */
#ifndef SCHEDTOP_TESTS_METRICS_FIXTURE_H
#define SCHEDTOP_TESTS_METRICS_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "metrics/history.h"
#include "metrics/snapshot.h"
#include "util/clock.h"

/* A snapshot of that moment, all parts read from memory (os from the kernel) just then. */
struct snapshot *make_snapshot(int64_t monotonic_ns);
/* One with everything in it: procs Ps, threads Ms, five histograms, 100 samples of every P, read
   between the second before and `second`. Counters rise with the second. */
struct snapshot *make_full_snapshot(int64_t second, size_t procs, size_t threads);
/* Fills field i of a set with value + i, with 1 where it is a bool. */
void fill_fields(struct fields *f, const struct field_info *info, int count, int64_t value);
/* Samples of P 0 (and 1, …): states[p] is one letter per sample, "-irgsf", period_ns apart. */
void set_lanes(struct snapshot *s, int64_t start_ns, int64_t period_ns, size_t procs,
               const char *const *states);

/* A histogram with bounds 0, 10, 20 … and these counts. */
void make_histogram(struct histogram *h, const uint64_t *count, size_t buckets);

/* n allocations from now on succeed and all after them fail; n < 0: none does. Programs that use it
   are linked with --wrap=malloc,--wrap=calloc. */
void fail_allocation(long n);

#endif
