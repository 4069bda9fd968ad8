#include "collect/cgroup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/procfs.h"

/* Where the two hierarchies are mounted on every current distribution. */
static const char v2_mount[] = "/sys/fs/cgroup";
static const char *const v1_mounts[] = {"/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpu"};

struct cgroup {
	bool v2;
	char base[512];  /* the mount, which is also the last ancestor */
	char path[1024]; /* the process's group below it: "" or "/a/b" */
};

static bool exists(const char *base, const char *path)
{
	char full[2048];
	snprintf(full, sizeof full, "%s%s", base, path);
	return access(full, F_OK) == 0;
}

/* Copies a group's path. "/../b" is outside of our cgroup namespace, as that of the next container
   is (cgroup_namespaces(7)): what is mounted here is ours, and says nothing of it. */
static bool copy_path(char *to, size_t size, const char *from, size_t length)
{
	if (length >= size || from[0] != '/')
		return false;
	memcpy(to, from, length);
	to[length] = '\0';
	if (strcmp(to, "/..") == 0 || strncmp(to, "/../", 4) == 0)
		return false;
	if (strcmp(to, "/") == 0)
		to[0] = '\0';
	return true;
}

/* Is `name` among the comma-separated controllers? */
static bool has_controller(const char *list, size_t length, const char *name)
{
	size_t n = strlen(name);
	for (const char *at = list; at < list + length;) {
		size_t word = strcspn(at, ",:");
		if (word == n && memcmp(at, name, n) == 0)
			return true;
		at += word + 1;
	}
	return false;
}

struct cgroup *cgroup_find_in(const char *root, const char *cgroup_file)
{
	struct cgroup *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	bool found = false;
	for (const char *line = cgroup_file; *line && !found;) {
		size_t length = strcspn(line, "\n");
		const char *controllers = memchr(line, ':', length);
		const char *path =
			controllers ? memchr(controllers + 1, ':', length - (size_t)(controllers + 1 - line))
						: NULL;
		if (path) {
			size_t path_length = length - (size_t)(path + 1 - line);
			size_t list_length = (size_t)(path - controllers - 1);
			bool usable = copy_path(c->path, sizeof c->path, path + 1, path_length);
			if (usable && has_controller(controllers + 1, list_length, "cpu")) {
				for (size_t i = 0; i < sizeof v1_mounts / sizeof v1_mounts[0] && !found; i++) {
					snprintf(c->base, sizeof c->base, "%s%s", root, v1_mounts[i]);
					found = exists(c->base, "/cpu.cfs_period_us") || exists(c->base, c->path);
				}
			} else if (usable && list_length == 0) {
				c->v2 = true;
				snprintf(c->base, sizeof c->base, "%s%s", root, v2_mount);
				found = exists(c->base, "/cgroup.controllers");
			}
			/* A path that can't be seen from here (another cgroup namespace): the mount itself is
			   the nearest ancestor there is. */
			if (found && !exists(c->base, c->path))
				c->path[0] = '\0';
		}
		line += length + (line[length] == '\n');
		if (!found)
			c->v2 = false;
	}
	if (!found) {
		free(c);
		return NULL;
	}
	return c;
}

struct cgroup *cgroup_find(pid_t pid)
{
	char text[8192];
	if (procfs_read(pid, "cgroup", text, sizeof text) <= 0)
		return NULL;
	return cgroup_find_in("", text);
}

void cgroup_destroy(struct cgroup *c)
{
	free(c);
}

static ssize_t read_in(const struct cgroup *c, const char *path, const char *name, char *text,
                       size_t size)
{
	char full[2048];
	snprintf(full, sizeof full, "%s%s/%s", c->base, path, name);
	return procfs_read_path(full, text, size);
}

/* The quota of one group, in thousandths of a CPU; false: none. */
static bool read_quota(const struct cgroup *c, const char *path, int64_t *millicpus)
{
	char text[128];
	int64_t quota = 0, period = 0;
	if (c->v2) {
		if (read_in(c, path, "cpu.max", text, sizeof text) <= 0 ||
		    sscanf(text, "%" SCNd64 " %" SCNd64, &quota, &period) != 2)
			return false;
	} else {
		if (read_in(c, path, "cpu.cfs_quota_us", text, sizeof text) <= 0 ||
		    sscanf(text, "%" SCNd64, &quota) != 1 ||
		    read_in(c, path, "cpu.cfs_period_us", text, sizeof text) <= 0 ||
		    sscanf(text, "%" SCNd64, &period) != 1)
			return false;
	}
	if (quota <= 0 || period <= 0 || quota > INT64_MAX / 1000)
		return false;
	*millicpus = quota * 1000 / period;
	return true;
}

static bool read_stat_line(const char *text, const char *name, int64_t *value)
{
	size_t length = strlen(name);
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, name, length) == 0 && line[length] == ' ')
			return sscanf(line + length, "%" SCNd64, value) == 1;
	return false;
}

static void read_throttling(const struct cgroup *c, const char *path, struct cgroup_cpu *cpu)
{
	char text[1024];
	if (read_in(c, path, "cpu.stat", text, sizeof text) <= 0)
		return;
	int64_t throttled;
	bool time_known = c->v2 ? read_stat_line(text, "throttled_usec", &throttled)
	                        : read_stat_line(text, "throttled_time", &throttled);
	cpu->counted = time_known && read_stat_line(text, "nr_periods", &cpu->periods) &&
	               read_stat_line(text, "nr_throttled", &cpu->throttled_periods);
	if (cpu->counted)
		cpu->throttled_ns = c->v2 ? throttled * 1000 : throttled;
}

struct cgroup_cpu cgroup_read(const struct cgroup *c)
{
	struct cgroup_cpu cpu = {0};
	char path[sizeof c->path], tightest[sizeof c->path] = "";
	memcpy(path, c->path, sizeof path);
	for (;;) {
		int64_t millicpus;
		if (read_quota(c, path, &millicpus) && (!cpu.limited || millicpus < cpu.millicpus)) {
			cpu.limited = true;
			cpu.millicpus = millicpus;
			memcpy(tightest, path, sizeof tightest);
		}
		char *slash = strrchr(path, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	if (cpu.limited)
		read_throttling(c, tightest, &cpu);
	return cpu;
}
