/* What the kernel tells about a process: CPU time, threads, memory, affinity, cgroup quota. */
#include <ctype.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/cgroup.h"
#include "collect/source.h"
#include "collect/tasks.h"
#include "util/clock.h"
#include "util/procfs.h"

struct os_source {
	struct source base;
	pid_t pid;
	bool async_timers;
	int64_t ns_per_tick;
	struct cgroup *cgroup; /* NULL: none to be seen */
	struct tasks *tasks;
	int64_t filled_ns; /* 0: not yet */
};

static enum status os_open(struct source **out, const struct target *target, uv_loop_t *loop,
                           struct error *error)
{
	(void)loop;
	if (!target->local)
		return error_set(error, STATUS_NO_TARGET, "process %d is not in this /proc", target->pid);
	struct os_source *os = calloc(1, sizeof *os);
	if (!os)
		return error_no_memory(error);
	os->base.ops = &source_os;
	os->pid = target->pid;
	os->async_timers = target->async_timers;
	os->ns_per_tick = NS_PER_S / sysconf(_SC_CLK_TCK);
	os->cgroup = cgroup_find(target->pid);
	os->tasks = tasks_create("/proc", target->pid);
	if (!os->tasks) {
		cgroup_destroy(os->cgroup);
		free(os);
		return error_no_memory(error);
	}
	*out = &os->base;
	return STATUS_OK;
}

static void os_close(struct source *source, void (*closed)(void *arg), void *arg)
{
	struct os_source *os = (struct os_source *)source;
	cgroup_destroy(os->cgroup);
	tasks_destroy(os->tasks);
	free(os);
	closed(arg);
}

/* How many CPUs a list like "0-3,8,10-11" names; -1 when it is none. */
static int64_t count_cpus(const char *list)
{
	int64_t count = 0;
	for (const char *at = list; isdigit((unsigned char)*at);) {
		char *end;
		long first = strtol(at, &end, 10), last = first;
		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		if (last < first)
			return -1;
		count += last - first + 1;
		at = *end == ',' ? end + 1 : end;
	}
	return count > 0 ? count : -1;
}

static void fill_status(const struct os_source *os, struct fields *f)
{
	char text[8192];
	if (procfs_read(os->pid, "status", text, sizeof text) <= 0)
		return;
	const char *threads = procfs_line(text, "Threads");
	const char *rss = procfs_line(text, "VmRSS");
	const char *cpus = procfs_line(text, "Cpus_allowed_list");
	if (threads)
		fields_set(f, OS_THREADS, strtoll(threads, NULL, 10));
	if (rss)
		fields_set(f, OS_RSS_BYTES, strtoll(rss, NULL, 10) * 1024);
	int64_t count = cpus ? count_cpus(cpus) : -1;
	if (count > 0)
		fields_set(f, OS_AFFINITY_CPUS, count);
}

/* The first time there is a second's worth to begin with. */
static int64_t task_allowance(struct os_source *os, int64_t now_ns)
{
	int64_t elapsed_ns = os->filled_ns ? now_ns - os->filled_ns : NS_PER_S;
	os->filled_ns = now_ns;
	if (elapsed_ns > 10 * NS_PER_S)
		elapsed_ns = 10 * NS_PER_S;
	return elapsed_ns * TASKS_ALLOWED_NS_PER_S / NS_PER_S;
}

static enum status os_fill(struct source *source, struct snapshot *s, struct error *error)
{
	struct os_source *os = (struct os_source *)source;
	struct procfs_stat stat;
	s->os_at = (struct stamp){ORIGIN_OS, clock_monotonic_ns()};
	if (!procfs_stat(os->pid, &stat))
		return error_set(error, STATUS_EXITED, "process %d has exited", (int)os->pid);

	struct timespec boot;
	clock_gettime(CLOCK_BOOTTIME, &boot);
	int64_t boot_ns = (int64_t)boot.tv_sec * NS_PER_S + boot.tv_nsec;
	fields_set(&s->os, OS_CPU_NS, (int64_t)stat.cpu_ticks * os->ns_per_tick);
	fields_set(&s->os, OS_UPTIME_NS, boot_ns - (int64_t)stat.start_ticks * os->ns_per_tick);
	fields_set(&s->os, OS_ASYNC_TIMERS, os->async_timers);
	fill_status(os, &s->os);
	if (os->cgroup) {
		struct cgroup_cpu cpu = cgroup_read(os->cgroup);
		if (cpu.limited)
			fields_set(&s->os, OS_QUOTA_MILLICPUS, cpu.millicpus);
		if (cpu.counted) {
			fields_set(&s->os, OS_CGROUP_PERIODS, cpu.periods);
			fields_set(&s->os, OS_CGROUP_THROTTLED_PERIODS, cpu.throttled_periods);
			fields_set(&s->os, OS_CGROUP_THROTTLED_NS, cpu.throttled_ns);
		}
	}
	if (tasks_fill(os->tasks, task_allowance(os, s->os_at.at_ns), s))
		return error_no_memory(error);
	return STATUS_OK;
}

const struct source_ops source_os = {
	.name = "os",
	.origin = ORIGIN_OS,
	.open = os_open,
	.close = os_close,
	.fill = os_fill,
};
