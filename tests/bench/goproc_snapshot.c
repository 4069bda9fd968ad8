/*
 * goproc_snapshot PID [SECONDS]: what one goproc_attach, goproc_read and goproc_sample of a live Go
 * process cost, in microseconds of wall time, measured back to back: the median and the 95th
 * percentile, with the calls of process_vm_readv each took.
 */
#include <stdio.h>
#include <stdlib.h>

#include "goproc/goproc.h"
#include "tests/bench/row.h"
#include "util/clock.h"
#include "util/text.h"

#define SAMPLES_MAX 1000000
#define PROCS_MAX   1024
#define NS_PER_US_F 1e3

static int compare(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

static void report(const char *name, const struct goproc_state *state, int64_t *took_ns, size_t n,
                   uint64_t calls)
{
	if (n == 0)
		return;
	qsort(took_ns, n, sizeof *took_ns, compare);
	printf("%s: %zu times, median %.2f us, 95 %% %.2f us, %.2f system calls\n", name, n,
	       (double)took_ns[n / 2] / NS_PER_US_F, (double)took_ns[n - n / 20 - 1] / NS_PER_US_F,
	       (double)calls / (double)n);
	char figure[80];
	snprintf(figure, sizeof figure, "a %s by memory, %zu Ps and %zu Ms", name, state->np,
	         state->nm);
	bench_row("snapshot", figure, (double)took_ns[n / 2] / NS_PER_US_F, "µs", "<=15");
}

/* Reads or samples for half the time; the number that succeeded. */
static size_t measure(struct goproc *g, bool whole, int64_t duration_ns, int64_t *took_ns)
{
	static enum goproc_activity activity[PROCS_MAX];
	struct goproc_state state;
	size_t n = 0, np;
	for (int64_t end = clock_monotonic_ns() + duration_ns, now = 0; now < end && n < SAMPLES_MAX;) {
		int64_t start = clock_monotonic_ns();
		enum status status =
			whole ? goproc_read(g, &state, NULL) : goproc_sample(g, activity, PROCS_MAX, &np, NULL);
		now = clock_monotonic_ns();
		if (status == STATUS_EXITED)
			break;
		if (status == STATUS_OK)
			took_ns[n++] = now - start;
	}
	return n;
}

int main(int argc, char **argv)
{
	long pid, seconds = 2;
	if (argc < 2 || argc > 3 || !text_parse_integer(argv[1], 1, INT32_MAX, &pid) ||
	    (argc == 3 && !text_parse_integer(argv[2], 1, 3600, &seconds))) {
		fprintf(stderr, "usage: goproc_snapshot PID [SECONDS]\n");
		return STATUS_USAGE;
	}
	struct error error;
	struct goproc *g;
	int64_t start = clock_monotonic_ns();
	enum status status = goproc_attach((pid_t)pid, &g, &error);
	int64_t attach_ns = clock_monotonic_ns() - start;
	struct goproc_state state;
	if (status == STATUS_OK)
		status = goproc_read(g, &state, &error);
	if (status != STATUS_OK) {
		fprintf(stderr, "goproc_snapshot: %s\n", error.text);
		return status;
	}
	printf("%s, %zu P, %zu M\n", goproc_get_info(g)->go_version, state.np, state.nm);
	printf("attach: %.0f us, %llu system calls\n", (double)attach_ns / NS_PER_US_F,
	       (unsigned long long)goproc_syscalls(g));
	int64_t *took_ns = malloc(SAMPLES_MAX * sizeof *took_ns);
	for (int whole = 1; took_ns && whole >= 0; whole--) {
		uint64_t before = goproc_syscalls(g);
		size_t n = measure(g, whole, seconds * NS_PER_S / 2, took_ns);
		report(whole ? "read" : "sample", &state, took_ns, n, goproc_syscalls(g) - before);
	}
	printf("dropped: %llu\n", (unsigned long long)goproc_dropped(g));
	free(took_ns);
	goproc_detach(g);
	return STATUS_OK;
}
