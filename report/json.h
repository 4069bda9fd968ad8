/*
 * What reports have in common when they are JSON, built in the steps of util/json.h: a part that
 * could not be made is NULL. One thread.
 */
#ifndef SCHEDTOP_REPORT_JSON_H
#define SCHEDTOP_REPORT_JSON_H

#include <jansson.h>

#include "trace/distribution.h"
#include "trace/goroutines.h"
#include "trace/names.h"
#include "trace/stacks.h"
#include "trace/timeline.h"
#include "util/json.h"

/* The larger half of 64 bits has no place in JSON: it is cut to the largest integer. */
json_t *json_count(uint64_t n);
/* A name, made harmless. */
json_t *json_name(const struct names *names, uint32_t name);
json_t *json_text(const char *text, size_t length);
/* count, and where that is not 0: sum_ns, min_ns, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
   with buckets also `buckets`, pairs of the largest duration and how many there are. */
json_t *json_distribution(const struct distribution *d, bool buckets);
/* running_ns, runnable_ns, syscall_ns, waiting_ns. */
void json_put_states(json_t **object, const int64_t state_ns[GO_STATUS_COUNT]);
/* from_ns, bin_ns and for each bin the mean and the most. */
json_t *json_timeline(const struct timeline *t);
/* kind and ns of each part that is not empty; an array. */
json_t *json_breakdown(const struct breakdown *b, const struct spent_reasons *reasons,
                       const struct names *names);
/* Its frames, innermost first: function, file, line. */
json_t *json_stack(const struct stacks *stacks, uint32_t number, const struct names *names);
/* Why goroutines were blocked: reason, count, total_ns each. */
json_t *json_reasons(const struct goroutines *goroutines, uint32_t list, const struct names *names);

#endif
