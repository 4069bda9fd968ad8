/*
 * Small reads below /proc/PID. Each call opens, reads and closes; any thread. The text belongs to
 * processes we know nothing of: it is data, not strings, until it has been cleaned.
 */
#ifndef SCHEDTOP_UTIL_PROCFS_H
#define SCHEDTOP_UTIL_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads /proc/PID/NAME whole, up to size - 1 bytes, and terminates it. The number of bytes, or
 * -errno. */
ssize_t procfs_read(pid_t pid, const char *name, char *buffer, size_t size);
/* The same of any small file, /proc/PID/task/TID/stat and cgroup files among them. */
ssize_t procfs_read_path(const char *path, char *buffer, size_t size);

/* The fields of /proc/PID/stat that schedtop needs. */
struct procfs_stat {
	char state;           /* R S D T t Z X ... */
	uint64_t cpu_ticks;   /* utime + stime, in clock ticks of sysconf(_SC_CLK_TCK) */
	uint64_t start_ticks; /* since boot; tells a reused PID apart */
	int64_t threads;
	bool of_kernel; /* a thread of the kernel itself */
};
bool procfs_stat(pid_t pid, struct procfs_stat *stat);

/* The value of a "Name:\tvalue" line of a status file already read, or NULL. Not terminated: it
   runs to the end of its line. */
const char *procfs_line(const char *status, const char *name);

#endif
