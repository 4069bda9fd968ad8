/*
 * The CPU limits of a process's cgroups, v1 and v2, with every ancestor: the tightest one counts.
 * Reads files on each call; the paths are found once.
 */
#ifndef SCHEDTOP_COLLECT_CGROUP_H
#define SCHEDTOP_COLLECT_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cgroup; /* where the limits of one process are found */

/* NULL when out of memory or when the process has no CPU controller that can be seen from here. */
struct cgroup *cgroup_find(pid_t pid);
void cgroup_destroy(struct cgroup *c);

struct cgroup_cpu {
	bool limited;
	int64_t millicpus; /* the least quota / period of the process's group and all its ancestors */
	bool counted;      /* the counters of the group that has that limit */
	int64_t periods, throttled_periods, throttled_ns;
};
struct cgroup_cpu cgroup_read(const struct cgroup *c);

/* The same below another root than / : for tests. `cgroup_file` is the text of /proc/PID/cgroup. */
struct cgroup *cgroup_find_in(const char *root, const char *cgroup_file);

#endif
