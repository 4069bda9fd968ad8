#include "util/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

ssize_t procfs_read_path(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size_t have = 0;
	while (have < size - 1) {
		ssize_t n = read(fd, buffer + have, size - 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int saved = errno;
			close(fd);
			return -saved;
		}
		if (n == 0)
			break;
		have += (size_t)n;
	}
	close(fd);
	buffer[have] = '\0';
	return (ssize_t)have;
}

ssize_t procfs_read(pid_t pid, const char *name, char *buffer, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	return procfs_read_path(path, buffer, size);
}

bool procfs_stat(pid_t pid, struct procfs_stat *stat)
{
	char text[1024];
	if (procfs_read(pid, "stat", text, sizeof text) <= 0)
		return false;
	/* The name in parentheses may hold anything, parentheses too: the last one ends it. */
	const char *rest = strrchr(text, ')');
	if (!rest)
		return false;
	const unsigned long kernel_thread = 0x00200000; /* PF_KTHREAD of linux/sched.h */
	unsigned long flags;
	uint64_t user, system;
	int got = sscanf(rest + 1,
	                 " %c %*d %*d %*d %*d %*d %lu %*u %*u %*u %*u %" SCNu64 " %" SCNu64
	                 " %*d %*d %*d %*d %" SCNd64 " %*d %" SCNu64,
	                 &stat->state, &flags, &user, &system, &stat->threads, &stat->start_ticks);
	if (got != 6)
		return false;
	stat->cpu_ticks = user + system;
	stat->of_kernel = flags & kernel_thread;
	return true;
}

const char *procfs_line(const char *status, const char *name)
{
	size_t length = strlen(name);
	for (const char *line = status; line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncmp(line, name, length) == 0 && line[length] == ':') {
			line += length + 1;
			return line + strspn(line, "\t ");
		}
	}
	return NULL;
}
