/*
 * How much memory ten minutes of history take: 600 snapshots of a busy program with 8 Ps and 24 Ms,
 * each with all of its fields, its histograms and 100 samples of every P, go into a history as the
 * screen keeps it. Prints what the history says it weighs and what the process grew by.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/history.h"
#include "metrics/snapshot.h"
#include "util/clock.h"

#define MINUTES   INT64_C(10)
#define SNAPSHOTS (MINUTES * 60)
#define PROCS     8
#define THREADS   24
#define SAMPLES   100

static long resident_kib(void)
{
	char line[256];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "re");
	if (!status)
		return -1;
	while (fgets(line, sizeof line, status))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	fclose(status);
	return kib;
}

static void fill_fields(struct fields *f, int count, int64_t value)
{
	for (int i = 0; i < count; i++)
		fields_set(f, i, value + i);
}

/* Sixty buckets in a row hold events, as in a program under load. */
static enum status fill_histograms(struct snapshot *s, int64_t value)
{
	static uint64_t count[1024];
	struct histogram_bounds *bounds = histogram_bounds_of_time_histogram(false);
	if (!bounds)
		return STATUS_FAILED;
	size_t buckets = histogram_bounds_count(bounds) - 1;
	for (size_t i = 20; i < 80 && i < buckets; i++)
		count[i] = (uint64_t)value * i;
	for (int id = 0; id < HISTOGRAM_COUNT; id++) {
		enum status status = histogram_init(&s->histogram[id], bounds, count);
		if (status != STATUS_OK)
			return status;
		s->histogram_at[id] = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
	}
	return STATUS_OK;
}

static struct snapshot *typical_snapshot(int64_t second)
{
	struct snapshot *s = snapshot_create();
	if (!s)
		return NULL;
	s->monotonic_ns = second * NS_PER_S;
	s->interval_ns = NS_PER_S;
	if (snapshot_reserve(s, PROCS, THREADS) != STATUS_OK ||
	    snapshot_reserve_tasks(s, THREADS) != STATUS_OK ||
	    lanes_reserve(&s->lanes, SAMPLES, PROCS) != STATUS_OK ||
	    fill_histograms(s, second) != STATUS_OK) {
		snapshot_unref(s);
		return NULL;
	}
	fill_fields(&s->sched, SCHED_FIELD_COUNT, second);
	fill_fields(&s->runtime, RUNTIME_FIELD_COUNT, second);
	fill_fields(&s->os, OS_FIELD_COUNT, second);
	for (size_t i = 0; i < PROCS; i++)
		fill_fields(&s->p[i].f, P_FIELD_COUNT, second);
	for (size_t i = 0; i < THREADS; i++)
		fill_fields(&s->m[i].f, M_FIELD_COUNT, second);
	memset(s->task, 1, THREADS * sizeof *s->task);
	s->np = PROCS;
	s->nm = THREADS;
	s->lanes.start_ns = s->monotonic_ns - NS_PER_S;
	s->lanes.samples = SAMPLES;
	s->lanes.procs = PROCS;
	for (size_t i = 0; i < SAMPLES; i++)
		s->lanes.at_ns[i] = s->lanes.start_ns + (int64_t)(i + 1) * (NS_PER_S / SAMPLES);
	memset(s->lanes.state, LANE_RUNNING, (size_t)SAMPLES * PROCS);
	return s;
}

int main(void)
{
	struct history *history = history_create(MINUTES * 60 * NS_PER_S, SIZE_MAX);
	long before_kib = resident_kib();
	for (int second = 1; history && second <= SNAPSHOTS; second++) {
		struct snapshot *s = typical_snapshot(second);
		if (!s || history_add(history, s) != STATUS_OK) {
			fputs("history_size: out of memory\n", stderr);
			return 1;
		}
	}
	if (!history)
		return 1;
	printf("  %-46s %10zu\n", "snapshots kept", history_count(history));
	printf("  %-46s %10.1f MiB\n", "the history says it weighs",
	       (double)history_bytes(history) / (1 << 20));
	printf("  %-46s %10.1f MiB\n", "the process grew by",
	       (double)(resident_kib() - before_kib) / 1024);
	history_destroy(history);
	return 0;
}
