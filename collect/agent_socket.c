#include "collect/agent_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/directory.h"
#include "util/procfs.h"
#include "util/text.h"

#define ENVIRONMENT_MAX (1 << 20)

/* The value of NAME in the NUL-separated text of /proc/PID/environ; "" counts as unset, as the
 * agent does. */
static const char *environment_value(const char *text, size_t size, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = text; at < text + size; at += strlen(at) + 1)
		if (strncmp(at, name, length) == 0 && at[length] == '=' && at[length + 1])
			return at + length + 1;
	return NULL;
}

/* The directories to look in, best first; returns how many. `environment` may be NULL. */
static int candidates(const struct target *target, const char *environment, size_t size,
                      char list[3][PATH_MAX])
{
	int n = 0;
	const char *own = environment ? environment_value(environment, size, "SCHEDTOP_DIR") : NULL;
	const char *xdg = environment ? environment_value(environment, size, "XDG_RUNTIME_DIR") : NULL;
	if (own)
		snprintf(list[n++], PATH_MAX, "%s", own);
	if (xdg)
		snprintf(list[n++], PATH_MAX, "%s/schedtop", xdg);
	snprintf(list[n++], PATH_MAX, "/tmp/schedtop-%u", (unsigned)target->uid);
	return n;
}

/* A socket named PID-INODE.sock; with inode 0 the first one of that PID. */
static bool find_name(int dir_fd, pid_t pid, uint64_t inode, char *name, size_t size)
{
	char prefix[32];
	if (inode) {
		snprintf(name, size, "%d-%llu.sock", (int)pid, (unsigned long long)inode);
		struct stat st;
		return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode);
	}
	snprintf(prefix, sizeof prefix, "%d-", (int)pid);
	DIR *dir = directory_read(dir_fd);
	if (!dir)
		return false;
	bool found = false;
	for (struct dirent *e; !found && (e = readdir(dir));) {
		size_t length = strlen(e->d_name);
		found = strncmp(e->d_name, prefix, strlen(prefix)) == 0 && length > 5 && length < size &&
		        strcmp(e->d_name + length - 5, ".sock") == 0;
		if (found)
			snprintf(name, size, "%s", e->d_name);
	}
	closedir(dir);
	return found;
}

/* The PID inside the target's innermost PID namespace, and that namespace's inode where it can be
 * read. */
static void read_pid_namespace(struct agent_socket *s, pid_t pid)
{
	char text[8192], path[64], link[64];
	s->pid = pid;
	if (procfs_read(pid, "status", text, sizeof text) > 0) {
		const char *line = procfs_line(text, "NSpid");
		if (line)
			for (char *end; *line && *line != '\n'; line = end) {
				long value = strtol(line, &end, 10);
				if (end == line)
					break;
				s->pid = (pid_t)value;
				end += strspn(end, "\t ");
			}
	}
	snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)pid);
	ssize_t n = readlink(path, link, sizeof link - 1);
	unsigned long long inode;
	if (n > 0) {
		link[n] = '\0';
		if (sscanf(link, "pid:[%llu]", &inode) == 1)
			s->pid_namespace = inode;
	}
}

/* Opens `directory` as the target sees it; through our own root when its root may not be looked at.
 */
static int open_directory(const struct target *target, const char *directory)
{
	char path[PATH_MAX + 64];
	if (!target->local)
		return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int length = snprintf(path, sizeof path, "/proc/%d/%s/%s", (int)target->pid,
	                      directory[0] == '/' ? "root" : "cwd", directory);
	if (length < 0 || (size_t)length >= sizeof path)
		return -1;
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && directory[0] == '/')
		fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd;
}

/* A directory others can write to, or a socket of somebody else, could be anybody's answer. */
static bool trusted(const struct target *target, const struct stat *st)
{
	uid_t uid = target->local ? target->uid : getuid();
	return st->st_uid == uid || st->st_uid == 0;
}

static enum status try_directory(const struct target *target, const char *directory,
                                 struct agent_socket *s, struct error *error)
{
	int fd = open_directory(target, directory);
	if (fd < 0)
		return STATUS_NO_TARGET;
	char name[NAME_MAX + 1];
	struct stat dir_stat, socket_stat;
	if (!find_name(fd, s->pid, s->pid_namespace, name, sizeof name) || fstat(fd, &dir_stat) != 0 ||
	    fstatat(fd, name, &socket_stat, AT_SYMLINK_NOFOLLOW) != 0) {
		close(fd);
		return STATUS_NO_TARGET;
	}
	text_clean(s->shown, sizeof s->shown, directory, strlen(directory));
	if (!trusted(target, &dir_stat) || !trusted(target, &socket_stat)) {
		close(fd);
		return error_set(
			error, STATUS_PERMISSION,
			"the agent's socket in %s belongs to another user than process %d: not used", s->shown,
			(int)target->pid);
	}
	s->dir_fd = fd;
	int length = snprintf(s->path, sizeof s->path, "/proc/self/fd/%d/%s", fd, name);
	if (length < 0 || (size_t)length >= sizeof s->path) {
		agent_socket_finish(s);
		return error_set(error, STATUS_FAILED, "the agent's socket in %s has too long a name",
		                 s->shown);
	}
	return STATUS_OK;
}

enum status agent_socket_find(const struct target *target, struct agent_socket *out,
                              struct error *error)
{
	*out = (struct agent_socket){.dir_fd = -1};
	char list[3][PATH_MAX];
	int n;
	if (target->local) {
		read_pid_namespace(out, target->pid);
		char *environment = malloc(ENVIRONMENT_MAX);
		ssize_t size = -1;
		if (environment)
			size = procfs_read(target->pid, "environ", environment, ENVIRONMENT_MAX);
		n = candidates(target, size > 0 ? environment : NULL, size > 0 ? (size_t)size : 0, list);
		free(environment);
	} else {
		/* Only its socket is shared with us: our own directories are the ones to look in. */
		out->pid = target->pid;
		const char *own = getenv("SCHEDTOP_DIR"), *xdg = getenv("XDG_RUNTIME_DIR");
		n = 0;
		if (own && *own)
			snprintf(list[n++], PATH_MAX, "%s", own);
		if (xdg && *xdg)
			snprintf(list[n++], PATH_MAX, "%s/schedtop", xdg);
		snprintf(list[n++], PATH_MAX, "/tmp/schedtop-%u", (unsigned)getuid());
	}
	for (int i = 0; i < n; i++) {
		enum status status = try_directory(target, list[i], out, error);
		if (status != STATUS_NO_TARGET)
			return status;
	}
	char shown[200];
	text_clean(shown, sizeof shown, list[0], strlen(list[0]));
	return error_set(
		error, STATUS_NO_TARGET,
		"process %d has no schedtop agent (no socket of it in %s%s): import "
		"schedtop/agent/auto into the program, or read its memory with --source memory",
		(int)target->pid, shown, n > 1 ? " or the other places" : "");
}

void agent_socket_finish(struct agent_socket *s)
{
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	s->dir_fd = -1;
}

bool agent_socket_answers(const struct agent_socket *s)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_Static_assert(sizeof address.sun_path >= sizeof s->path, "a path found fits");
	memcpy(address.sun_path, s->path, sizeof s->path);
	bool answers = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
	close(fd);
	return answers;
}
