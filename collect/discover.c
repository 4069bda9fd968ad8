#include "collect/discover.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collect/agent_socket.h"
#include "collect/target.h"
#include "goproc/goproc.h"
#include "util/clock.h"
#include "util/procfs.h"
#include "util/text.h"

#define CPU_WINDOW_NS (200 * NS_PER_MS)

static void name_user(uid_t uid, char *to, size_t size)
{
	const struct passwd *user = getpwuid(uid);
	if (user)
		text_clean(to, size, user->pw_name, strlen(user->pw_name));
	else
		snprintf(to, size, "%u", (unsigned)uid);
}

static bool add(struct discovery *d, const struct target *t)
{
	if (d->n % 16 == 0) {
		struct discovered *more = realloc(d->process, (d->n + 16) * sizeof *more);
		if (!more)
			return false;
		d->process = more;
	}
	struct discovered *p = &d->process[d->n++];
	memset(p, 0, sizeof *p);
	p->pid = t->pid;
	p->gomaxprocs = -1;
	p->cpu_ratio = -1;
	snprintf(p->program, sizeof p->program, "%s", t->program);
	snprintf(p->go_version, sizeof p->go_version, "%s", t->go_version);
	snprintf(p->module, sizeof p->module, "%s", t->module);
	name_user(t->uid, p->user, sizeof p->user);
	return true;
}

/* What takes an attachment: GOMAXPROCS, and whether memory and agent are there. */
static void look_closer(struct discovered *p, const struct target *t)
{
	struct error error = {0};
	struct goproc *g;
	struct goproc_state state;
	if (goproc_attach(t->pid, &g, &error) == STATUS_OK) {
		if (goproc_read(g, &state, &error) == STATUS_OK && state.sched.gomaxprocs > 0)
			p->gomaxprocs = state.sched.gomaxprocs;
		p->info = *goproc_get_info(g);
		goproc_detach(g);
	}
	snprintf(p->memory, sizeof p->memory, "%.255s", error.text);

	struct agent_socket s;
	if (agent_socket_find(t, &s, NULL) == STATUS_OK) {
		p->agent = agent_socket_answers(&s);
		agent_socket_finish(&s);
	}
}

static int by_pid(const void *a, const void *b)
{
	pid_t x = ((const struct discovered *)a)->pid, y = ((const struct discovered *)b)->pid;
	return (x > y) - (x < y);
}

static uint64_t cpu_ticks(pid_t pid)
{
	struct procfs_stat stat;
	return procfs_stat(pid, &stat) ? stat.cpu_ticks : UINT64_MAX;
}

/* CPU use of all of them over one window, the way top shows it. */
static void measure_cpu(struct discovery *d)
{
	uint64_t *before = calloc(d->n ? d->n : 1, sizeof *before);
	if (!before)
		return;
	int64_t start_ns = clock_monotonic_ns();
	for (size_t i = 0; i < d->n; i++)
		before[i] = cpu_ticks(d->process[i].pid);
	if (d->n)
		nanosleep(&(struct timespec){.tv_nsec = CPU_WINDOW_NS}, NULL);
	double wall_s = (double)(clock_monotonic_ns() - start_ns) / (double)NS_PER_S;
	double per_tick_s = 1.0 / (double)sysconf(_SC_CLK_TCK);
	for (size_t i = 0; i < d->n; i++) {
		uint64_t now = cpu_ticks(d->process[i].pid);
		if (before[i] != UINT64_MAX && now != UINT64_MAX && now >= before[i])
			d->process[i].cpu_ratio = (double)(now - before[i]) * per_tick_s / wall_s;
	}
	free(before);
}

static bool leave_out(struct discovery *d, pid_t pid, const struct error *why)
{
	if (d->left_out_n % 16 == 0) {
		struct left_out *more = realloc(d->left_out, (d->left_out_n + 16) * sizeof *more);
		if (!more)
			return false;
		d->left_out = more;
	}
	struct left_out *one = &d->left_out[d->left_out_n++];
	char path[32];
	struct stat directory;
	*one = (struct left_out){.pid = pid, .user = "-"};
	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	if (stat(path, &directory) == 0)
		name_user(directory.st_uid, one->user, sizeof one->user);
	snprintf(one->why, sizeof one->why, "%.255s", why->text);
	return true;
}

/* They have no arguments, not even a name; to see that takes no permission. */
static bool is_kernel_thread(pid_t pid)
{
	char first[2];
	return procfs_read(pid, "cmdline", first, sizeof first) == 0;
}

/* What is no Go process. One that has ended meanwhile counts nowhere. */
static void count(struct discovery *d, pid_t pid)
{
	struct procfs_stat stat;
	if (!procfs_stat(pid, &stat) || stat.state == 'Z' || stat.state == 'X')
		return;
	if (is_kernel_thread(pid))
		d->kernel_threads++;
	else
		d->others++;
}

/* What we lack ourselves says nothing about a process, and the next one would fare the same. */
static bool is_our_lack(int reason)
{
	return reason == EMFILE || reason == ENFILE || reason == ENOMEM;
}

static enum status look_at(struct discovery *d, pid_t pid, bool closely, struct error *error)
{
	struct target t;
	struct error why = {0};
	errno = 0;
	enum status status = target_find(pid, &t, &why);
	if (status != STATUS_OK && is_our_lack(errno))
		return error_set(error, STATUS_FAILED, "the processes can't be looked at: %s",
		                 strerror(errno));
	switch (status) {
	case STATUS_OK:
		if (!add(d, &t))
			return error_no_memory(error);
		if (closely)
			look_closer(&d->process[d->n - 1], &t);
		return STATUS_OK;
	case STATUS_PERMISSION:
	case STATUS_FAILED:
		if (is_kernel_thread(pid)) {
			count(d, pid);
			return STATUS_OK;
		}
		return leave_out(d, pid, &why) ? STATUS_OK : error_no_memory(error);
	default:
		count(d, pid);
		return STATUS_OK;
	}
}

static int by_pid_left_out(const void *a, const void *b)
{
	pid_t x = ((const struct left_out *)a)->pid, y = ((const struct left_out *)b)->pid;
	return (x > y) - (x < y);
}

static enum status look_at_all(struct discovery *out, bool closely, struct error *error)
{
	*out = (struct discovery){0};
	DIR *proc = opendir("/proc");
	if (!proc)
		return is_our_lack(errno)
		           ? error_set(error, STATUS_FAILED, "the processes can't be looked at: %s",
		                       strerror(errno))
		           : error_set(error, STATUS_FAILED, "/proc can't be read: is it mounted?");
	enum status status = STATUS_OK;
	for (struct dirent *e; status == STATUS_OK && (e = readdir(proc));) {
		long pid;
		if (!isdigit((unsigned char)e->d_name[0]) ||
		    !text_parse_integer(e->d_name, 1, 0x7fffffff, &pid) || pid == getpid())
			continue;
		status = look_at(out, (pid_t)pid, closely, error);
	}
	closedir(proc);
	if (status != STATUS_OK) {
		discovery_finish(out);
		return status;
	}
	if (out->n)
		qsort(out->process, out->n, sizeof *out->process, by_pid);
	if (out->left_out_n)
		qsort(out->left_out, out->left_out_n, sizeof *out->left_out, by_pid_left_out);
	return STATUS_OK;
}

enum status discover(struct discovery *out, bool measure, struct error *error)
{
	enum status status = look_at_all(out, true, error);
	if (status == STATUS_OK && measure)
		measure_cpu(out);
	return status;
}

enum status discover_names(struct discovery *out, struct error *error)
{
	return look_at_all(out, false, error);
}

void discovery_finish(struct discovery *d)
{
	free(d->process);
	free(d->left_out);
	*d = (struct discovery){0};
}

/* --- started anew ---------------------------------------------------------------------------- */

/* Cheap questions first: most processes are of another name, user or time. */
static bool is_same_program(pid_t pid, const struct target *gone, uint64_t after_ticks,
                            struct target *found)
{
	struct procfs_stat stat;
	char program[sizeof gone->program];
	if (!procfs_stat(pid, &stat) || stat.start_ticks <= after_ticks)
		return false;
	target_program(pid, program, sizeof program);
	return strcmp(program, gone->program) == 0 && target_find(pid, found, NULL) == STATUS_OK &&
	       found->uid == gone->uid && strcmp(found->module, gone->module) == 0;
}

static bool has_executed(const struct target *gone)
{
	struct target now;
	return gone->local && target_find(gone->pid, &now, NULL) == STATUS_OK &&
	       now.start_ticks == gone->start_ticks;
}

/* The next process of that program behind the one at `proc`; 0: no more. */
static pid_t next_of_program(DIR *proc, const struct target *gone, uint64_t after_ticks,
                             struct target *found)
{
	for (struct dirent *e; (e = readdir(proc));) {
		long pid;
		if (isdigit((unsigned char)e->d_name[0]) &&
		    text_parse_integer(e->d_name, 1, 0x7fffffff, &pid) && pid != getpid() &&
		    is_same_program((pid_t)pid, gone, after_ticks, found))
			return (pid_t)pid;
	}
	return 0;
}

pid_t discover_successor(const struct target *gone)
{
	struct target found;
	pid_t newest = 0;
	uint64_t newest_ticks = 0;
	if (has_executed(gone))
		return gone->pid;
	DIR *proc = gone->local ? opendir("/proc") : NULL;
	for (pid_t pid; proc && (pid = next_of_program(proc, gone, gone->start_ticks, &found));)
		if (found.start_ticks > newest_ticks) {
			newest = pid;
			newest_ticks = found.start_ticks;
		}
	if (proc)
		closedir(proc);
	return newest;
}

/* /proc counts from the boot, sleep included, in ticks. */
static uint64_t ticks_at(int64_t monotonic_ns)
{
	struct timespec boot;
	int64_t hz = sysconf(_SC_CLK_TCK);
	if (clock_gettime(CLOCK_BOOTTIME, &boot) != 0 || hz <= 0)
		return UINT64_MAX;
	int64_t slept_ns = (int64_t)boot.tv_sec * NS_PER_S + boot.tv_nsec - clock_monotonic_ns();
	int64_t ticks = (monotonic_ns + slept_ns) / (NS_PER_S / hz);
	return ticks > 0 ? (uint64_t)ticks : 0;
}

pid_t discover_next_run(const struct target *gone, int64_t alive_ns)
{
	struct target found;
	pid_t first = 0;
	uint64_t first_ticks = UINT64_MAX, alive_ticks = ticks_at(alive_ns);
	if (has_executed(gone))
		return gone->pid;
	if (alive_ticks < gone->start_ticks)
		alive_ticks = gone->start_ticks;
	DIR *proc = gone->local ? opendir("/proc") : NULL;
	for (pid_t pid; proc && (pid = next_of_program(proc, gone, alive_ticks, &found));)
		if (found.arguments == gone->arguments && found.cgroup == gone->cgroup &&
		    found.start_ticks < first_ticks) {
			first = pid;
			first_ticks = found.start_ticks;
		}
	if (proc)
		closedir(proc);
	return first;
}
