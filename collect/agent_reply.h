/*
 * The agent's answers, turned into snapshot fields. Pure functions over JSON that is not trusted:
 * what does not fit is left unknown or refused with a sentence. One thread at a time.
 */
#ifndef SCHEDTOP_COLLECT_AGENT_REPLY_H
#define SCHEDTOP_COLLECT_AGENT_REPLY_H

#include <jansson.h>

#include "metrics/snapshot.h"
#include "util/status.h"

#define AGENT_SCHEMA 1

/* Parses a body and checks its schema. NULL with a sentence that begins with "its agent ..." is in
 * `error`. */
json_t *agent_reply_parse(const char *body, size_t size, struct error *error);

struct agent_info {
	int64_t pid, pid_namespace, start_ticks; /* -1: not told */
	char program[64], go_version[32], module[128], version[32];
	bool sched;            /* /v1/sched works */
	char sched_error[256]; /* why it does not */
	/* Of its flight recorder: since when it is on (monotonic; 0: it is off, or there is none) and
	   what it was asked for. */
	int64_t flight_since_ns, flight_age_ns, flight_bytes;
};
void agent_reply_info(const json_t *root, struct agent_info *info);

/* Bucket bounds the agent has told already, by their ID. */
#define AGENT_BOUNDS_MAX 32
struct agent_bounds {
	size_t n;
	struct {
		char id[33];
		struct histogram_bounds *bounds;
	} known[AGENT_BOUNDS_MAX];
};
void agent_bounds_finish(struct agent_bounds *b);

struct agent_metrics {
	struct fields runtime;
	struct histogram histogram[HISTOGRAM_COUNT];
};
void agent_metrics_finish(struct agent_metrics *m);
/* `out` is finished before it is filled. */
enum status agent_reply_metrics(const json_t *root, struct agent_bounds *known,
                                struct agent_metrics *out, struct error *error);

/* Fills sched, p and m of a snapshot that has none yet. */
enum status agent_reply_sched(const json_t *root, struct snapshot *s, struct error *error);

/* A fresh set, grouped; NULL with a sentence. How long goroutines wait and where they stand an
   agent does not tell. *cost_ns is the processor time that it took the program. */
struct goroutine_set *agent_reply_groups(const json_t *root, int64_t *cost_ns, struct error *error);

/* CLOCK_MONOTONIC of the agent when it answered, if that is plausible now; else now_ns. */
int64_t agent_reply_time(const json_t *root, int64_t now_ns);

#endif
