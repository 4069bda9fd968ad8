#include "goproc/process.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "goproc/memory.h"
#include "goproc/permission.h"
#include "util/procfs.h"
#include "util/text.h"

#define EXEC_ATTEMPTS 50
#define EXEC_PAUSE_NS 1000000

void process_name(pid_t pid, char *subject, size_t size)
{
	char comm[64], clean[64] = "";
	ssize_t n = procfs_read(pid, "comm", comm, sizeof comm);
	if (n > 0 && comm[n - 1] == '\n')
		n--;
	if (n > 0)
		text_clean(clean, sizeof clean, comm, (size_t)n);
	snprintf(subject, size, *clean ? "process %d (%s)" : "process %d", (int)pid, clean);
}

/* Where the first executable segment of a file begins, and its entry point, as it is linked. */
static bool read_segments(pid_t pid, uint64_t *first, uint64_t *entry)
{
	char path[64];
	Elf64_Ehdr header;
	Elf64_Phdr segment[64];
	snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && pread(fd, &header, sizeof header, 0) == (ssize_t)sizeof header &&
	            memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
	            header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_phentsize == sizeof *segment &&
	            header.e_phnum <= 64;
	size_t size = good ? header.e_phnum * sizeof *segment : 0;
	good = good && pread(fd, segment, size, (off_t)header.e_phoff) == (ssize_t)size;
	if (fd >= 0)
		close(fd);
	*first = UINT64_MAX;
	for (size_t i = 0; good && i < header.e_phnum; i++)
		if (segment[i].p_type == PT_LOAD && segment[i].p_flags & PF_X &&
		    segment[i].p_vaddr < *first)
			*first = segment[i].p_vaddr;
	*entry = good ? header.e_entry : 0;
	return *first != UINT64_MAX;
}

/*
 * Who has CAP_SYS_PTRACE and nothing else may not open another user's auxv, whose mode is 0400. But
 * /proc/PID/stat tells to whom may trace where the code lies, and where the stack begins, which is
 * as random as AT_RANDOM beside it.
 */
static bool find_entry(pid_t pid, uint64_t *entry, uint64_t *random)
{
	char text[1024];
	uint64_t linked, first, start;
	const char *rest = procfs_read(pid, "stat", text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
	/* Fields 26 and 28 of proc(5); the first behind the name is 3. They are 0 or 1 to strangers. */
	if (!rest ||
	    sscanf(rest + 1,
	           " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u "
	           "%*u %*d %*u %" SCNu64 " %*u %" SCNu64,
	           &start, random) != 2 ||
	    start <= 1 || !read_segments(pid, &first, &linked))
		return false;
	*entry = start - first + linked;
	return true;
}

/* AT_ENTRY and AT_RANDOM; 0 or -errno. The auxiliary vector is empty while a process executes. */
static int read_auxv(pid_t pid, uint64_t *entry, uint64_t *random)
{
	char auxv[4096];
	ssize_t n = procfs_read(pid, "auxv", auxv, sizeof auxv);
	if (n == -EACCES && find_entry(pid, entry, random))
		return 0;
	if (n < 0)
		return (int)n;
	*entry = *random = 0;
	for (size_t at = 0; at + 16 <= (size_t)n; at += 16) {
		uint64_t type = memory_u64(auxv + at), value = memory_u64(auxv + at + 8);
		if (type == AT_ENTRY)
			*entry = value;
		else if (type == AT_RANDOM)
			*random = value;
	}
	return 0;
}

static int stat_executable(pid_t pid, dev_t *device, ino_t *inode)
{
	char path[64];
	struct stat stat_buffer;
	snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
	if (stat(path, &stat_buffer) != 0)
		return -errno;
	*device = stat_buffer.st_dev;
	*inode = stat_buffer.st_ino;
	return 0;
}

static bool is_dead(const struct procfs_stat *stat)
{
	return stat->state == 'Z' || stat->state == 'X';
}

enum status process_identify(pid_t pid, struct process *process, struct error *error)
{
	struct procfs_stat stat;
	*process = (struct process){.pid = pid};
	process_name(pid, process->subject, sizeof process->subject);
	bool seen = pid > 0 && procfs_stat(pid, &stat);
	/* With hidepid /proc does not list what belongs to others. */
	if (!seen && pid > 0 && kill(pid, 0) != 0 && errno == EPERM)
		return permission_error(pid, process->subject, error);
	if (!seen)
		return error_set(error, STATUS_NO_TARGET, "there is no process %d", (int)pid);
	if (is_dead(&stat))
		return error_set(error, STATUS_NO_TARGET, "%s has exited already", process->subject);
	process->start_ticks = stat.start_ticks;
	int result = stat_executable(pid, &process->device, &process->inode);
	if (result == 0)
		result = read_auxv(pid, &process->entry, &process->random);
	switch (result) {
	case 0:
		return STATUS_OK;
	case -EACCES:
	case -EPERM:
		return permission_error(pid, process->subject, error);
	case -ENOENT:
		/* One that exits loses it before it is dead. */
		if (stat.of_kernel)
			return error_set(error, STATUS_NO_TARGET, "%s has no executable: it is a kernel thread",
			                 process->subject);
		return error_set(error, STATUS_NO_TARGET, "%s has exited already", process->subject);
	case -ESRCH:
		return error_set(error, STATUS_NO_TARGET, "%s has exited already", process->subject);
	default:
		return error_set(error, STATUS_FAILED, "/proc/%d can't be read: %s", (int)pid,
		                 strerror(-result));
	}
}

/* Reads the stat of a process that is alive. While a thread executes a program, the kernel takes
   the others down first and the process looks dead for a moment: but not like one whose last thread
   has ended. */
static bool stat_alive(pid_t pid, struct procfs_stat *stat)
{
	for (int attempt = 0; attempt < EXEC_ATTEMPTS; attempt++) {
		if (!procfs_stat(pid, stat))
			return false;
		if (!is_dead(stat))
			return true;
		if (stat->threads <= 1)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = EXEC_PAUSE_NS}, NULL);
	}
	return false;
}

enum process_state process_check(const struct process *process)
{
	struct procfs_stat stat;
	dev_t device = 0;
	ino_t inode = 0;
	uint64_t entry = 0, random = 0;
	if (!stat_alive(process->pid, &stat) || stat.start_ticks != process->start_ticks)
		return PROCESS_GONE;
	int result = stat_executable(process->pid, &device, &inode);
	if (result == 0)
		result = read_auxv(process->pid, &entry, &random);
	if (result == -ENOENT || result == -ESRCH)
		return PROCESS_GONE;
	if (result != 0)
		return PROCESS_HIDDEN;
	return device == process->device && inode == process->inode && entry == process->entry &&
	               random == process->random
	           ? PROCESS_SAME
	           : PROCESS_REPLACED;
}

enum status process_verify(const struct process *process, struct error *error)
{
	switch (process_check(process)) {
	case PROCESS_SAME:
		return STATUS_OK;
	case PROCESS_REPLACED:
		return error_set(error, STATUS_EXITED, "%s has executed a new program", process->subject);
	case PROCESS_HIDDEN:
		return permission_error(process->pid, process->subject, error);
	case PROCESS_GONE:
		break;
	}
	return error_set(error, STATUS_EXITED, "%s has exited", process->subject);
}
