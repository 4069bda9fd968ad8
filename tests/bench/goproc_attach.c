/*
 * goproc_attach TIMES PID…: what attaching to live Go processes costs, one after the other and
 * around again, so that what else happens on the machine falls on all alike: the median and the
 * 95th percentile of wall time, the first one apart (its file is read from the page cache for the
 * first time), and by how much this process is larger while it is attached.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "goproc/goproc.h"
#include "tests/bench/row.h"
#include "util/clock.h"
#include "util/text.h"

#define TIMES_MAX   10000
#define NS_PER_MS_F 1e6

struct target {
	pid_t pid;
	struct goproc_info info;
	int64_t first_ns, *took_ns;
	int64_t resident_bytes; /* more, while attached */
	uint64_t calls;
};

static int compare(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

static int64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long long size = 0, resident = 0;
	if (!file || fscanf(file, "%lld %lld", &size, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

static enum status attach_once(struct target *target, int64_t *took_ns, struct error *error)
{
	struct goproc *g;
	int64_t before = resident_bytes(), start = clock_monotonic_ns();
	enum status status = goproc_attach(target->pid, &g, error);
	*took_ns = clock_monotonic_ns() - start;
	if (status != STATUS_OK)
		return status;
	int64_t grown = resident_bytes() - before;
	if (grown > target->resident_bytes)
		target->resident_bytes = grown;
	target->info = *goproc_get_info(g);
	target->calls = goproc_syscalls(g);
	goproc_detach(g);
	return STATUS_OK;
}

static void report(struct target *target, size_t times)
{
	qsort(target->took_ns, times, sizeof *target->took_ns, compare);
	printf("  %-10s found by its %-8s first %6.2f ms, then median %6.2f ms, 95 %% %6.2f ms; %llu "
	       "reads of memory, %lld KiB\n",
	       target->info.go_version, target->info.origin == GOPROC_CODE ? "code" : "symbols",
	       (double)target->first_ns / NS_PER_MS_F, (double)target->took_ns[times / 2] / NS_PER_MS_F,
	       (double)target->took_ns[times - times / 20 - 1] / NS_PER_MS_F,
	       (unsigned long long)target->calls, (long long)target->resident_bytes / 1024);
	bool is_stripped = target->info.origin == GOPROC_CODE;
	bench_row("attach",
	          is_stripped ? "attach to a program without symbols" : "attach to one with symbols",
	          (double)target->took_ns[times / 2] / NS_PER_MS_F, "ms", "<=20");
}

static enum status measure(struct target *targets, size_t n, size_t times, struct error *error)
{
	enum status status = STATUS_OK;
	for (size_t i = 0; i < n && status == STATUS_OK; i++)
		status = attach_once(&targets[i], &targets[i].first_ns, error);
	for (size_t round = 0; round < times && status == STATUS_OK; round++) {
		for (size_t i = 0; i < n && status == STATUS_OK; i++)
			status = attach_once(&targets[i], &targets[i].took_ns[round], error);
	}
	for (size_t i = 0; i < n && status == STATUS_OK; i++)
		report(&targets[i], times);
	return status;
}

int main(int argc, char **argv)
{
	long times, pid;
	if (argc < 3 || !text_parse_integer(argv[1], 1, TIMES_MAX, &times)) {
		fprintf(stderr, "usage: goproc_attach TIMES PID...\n");
		return STATUS_USAGE;
	}
	size_t n = (size_t)argc - 2;
	struct error error;
	enum status status = STATUS_OK;
	struct target *targets = calloc(n, sizeof *targets);
	for (size_t i = 0; targets && i < n && status == STATUS_OK; i++) {
		targets[i].took_ns = calloc((size_t)times, sizeof *targets[i].took_ns);
		if (!targets[i].took_ns)
			status = error_no_memory(&error);
		else if (!text_parse_integer(argv[i + 2], 1, INT32_MAX, &pid))
			status = error_set(&error, STATUS_USAGE, "no process: %s", argv[i + 2]);
		else
			targets[i].pid = (pid_t)pid;
	}
	if (!targets)
		status = error_no_memory(&error);
	if (status == STATUS_OK)
		status = measure(targets, n, (size_t)times, &error);
	if (status != STATUS_OK)
		fprintf(stderr, "goproc_attach: %s\n", error.text);
	for (size_t i = 0; targets && i < n; i++)
		free(targets[i].took_ns);
	free(targets);
	return status;
}
