#include "collect/target.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "goproc/goproc.h"
#include "util/hash.h"
#include "util/procfs.h"
#include "util/text.h"

/* The kernel's own name of the process is cut at 15 bytes: the base name of argv[0] says more. */
void target_program(pid_t pid, char *to, size_t size)
{
	char line[512];
	ssize_t n = procfs_read(pid, "cmdline", line, sizeof line);
	if (n <= 0 || line[0] == '\0') {
		n = procfs_read(pid, "comm", line, sizeof line);
		if (n > 0 && line[n - 1] == '\n')
			line[--n] = '\0';
	}
	const char *name = n > 0 ? line : "?";
	const char *slash = strrchr(name, '/');
	if (slash && slash[1])
		name = slash + 1;
	text_clean(to, size, name, strlen(name));
}

#define ID_MIN 12 /* hexadecimal digits and dashes in a row: no name is like that */

uint64_t target_hash_cgroup(const char *text)
{
	uint64_t hash = 1;
	if (!*text)
		return 0;
	while (*text) {
		size_t id = strspn(text, "0123456789abcdef-_");
		hash = hash_mix(hash, id >= ID_MIN ? 256 : (unsigned char)*text);
		text += id >= ID_MIN ? id : 1;
	}
	return hash;
}

static uint64_t hash_cgroup(pid_t pid)
{
	char text[4096];
	return procfs_read(pid, "cgroup", text, sizeof text) > 0 ? target_hash_cgroup(text) : 0;
}

/* All that follows argv[0]: the name is compared by itself, and its path may be a release's. */
static uint64_t hash_arguments(pid_t pid)
{
	char line[16384];
	ssize_t n = procfs_read(pid, "cmdline", line, sizeof line);
	uint64_t hash = 1;
	for (ssize_t i = n > 0 ? (ssize_t)strlen(line) : n; i < n; i++)
		hash = hash_mix(hash, (unsigned char)line[i]);
	return n > 0 ? hash : 0;
}

enum status target_find(pid_t pid, struct target *t, struct error *error)
{
	memset(t, 0, sizeof *t);
	t->pid = pid;
	t->local = true;

	char path[32];
	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	struct stat directory;
	struct procfs_stat stat_file;
	if (stat(path, &directory) != 0 || !procfs_stat(pid, &stat_file))
		return error_set(error, STATUS_NO_TARGET, "no process %d", (int)pid);
	if (stat_file.state == 'Z' || stat_file.state == 'X')
		return error_set(error, STATUS_NO_TARGET, "process %d has exited already", (int)pid);
	t->uid = directory.st_uid;
	t->start_ticks = stat_file.start_ticks;
	target_program(pid, t->program, sizeof t->program);
	t->arguments = hash_arguments(pid);
	t->cgroup = hash_cgroup(pid);

	struct goproc_info info;
	enum status status = goproc_identify(pid, &info, error);
	if (status == STATUS_OK)
		status = process_identify(pid, &t->process, error);
	if (status != STATUS_OK)
		return status;
	snprintf(t->go_version, sizeof t->go_version, "%s", info.go_version);
	snprintf(t->module, sizeof t->module, "%s", info.module);
	t->async_timers = info.async_timers;
	return STATUS_OK;
}

enum status target_find_shared(pid_t pid, struct target *t, struct error *error)
{
	enum status status = target_find(pid, t, error);
	/* That it may not be signalled means that it is there. */
	if (status != STATUS_NO_TARGET || kill(pid, 0) == 0 || errno == EPERM)
		return status;
	*t = (struct target){.pid = pid};
	return STATUS_OK;
}

void target_of_url(struct target *t, const char *url)
{
	*t = (struct target){.place = TARGET_URL, .url = url};
	text_clean(t->where, sizeof t->where, url, strlen(url));
}

void target_of_text(struct target *t, const char *text)
{
	bool is_input = strcmp(text, "-") == 0 || strncmp(text, "/dev/fd/", 8) == 0;
	const char *name = is_input ? "standard input" : text;
	*t = (struct target){.place = TARGET_TEXT, .text = text};
	text_clean(t->where, sizeof t->where, name, strlen(name));
}

enum target_state target_check(const struct target *t)
{
	if (!t->local)
		return TARGET_LIVE;
	struct procfs_stat now;
	enum process_state state = process_check(&t->process);
	if (state == PROCESS_GONE || state == PROCESS_REPLACED || !procfs_stat(t->pid, &now))
		return TARGET_EXITED;
	return now.state == 'T' || now.state == 't' ? TARGET_STOPPED : TARGET_LIVE;
}

enum status target_explain_end(const struct target *t, struct error *error)
{
	if (t->place != TARGET_PROCESS)
		return error_set(error, STATUS_EXITED, "%.200s %s", t->where,
		                 t->place == TARGET_TEXT ? "has ended" : "does not answer any more");
	bool replaced = t->local && process_check(&t->process) == PROCESS_REPLACED;
	return error_set(error, STATUS_EXITED,
	                 replaced ? "process %d has executed a new program" : "process %d has exited",
	                 (int)t->pid);
}

enum status target_build(const struct target *t, char **out, struct error *error)
{
	*out = NULL;
	if (!t->local)
		return error_set(error, STATUS_NO_TARGET, "the executable is not on this machine");
	enum status status = goproc_build_text(t->pid, out, error);
	if (status != STATUS_OK || target_check(t) != TARGET_EXITED)
		return status;
	/* It may have been another program's already. */
	free(*out);
	*out = NULL;
	return target_explain_end(t, error);
}
