/*
 * How much memory the past takes that can be walked through: snapshots of a busy program, each with
 * all of its fields, its histograms and samples of every P at 100 Hz, go into the state of the
 * screen as the collector would send them, for a quarter of an hour. Prints for programs of several
 * sizes what is kept of it, what the history says it weighs and what the process grew by; and the
 * same for a history without the screen's limit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "metrics/history.h"
#include "metrics/snapshot.h"
#include "tests/bench/row.h"
#include "tui/app.h"
#include "util/clock.h"

#define KEPT_NS    (600 * NS_PER_S)
#define WATCHED_NS (900 * NS_PER_S)
#define SAMPLE_NS  (10 * NS_PER_MS)

struct program {
	size_t procs, threads;
	int64_t interval_ns;
	bool unlimited; /* a history alone, without the screen's limit */
};

static const struct program programs[] = {
	{8, 24, NS_PER_S, true},    {8, 24, NS_PER_S, false},          {8, 24, 100 * NS_PER_MS, false},
	{64, 100, NS_PER_S, false}, {64, 100, 100 * NS_PER_MS, false}, {256, 320, NS_PER_S, false},
};

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

static struct snapshot *typical_snapshot(const struct program *p, int64_t number)
{
	struct snapshot *s = snapshot_create();
	size_t samples = (size_t)(p->interval_ns / SAMPLE_NS);
	if (!s)
		return NULL;
	s->pid = 1;
	s->monotonic_ns = number * p->interval_ns;
	s->interval_ns = p->interval_ns;
	if (snapshot_reserve(s, p->procs, p->threads) != STATUS_OK ||
	    snapshot_reserve_tasks(s, p->threads) != STATUS_OK ||
	    lanes_reserve(&s->lanes, samples, p->procs) != STATUS_OK ||
	    fill_histograms(s, number) != STATUS_OK) {
		snapshot_unref(s);
		return NULL;
	}
	fill_fields(&s->sched, SCHED_FIELD_COUNT, number);
	fill_fields(&s->runtime, RUNTIME_FIELD_COUNT, number);
	fill_fields(&s->os, OS_FIELD_COUNT, number);
	for (size_t i = 0; i < p->procs; i++)
		fill_fields(&s->p[i].f, P_FIELD_COUNT, number);
	for (size_t i = 0; i < p->threads; i++)
		fill_fields(&s->m[i].f, M_FIELD_COUNT, number);
	memset(s->task, 1, p->threads * sizeof *s->task);
	s->np = p->procs;
	s->nm = p->threads;
	s->lanes.start_ns = s->monotonic_ns - p->interval_ns;
	s->lanes.samples = samples;
	s->lanes.procs = p->procs;
	for (size_t i = 0; i < samples; i++)
		s->lanes.at_ns[i] = s->lanes.start_ns + (int64_t)(i + 1) * SAMPLE_NS;
	memset(s->lanes.state, LANE_RUNNING, samples * p->procs);
	return s;
}

/* Fills what keeps it, and says so on a line. */
static int measure(const struct program *p)
{
	struct app app;
	struct error error;
	long before_kib = resident_kib();
	if (app_init(&app, NULL, p->interval_ns, &error) != STATUS_OK)
		return 1;
	if (p->unlimited) {
		history_destroy(app.history);
		app.history = history_create(KEPT_NS, SIZE_MAX);
	}
	for (int64_t i = 1; app.history && i <= WATCHED_NS / p->interval_ns; i++) {
		struct snapshot *s = typical_snapshot(p, i);
		if (!s)
			return 1;
		app_tell_time(&app, s->monotonic_ns, s->monotonic_ns);
		app_add(&app, s);
	}
	if (!app.history)
		return 1;
	size_t kept = history_count(app.history);
	const struct snapshot *newest = history_get(app.history, 0);
	const struct snapshot *oldest = history_get(app.history, kept - 1);
	printf("  %4zu %8zu %7lld ms %-10s %9zu %8.1f min %9.1f MiB %9.1f MiB\n", p->procs, p->threads,
	       (long long)(p->interval_ns / NS_PER_MS), p->unlimited ? "none" : "screen's", kept,
	       (double)(newest->monotonic_ns - oldest->monotonic_ns) / (double)(60 * NS_PER_S),
	       (double)history_bytes(app.history) / (1 << 20),
	       (double)(resident_kib() - before_kib) / 1024);
	char figure[80];
	snprintf(figure, sizeof figure, "history of %zu Ps at %lld ms%s", p->procs,
	         (long long)(p->interval_ns / NS_PER_MS), p->unlimited ? ", without a limit" : "");
	bench_row("size", figure, (double)(resident_kib() - before_kib) / 1024, "MiB",
	          p->unlimited || p->procs > 8 ? "" : "<=20");
	app_finish(&app);
	return 0;
}

int main(void)
{
	printf("  %4s %8s %10s %-10s %9s %12s %13s %13s\n", "Ps", "threads", "every", "limit",
	       "snapshots", "back to", "it says", "grown by");
	fflush(stdout);
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		/* A process each: what one has freed would be there for the next. */
		int status = 1;
		pid_t child = fork();
		if (child == 0) {
			status = measure(&programs[i]);
			fflush(stdout);
			_exit(status);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
			fputs("history_size: out of memory\n", stderr);
			return 1;
		}
	}
	return 0;
}
