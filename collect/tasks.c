#include "collect/tasks.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/procfs.h"
#include "util/text.h"

#define SAVED_MAX_NS \
	(10 * NS_PER_MS) /* the longest that one call takes out of the collector's time */

struct tasks {
	char directory[128]; /* /proc/PID/task */
	bool nested;         /* it lives in a PID namespace of its own */
	bool no_syscall;     /* this kernel or its rules do not tell the system calls */
	int64_t ns_per_tick;
	int64_t allowance_ns; /* below 0: listing took more than there was */
	int64_t list_ns;      /* what listing cost the last time */
	int64_t unlisted_ns;  /* allowed since then */
	struct snapshot_task *row;
	size_t n, next; /* the next one to read */
	int64_t listed_ns;
	int32_t *listed; /* room for TASKS_MAX */
};

/* Another namespace than ours, or none that we may see: then every thread is asked for its number.
 */
static bool is_nested(const char *proc, pid_t pid)
{
	char path[128], ours[64] = "", theirs[64] = "";
	snprintf(path, sizeof path, "%s/%d/ns/pid", proc, (int)pid);
	ssize_t n = readlink(path, theirs, sizeof theirs - 1);
	snprintf(path, sizeof path, "%s/self/ns/pid", proc);
	ssize_t m = readlink(path, ours, sizeof ours - 1);
	return n > 0 && m > 0 && strcmp(ours, theirs) != 0;
}

struct tasks *tasks_create(const char *proc, pid_t pid)
{
	struct tasks *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	snprintf(t->directory, sizeof t->directory, "%s/%d/task", proc, (int)pid);
	t->nested = is_nested(proc, pid);
	t->ns_per_tick = NS_PER_S / sysconf(_SC_CLK_TCK);
	t->listed = malloc(TASKS_MAX * sizeof *t->listed);
	if (!t->listed) {
		free(t);
		return NULL;
	}
	return t;
}

void tasks_destroy(struct tasks *t)
{
	if (!t)
		return;
	free(t->row);
	free(t->listed);
	free(t);
}

/* --- the list ------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
	return (left > right) - (left < right);
}

static size_t list(struct tasks *t)
{
	size_t n = 0;
	long tid;
	struct dirent *entry;
	DIR *directory = opendir(t->directory);
	if (!directory)
		return 0;
	while (n < TASKS_MAX && (entry = readdir(directory)) != NULL)
		if (text_parse_integer(entry->d_name, 1, INT32_MAX, &tid))
			t->listed[n++] = (int32_t)tid;
	closedir(directory);
	qsort(t->listed, n, sizeof *t->listed, by_number);
	return n;
}

/* Makes the rows those of the list; what was known of a thread stays. */
static enum status relist(struct tasks *t)
{
	size_t n = list(t), old = 0;
	struct snapshot_task *row = calloc(n + 1, sizeof *row);
	if (!row)
		return STATUS_FAILED;
	for (size_t i = 0; i < n; i++) {
		while (old < t->n && t->row[old].tid < t->listed[i])
			old++;
		if (old < t->n && t->row[old].tid == t->listed[i])
			row[i] = t->row[old];
		else
			row[i] = (struct snapshot_task){.tid = t->listed[i],
			                                .inner_tid = t->nested ? 0 : t->listed[i],
			                                .cpu_ns = -1,
			                                .syscall = TASK_SYSCALL_UNKNOWN};
	}
	/* Reading goes on where it stopped, give or take the threads that came and went. */
	int32_t next = t->next < t->n ? t->row[t->next].tid : 0;
	for (t->next = 0; t->next < n && row[t->next].tid < next;)
		t->next++;
	free(t->row);
	t->row = row;
	t->n = n;
	t->listed_ns = clock_monotonic_ns();
	return STATUS_OK;
}

/* --- one thread ----------------------------------------------------------------------------- */

static ssize_t read_file(const struct tasks *t, int32_t tid, const char *name, char *text,
                         size_t size)
{
	char path[192];
	snprintf(path, sizeof path, "%s/%" PRId32 "/%s", t->directory, tid, name);
	return procfs_read_path(path, text, size);
}

/* "4321 (name) S 1 ...": the name may hold anything, parentheses too; the last one ends it. */
static bool read_stat(const struct tasks *t, struct snapshot_task *row)
{
	char text[1024], state;
	uint64_t user, system;
	if (read_file(t, row->tid, "stat", text, sizeof text) <= 0)
		return false;
	const char *name = strchr(text, '('), *rest = strrchr(text, ')');
	if (!name || !rest || rest < name ||
	    sscanf(rest + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64, &state,
	           &user, &system) != 3 ||
	    user > INT64_MAX / 2 / (uint64_t)t->ns_per_tick ||
	    system > INT64_MAX / 2 / (uint64_t)t->ns_per_tick)
		return false;
	text_clean(row->name, sizeof row->name, name + 1, (size_t)(rest - name - 1));
	row->state = state > ' ' && state < 0x7f ? state : '\0';
	row->cpu_ns = (int64_t)(user + system) * t->ns_per_tick;
	return true;
}

/* Does no thread tell, by what became of asking one? What forbids it or lacks it does so for all of
   them; one that has ended since says nothing of the others, nor do descriptors that we lack. */
static bool tells_nobody(const struct tasks *t, int32_t tid, ssize_t n)
{
	char path[192];
	snprintf(path, sizeof path, "%s/%" PRId32, t->directory, tid);
	return n == 0 || n == -EACCES || n == -EPERM || (n == -ENOENT && access(path, F_OK) == 0);
}

/* "running", "-1 0x… 0x…" outside of any call, or "202 0x… …". */
static void read_syscall(struct tasks *t, struct snapshot_task *row)
{
	char text[256], *end;
	row->syscall = TASK_SYSCALL_UNKNOWN;
	if (t->no_syscall)
		return;
	ssize_t n = read_file(t, row->tid, "syscall", text, sizeof text);
	if (n <= 0) {
		t->no_syscall = tells_nobody(t, row->tid, n);
		return;
	}
	long number = strtol(text, &end, 10);
	if (end == text || number < 0)
		row->syscall = TASK_SYSCALL_NONE;
	else if (number <= INT16_MAX)
		row->syscall = (int16_t)number;
}

/* "0" for a thread that runs, and for one whose stack we may not see. */
static void read_wait(const struct tasks *t, struct snapshot_task *row)
{
	char text[128];
	ssize_t n = read_file(t, row->tid, "wchan", text, sizeof text);
	row->wait[0] = '\0';
	if (n > 0 && text[0] != '0')
		text_clean(row->wait, sizeof row->wait, text, strcspn(text, "\n"));
}

/* The last number of "NSpid:\t4321\t17\t5" is the one in the innermost namespace. */
static void read_inner_tid(const struct tasks *t, struct snapshot_task *row)
{
	char text[4096];
	if (read_file(t, row->tid, "status", text, sizeof text) <= 0)
		return;
	const char *line = procfs_line(text, "NSpid");
	for (char *end; line && *line && *line != '\n'; line = end) {
		long tid = strtol(line, &end, 10);
		if (end == line)
			break;
		row->inner_tid = (int32_t)tid;
		end += strspn(end, "\t ");
	}
}

/* What a thread that runs waits for is not asked. */
static void read_task(struct tasks *t, struct snapshot_task *row)
{
	int64_t now_ns = clock_monotonic_ns();
	if (!read_stat(t, row))
		return; /* gone: the next list will not have it */
	row->read_ns = now_ns;
	row->wait[0] = '\0';
	row->syscall = TASK_SYSCALL_NONE;
	if (row->state != 'R') {
		read_syscall(t, row);
		read_wait(t, row);
	}
	if (row->inner_tid == 0)
		read_inner_tid(t, row);
}

/* --- the allowance -------------------------------------------------------------------------- */

#define LIST_SHARE \
	4 /* listing takes no more than this part of it: of thousands it costs most of all */

static enum status relist_when_due(struct tasks *t, int64_t start_ns)
{
	if (t->n > 0 && t->unlisted_ns < LIST_SHARE * t->list_ns)
		return STATUS_OK;
	enum status status = relist(t);
	t->list_ns = clock_thread_cpu_ns() - start_ns;
	t->unlisted_ns = 0;
	return status;
}

enum status tasks_fill(struct tasks *t, int64_t allowed_ns, struct snapshot *s)
{
	int64_t start_ns = clock_thread_cpu_ns(), left_ns = t->allowance_ns + allowed_ns;
	if (left_ns > SAVED_MAX_NS)
		left_ns = SAVED_MAX_NS;
	enum status status = STATUS_OK;
	t->unlisted_ns += allowed_ns;
	if (left_ns > 0)
		status = relist_when_due(t, start_ns);
	for (size_t i = 0; i < t->n && clock_thread_cpu_ns() - start_ns < left_ns; i++) {
		if (t->next >= t->n)
			t->next = 0;
		read_task(t, &t->row[t->next++]);
	}
	t->allowance_ns = left_ns - (clock_thread_cpu_ns() - start_ns);
	if (status || snapshot_reserve_tasks(s, t->n))
		return STATUS_FAILED;
	if (t->n > 0)
		memcpy(s->task, t->row, t->n * sizeof *t->row);
	s->tasks_at = (struct stamp){ORIGIN_OS, t->listed_ns};
	return STATUS_OK;
}
