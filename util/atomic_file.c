#include "config.h"

#include "util/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/directory.h"
#include "util/text.h"
#include "util/write.h"

#define PREFIX ".schedtop-"
#define SUFFIX ".tmp"
#define DIGITS 16 /* hexadecimal, between the two */

/* Younger ones may belong to a writer that is about to take its lock, or to a file system that
   knows no locks. */
#define STALE_S 60

#define LINKS_MAX 40 /* that lead to one file: the kernel follows no more */

static enum status failed(const struct atomic_file *f, const char *what, int why,
                          struct error *error)
{
	if (why == ENOSPC || why == EDQUOT)
		return error_set(error, STATUS_FAILED, "%s: %s in %s", what,
		                 why == ENOSPC ? "no space is left" : "this user's quota is used up",
		                 f->shown);
	return error_set(error,
	                 why == EACCES || why == EPERM || why == EROFS ? STATUS_PERMISSION
	                                                               : STATUS_FAILED,
	                 "%s in %s: %s", what, f->shown, strerror(why));
}

static void name_temporary(char *to, size_t size)
{
	uint64_t number;
	if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
		number = (uint64_t)clock_monotonic_ns() ^ (uint64_t)getpid() << 40;
	snprintf(to, size, PREFIX "%0*llx" SUFFIX, DIGITS, (unsigned long long)number);
}

static bool is_temporary(const char *name)
{
	if (strlen(name) != sizeof PREFIX - 1 + DIGITS + sizeof SUFFIX - 1 ||
	    strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
		return false;
	const char *digits = name + sizeof PREFIX - 1;
	return strspn(digits, "0123456789abcdef") == DIGITS && strcmp(digits + DIGITS, SUFFIX) == 0;
}

enum status atomic_file_open(struct atomic_file *f, const char *directory, mode_t mode,
                             struct error *error)
{
	*f = ATOMIC_FILE_NONE;
	text_clean(f->shown, sizeof f->shown, directory, strlen(directory));
	f->dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir_fd < 0)
		return failed(f, "nothing can be written", errno, error);
	atomic_file_sweep(f->dir_fd, STALE_S);
	do {
		name_temporary(f->temporary, sizeof f->temporary);
		f->fd = openat(f->dir_fd, f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	} while (f->fd < 0 && errno == EEXIST);
	if (f->fd < 0) {
		enum status status = failed(f, "no file can be made", errno, error);
		f->temporary[0] = '\0';
		atomic_file_finish(f);
		return status;
	}
	/* Where there are no locks, age alone protects it. */
	(void)!flock(f->fd, LOCK_EX | LOCK_NB);
	return STATUS_OK;
}

const char *atomic_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* A path from where the link is, when it is not from the root. */
static char *beside(const char *link, const char *goal)
{
	size_t directory = *goal == '/' ? 0 : (size_t)(atomic_file_name(link) - link);
	size_t size = directory + strlen(goal) + 1;
	char *path = malloc(size);
	if (path)
		snprintf(path, size, "%.*s%s", (int)directory, link, goal);
	return path;
}

/* Behind all symbolic links, also those whose goal is not there yet, which realpath knows nothing
   of. NULL with errno: no memory, or ELOOP. */
static char *find_goal(const char *path)
{
	char *at = strdup(path);
	for (int links = 0; at; links++) {
		char goal[PATH_MAX];
		char *real = realpath(at, NULL);
		ssize_t n = real ? -1 : readlink(at, goal, sizeof goal - 1);
		if (!real && n <= 0)
			return at;
		if (real || links == LINKS_MAX) {
			free(at);
			errno = ELOOP;
			return real;
		}
		goal[n] = '\0';
		char *next = beside(at, goal);
		free(at);
		at = next;
	}
	return NULL;
}

enum status atomic_file_open_path(struct atomic_file *f, const char *path, mode_t mode, char **real,
                                  struct error *error)
{
	char shown[300];
	struct stat st;
	*f = ATOMIC_FILE_NONE;
	text_clean(shown, sizeof shown, path, strlen(path));
	if (*atomic_file_name(path) == '\0')
		return error_set(error, STATUS_USAGE, "%s is no name of a file", shown);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return error_set(error, STATUS_USAGE,
		                 "%s is not a plain file: use -o - and send the output there", shown);
	char *goal = find_goal(path);
	if (!goal)
		return errno == ELOOP ? error_set(error, STATUS_FAILED, "%s leads in a circle", shown)
		                      : error_no_memory(error);
	size_t length = (size_t)(atomic_file_name(goal) - goal);
	char *directory = length ? strndup(goal, length) : strdup(".");
	enum status status =
		directory ? atomic_file_open(f, directory, mode, error) : error_no_memory(error);
	free(directory);
	if (status == STATUS_OK)
		*real = goal;
	else
		free(goal);
	return status;
}

enum status atomic_file_write(struct atomic_file *f, const void *data, size_t size,
                              struct error *error)
{
	return write_whole(f->fd, data, size) ? STATUS_OK : atomic_file_explain(f, errno, error);
}

enum status atomic_file_explain(const struct atomic_file *f, int why, struct error *error)
{
	return failed(f, "the file can't be written", why, error);
}

#ifndef HAVE_RENAMEAT2 /* musl 1.2.3, for one */
#define RENAME_NOREPLACE (1U << 0)
static int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}
#endif

/* Without replacing on file systems that can't say so in one step: link refuses a name that is
   taken on all of them. */
static int rename_new(const struct atomic_file *f, const char *name)
{
	if (renameat2(f->dir_fd, f->temporary, f->dir_fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(f->dir_fd, f->temporary, f->dir_fd, name, 0) != 0)
		return -1;
	unlinkat(f->dir_fd, f->temporary, 0); /* if that fails, a later sweep takes it */
	return 0;
}

enum status atomic_file_commit(struct atomic_file *f, const char *name, bool replace, bool *taken,
                               struct error *error)
{
	if (taken)
		*taken = false;
	/* Some file systems tell of a full disk only now, or only when the file is closed. */
	if (f->fd >= 0 && !f->synced && fsync(f->fd) != 0)
		return failed(f, "the file can't be written", errno, error);
	int result = replace ? renameat(f->dir_fd, f->temporary, f->dir_fd, name) : rename_new(f, name);
	if (result != 0) {
		int why = errno;
		if (why == EEXIST && taken)
			*taken = true;
		return failed(f, "the file can't get its name", why, error);
	}
	f->temporary[0] = '\0';
	int fd = f->fd;
	f->fd = -1;
	if (close(fd) != 0 && errno != EINTR) {
		int why = errno;
		unlinkat(f->dir_fd, name, 0);
		return failed(f, "the file can't be written", why, error);
	}
	/* The name, too, has to survive a crash. What can't sync a directory (some network file
	   systems) does without. */
	(void)fsync(f->dir_fd);
	return STATUS_OK;
}

void atomic_file_finish(struct atomic_file *f)
{
	if (f->temporary[0] && f->dir_fd >= 0)
		unlinkat(f->dir_fd, f->temporary, 0);
	f->temporary[0] = '\0';
	if (f->fd >= 0)
		close(f->fd);
	if (f->dir_fd >= 0)
		close(f->dir_fd);
	f->fd = f->dir_fd = -1;
}

/* A regular file of this user, old or of the future, whose writer does not live any more. */
static bool is_stale(int dir_fd, const char *name, int64_t age_s)
{
	struct stat st;
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid())
		return false;
	int64_t age = clock_wall_ns() / NS_PER_S - (int64_t)st.st_mtime;
	if (age >= 0 && age < age_s)
		return false;
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool free = flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
	close(fd);
	return free;
}

int atomic_file_sweep(int dir_fd, int64_t age_s)
{
	DIR *dir = directory_read(dir_fd);
	if (!dir)
		return 0;
	int swept = 0;
	for (struct dirent *e; (e = readdir(dir));)
		if (is_temporary(e->d_name) && is_stale(dir_fd, e->d_name, age_s) &&
		    unlinkat(dir_fd, e->d_name, 0) == 0)
			swept++;
	closedir(dir);
	return swept;
}
