#include "collect/capture_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/directory.h"
#include "util/procfs.h"
#include "util/text.h"

#define PREFIX "capture-"
#define SUFFIX ".lock"
#define TRIES  100               /* when files go while we take them */
#define SAY_NS (500 * NS_PER_MS) /* from having the lock to having said who has it */

/* --- the directory --------------------------------------------------------------------------- */

/* Nobody else may write there, so what is there was put there by us. */
static bool is_private(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 022) == 0;
}

/* One that a stranger made for us, or a link to somewhere else, is none. -1 with errno. */
static int open_private(int at, const char *name)
{
	if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return -1;
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && !is_private(fd)) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

static int open_below(const char *base)
{
	int at = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return -1;
	int fd = -1;
	if (is_private(at))
		fd = open_private(at, "schedtop");
	close(at);
	return fd;
}

/* The session's runtime directory, also for a service of the same user, which is not told of it;
   else the place in /tmp that agents use. -1 with errno of the last. */
static int open_directory(char *shown, size_t size)
{
	const char *session = getenv("XDG_RUNTIME_DIR");
	char path[64] = "$XDG_RUNTIME_DIR";
	int fd = session && session[0] == '/' ? open_below(session) : -1;
	if (fd < 0) {
		snprintf(path, sizeof path, "/run/user/%u", (unsigned)geteuid());
		fd = open_below(path);
	}
	if (fd < 0) {
		snprintf(path, sizeof path, "/tmp/schedtop-%u", (unsigned)geteuid());
		fd = open_private(AT_FDCWD, path);
	}
	snprintf(shown, size, "%s", path);
	return fd;
}

/* --- the file -------------------------------------------------------------------------------- */

/* What a holder leaves in the file for those who come after. */
struct record {
	char boot[40];
	int pid;
	uint64_t pid_namespace;
	int64_t since_ns; /* when it took the lock */
	int64_t last_ns;  /* when the target was last at work for a capture; 0: never */
};

static uint64_t own_namespace(void)
{
	char link[64];
	unsigned long long inode = 0;
	ssize_t n = readlink("/proc/self/ns/pid", link, sizeof link - 1);
	if (n > 0) {
		link[n] = '\0';
		(void)sscanf(link, "pid:[%llu]", &inode);
	}
	return inode;
}

static void read_boot(char boot[40])
{
	if (procfs_read_path("/proc/sys/kernel/random/boot_id", boot, 40) <= 0)
		snprintf(boot, 40, "?");
	boot[strcspn(boot, " \n")] = '\0';
}

/* Of another boot, of the future (a clock with another offset), or unreadable: nothing is known. */
static struct record read_record(int fd)
{
	char text[256], boot[40];
	struct record r = {0};
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	int64_t now_ns = clock_monotonic_ns();
	text[n > 0 ? n : 0] = '\0';
	read_boot(boot);
	if (sscanf(text, "%39s %d %" SCNu64 " %" SCNd64 " %" SCNd64, r.boot, &r.pid, &r.pid_namespace,
	           &r.since_ns, &r.last_ns) != 5 ||
	    strcmp(r.boot, boot) != 0 || r.since_ns > now_ns || r.last_ns > now_ns)
		return (struct record){0};
	return r;
}

static bool write_record(const struct capture_lock *l, int64_t last_ns)
{
	char text[256], boot[40];
	read_boot(boot);
	/* Of one length, so that it is overwritten in place: no moment without any. */
	int n = snprintf(text, sizeof text, "%-36s %10d %20" PRIu64 " %20" PRId64 " %20" PRId64 "\n",
	                 boot, (int)getpid(), own_namespace(), l->since_ns, last_ns);
	return pwrite(l->fd, text, (size_t)n, 0) == n;
}

static uint64_t hash(const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return h;
}

static void name_file(char *to, size_t size, const struct target *t, const char *url)
{
	if (t->pid)
		snprintf(to, size, PREFIX "%d-%" PRIu64 "-%" PRIu64 SUFFIX, (int)t->pid, t->start_ticks,
		         own_namespace());
	else
		snprintf(to, size, PREFIX "at-%016" PRIx64 SUFFIX, hash(url ? url : t->where));
}

/* A plain file of ours alone; -1 with errno. */
static int open_file(int dir_fd, const char *name, int flags)
{
	struct stat st;
	int fd = openat(dir_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, 0600);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid()) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

/* Is it still the file of that name? A sweep may have been between opening and locking. */
static bool is_current(int fd, int dir_fd, const char *name)
{
	struct stat ours, now;
	return fstat(fd, &ours) == 0 && fstatat(dir_fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == now.st_ino && ours.st_dev == now.st_dev;
}

/* No cooldown is that long. A file without a record may be about to get it: the wall clock says how
   old that is, on which nothing else depends. */
static bool is_stale(int fd)
{
	struct record r = read_record(fd);
	struct stat st;
	int64_t last_ns = r.last_ns > r.since_ns ? r.last_ns : r.since_ns;
	if (last_ns)
		return clock_monotonic_ns() - last_ns > CAPTURE_COOLDOWN_MAX_NS;
	return fstat(fd, &st) == 0 &&
	       clock_wall_ns() / NS_PER_S - st.st_mtim.tv_sec > CAPTURE_COOLDOWN_MAX_NS / NS_PER_S;
}

static bool is_lock(const char *name)
{
	size_t length = strlen(name);
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 && length > strlen(SUFFIX) &&
	       strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/* Lets the files of targets go that nobody has captured for long. */
static void sweep(int dir_fd)
{
	DIR *dir = directory_read(dir_fd);
	if (!dir)
		return;
	for (struct dirent *e; (e = readdir(dir));) {
		int fd = is_lock(e->d_name) ? open_file(dir_fd, e->d_name, 0) : -1;
		/* One that may stay is not locked, not even for a moment; and what is locked may have been
		   used in between. */
		if (fd >= 0 && is_stale(fd) && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_stale(fd))
			unlinkat(dir_fd, e->d_name, 0);
		if (fd >= 0)
			close(fd);
	}
	closedir(dir);
}

/* --- taking it ------------------------------------------------------------------------------- */

/* Of two that begin together the second may look before the first has written. */
static struct record await_record(int fd)
{
	int64_t end_ns = clock_monotonic_ns() + SAY_NS;
	struct record r = read_record(fd);
	while (!r.pid && clock_monotonic_ns() < end_ns) {
		nanosleep(&(struct timespec){.tv_nsec = 5 * NS_PER_MS}, NULL);
		r = read_record(fd);
	}
	return r;
}

static enum status say_held(const char *whom, int fd, struct error *error)
{
	struct record r = await_record(fd);
	char since[24];
	if (!r.pid)
		return error_set(error, STATUS_FAILED,
		                 "a capture of %s is being taken by another schedtop already", whom);
	text_duration(since, sizeof since, (double)(clock_monotonic_ns() - r.since_ns), true);
	return error_set(error, STATUS_FAILED,
	                 "a capture of %s is being taken by schedtop with PID %d%s already, begun %s "
	                 "ago",
	                 whom, r.pid,
	                 r.pid_namespace == own_namespace() ? "" : " of another PID namespace", since);
}

/* Rounded up: who waits so long has waited enough. */
static long long seconds(int64_t ns)
{
	return (long long)((ns + NS_PER_S - 1) / NS_PER_S);
}

static enum status check_pause(const char *whom, int64_t last_ns, int64_t cooldown_ns,
                               struct error *error)
{
	int64_t left_ns = last_ns + cooldown_ns - clock_monotonic_ns();
	if (last_ns == 0 || cooldown_ns <= 0 || left_ns <= 0)
		return STATUS_OK;
	return error_set(error, STATUS_FAILED,
	                 "the last capture of %s is less than %lld s ago: an automatic one may try "
	                 "again in %lld s",
	                 whom, seconds(cooldown_ns), seconds(left_ns));
}

/* -1 with errno; EWOULDBLOCK: *held is the file, for what stands in it. */
static int lock_file(int dir_fd, const char *name, int *held)
{
	for (int i = 0; i < TRIES; i++) {
		int fd = open_file(dir_fd, name, O_CREAT);
		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			int why = errno;
			if (why == EWOULDBLOCK)
				*held = fd;
			else
				close(fd);
			errno = why;
			return -1;
		}
		if (is_current(fd, dir_fd, name))
			return fd;
		close(fd);
	}
	errno = EAGAIN;
	return -1;
}

static enum status say_unusable(const char *shown, int why, struct error *error)
{
	return error_set(error, why == EACCES || why == EPERM ? STATUS_PERMISSION : STATUS_FAILED,
	                 "other schedtops can't be kept out: no lock in %s (%s), so set "
	                 "XDG_RUNTIME_DIR to a directory of your own",
	                 shown, strerror(why));
}

enum status capture_lock_take(struct capture_lock *l, const struct target *target, const char *url,
                              int64_t cooldown_ns, bool *unusable, struct error *error)
{
	char shown[64], name[96], whom[160];
	int held = -1;
	*l = CAPTURE_LOCK_NONE;
	*unusable = false;
	if (target->pid)
		snprintf(whom, sizeof whom, "process %d", (int)target->pid);
	else
		text_clean(whom, sizeof whom, target->where, strlen(target->where));
	int dir_fd = open_directory(shown, sizeof shown);
	if (dir_fd < 0) {
		*unusable = true;
		return say_unusable(shown, errno, error);
	}
	sweep(dir_fd);
	name_file(name, sizeof name, target, url);
	l->fd = lock_file(dir_fd, name, &held);
	int why = errno;
	close(dir_fd);
	if (held >= 0) {
		enum status status = say_held(whom, held, error);
		close(held);
		return status;
	}
	if (l->fd < 0) {
		*unusable = true;
		return say_unusable(shown, why, error);
	}
	struct record before = read_record(l->fd);
	enum status status = check_pause(whom, before.last_ns, cooldown_ns, error);
	l->since_ns = clock_monotonic_ns();
	if (status == STATUS_OK && !write_record(l, before.last_ns)) {
		*unusable = true;
		status = say_unusable(shown, errno, error);
	}
	if (status != STATUS_OK) {
		close(l->fd);
		*l = CAPTURE_LOCK_NONE;
	}
	return status;
}

/* Written at the beginning too: one that is killed has been at work all the same. */
void capture_lock_working(struct capture_lock *l)
{
	l->worked = true;
	if (l->fd >= 0)
		(void)write_record(l, clock_monotonic_ns());
}

void capture_lock_release(struct capture_lock *l)
{
	if (l->fd < 0)
		return;
	if (l->worked)
		(void)write_record(l, clock_monotonic_ns());
	close(l->fd);
	*l = CAPTURE_LOCK_NONE;
}
