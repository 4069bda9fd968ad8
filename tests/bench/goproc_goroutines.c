/*
 * goproc_goroutines PID [SECONDS]: what it costs to read all goroutines of a live Go process, in
 * milliseconds of processor time: the first time, when the stacks of all are read, and again and
 * again when nothing has moved, with the calls of process_vm_readv that took. And what the process
 * that reads needs for it in memory.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "goproc/goproc.h"
#include "tests/bench/row.h"
#include "util/clock.h"
#include "util/text.h"

#define SAMPLES_MAX 10000
#define NS_PER_MS_F 1e6
#define PER         10000.0 /* goroutines */

static void count(void *arg, const struct goproc_goroutine *goroutine)
{
	size_t *rows = arg;
	(void)goroutine;
	++*rows;
}

static int64_t processor_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int compare(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

/* One reading; the time it took, -1: it failed. */
static int64_t read_once(struct goproc *g, size_t stacks, size_t *rows)
{
	uint32_t dropped;
	int64_t start = processor_ns();
	*rows = 0;
	if (goproc_read_goroutines(g, stacks, count, rows, &dropped, NULL) != STATUS_OK)
		return -1;
	return processor_ns() - start;
}

static void print(const char *what, int64_t took_ns, size_t rows, double calls)
{
	double ms = (double)took_ns / NS_PER_MS_F;
	printf("  %-22s %8.2f ms, %6.3f ms for 10,000, %.0f system calls\n", what, ms,
	       ms * PER / (double)(rows ? rows : 1), calls);
}

int main(int argc, char **argv)
{
	long pid, seconds = 3;
	if (argc < 2 || argc > 3 || !text_parse_integer(argv[1], 1, INT32_MAX, &pid) ||
	    (argc == 3 && !text_parse_integer(argv[2], 1, 3600, &seconds))) {
		fprintf(stderr, "usage: goproc_goroutines PID [SECONDS]\n");
		return STATUS_USAGE;
	}
	struct error error;
	struct goproc *g;
	enum status status = goproc_attach((pid_t)pid, &g, &error);
	if (status != STATUS_OK) {
		fprintf(stderr, "goproc_goroutines: %s\n", error.text);
		return (int)status;
	}
	static int64_t took_ns[SAMPLES_MAX];
	size_t rows, n = 0, before = mallinfo2().uordblks;
	uint64_t calls = goproc_syscalls(g);
	int64_t first_ns = read_once(g, SIZE_MAX, &rows);
	printf("  %zu goroutines:\n", rows);
	print("first, with stacks", first_ns, rows, (double)(goproc_syscalls(g) - calls));
	printf("  %-22s %8.1f bytes each\n", "remembered",
	       (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) /
	           (double)(rows ? rows : 1));
	calls = goproc_syscalls(g);
	for (int64_t end = clock_monotonic_ns() + seconds * NS_PER_S;
	     clock_monotonic_ns() < end && n < SAMPLES_MAX;) {
		int64_t took = read_once(g, SIZE_MAX, &rows);
		if (took < 0)
			break;
		took_ns[n++] = took;
	}
	if (n > 0) {
		qsort(took_ns, n, sizeof *took_ns, compare);
		print("again, the median", took_ns[n / 2], rows,
		      (double)(goproc_syscalls(g) - calls) / (double)n);
		char figure[80];
		snprintf(figure, sizeof figure, "read 10,000 goroutines, of %zu", rows);
		bench_row("goroutines", figure,
		          (double)took_ns[n / 2] / NS_PER_MS_F * PER / (double)(rows ? rows : 1), "ms",
		          "<=1");
	}
	goproc_detach(g);
	return 0;
}
