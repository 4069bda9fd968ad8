#include "collect/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/text.h"
#include "util/xdg.h"

#define ATTEMPTS_MAX 100
#define FILE_SHARE   8 /* of all that may be kept */

static const struct {
	const char *suffix, *lock, *what;
} kind_info[ROTATION_KINDS] = {
	[ROTATION_RECORDING] = {".ndjson.zst", ".schedtop-recordings.lock", "recordings"},
	[ROTATION_LOG] = {".schedtrace.log", ".schedtop-logs.lock", "logs"},
};

struct rotation {
	enum rotation_kind kind;
	struct rotation_limits limits;
	char directory[512], shown[256];
	int dir_fd, lock_fd, fd; /* -1: not open */
	char name[ROTATION_NAME_MAX];
	pid_t pid;
	int64_t begun_ns;
};

/* --- names ----------------------------------------------------------------------------------- */

static bool is_tail(const char *tail, int kind)
{
	return strcmp(tail, kind_info[kind].suffix) == 0;
}

/* By what the names say: files are copied, and clocks of file systems differ. */
static struct kept_kind kept_kind_of(enum rotation_kind kind)
{
	return (struct kept_kind){is_tail, (int)kind, true};
}

static void make_name(char to[ROTATION_NAME_MAX], enum rotation_kind kind, const char *program,
                      pid_t pid, int64_t wall_ns, int attempt)
{
	char place[16];
	snprintf(place, sizeof place, "%d", (int)pid);
	kept_name_begin(to, program, place, wall_ns, attempt);
	size_t used = strlen(to);
	snprintf(to + used, ROTATION_NAME_MAX - used, "%s", kind_info[kind].suffix);
}

/* Lets the oldest go, so that there is room for all that the new file may become. */
static void sweep(const struct rotation *r)
{
	struct kept_kind kind = kept_kind_of(r->kind);
	kept_prune(r->dir_fd, &kind, r->limits.files, r->limits.bytes - r->limits.bytes / FILE_SHARE,
	           r->name, r->begun_ns + NS_PER_S);
}

enum status rotation_list(const char *directory, enum rotation_kind kind, char ***name, size_t *n,
                          struct error *error)
{
	char shown[256];
	struct kept *list;
	*name = NULL;
	*n = 0;
	text_clean(shown, sizeof shown, directory, strlen(directory));
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(error,
		                 errno == ENOENT   ? STATUS_NO_TARGET
		                 : errno == EACCES ? STATUS_PERMISSION
		                                   : STATUS_FAILED,
		                 "can't read the directory %s: %s", shown, strerror(errno));
	struct kept_kind of = kept_kind_of(kind);
	size_t count = kept_list(fd, &of, false, &list);
	close(fd);
	enum status status = STATUS_OK;
	if (count == 0)
		status = error_set(error, STATUS_NO_TARGET, "there are no %s in %s", kind_info[kind].what,
		                   shown);
	else if (!(*name = calloc(count, sizeof **name)))
		status = error_no_memory(error);
	for (; status == STATUS_OK && *n < count; ++*n)
		if (asprintf(&(*name)[*n], "%s/%s", directory, list[*n].name) < 0) {
			status = error_no_memory(error);
			break;
		}
	for (; status != STATUS_OK && *n > 0; --*n)
		free((*name)[*n - 1]);
	if (status != STATUS_OK) {
		free(*name);
		*name = NULL;
	}
	free(list);
	return status;
}

/* --- writing --------------------------------------------------------------------------------- */

bool rotation_is_directory(const char *path)
{
	struct stat st;
	size_t length = strlen(path);
	return (length > 0 && path[length - 1] == '/') || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/* The lock dies with us, and its file says who has it. */
static enum status take_lock(struct rotation *r, struct error *error)
{
	char owner[32] = "";
	const char *lock = kind_info[r->kind].lock;
	r->lock_fd = openat(r->dir_fd, lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (r->lock_fd < 0)
		return error_set(error, errno == EACCES ? STATUS_PERMISSION : STATUS_FAILED,
		                 "can't write to %s: %s", r->shown, strerror(errno));
	if (flock(r->lock_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		ssize_t n = pread(r->lock_fd, owner, sizeof owner - 1, 0);
		owner[n > 0 ? (size_t)n : 0] = '\0';
		owner[strspn(owner, KEPT_DIGITS)] = '\0';
		return error_set(error, STATUS_FAILED,
		                 "another schedtop writes %s to %s already%s%s: give this one a directory "
		                 "of its own",
		                 kind_info[r->kind].what, r->shown, *owner ? ", process " : "", owner);
	}
	if (ftruncate(r->lock_fd, 0) == 0)
		dprintf(r->lock_fd, "%ld\n", (long)getpid());
	return STATUS_OK;
}

enum status rotation_create(struct rotation **out, const char *directory, enum rotation_kind kind,
                            const struct rotation_limits *limits, struct error *error)
{
	struct rotation *r = calloc(1, sizeof *r);
	*out = NULL;
	if (!r)
		return error_no_memory(error);
	r->kind = kind;
	r->limits = limits ? *limits : (struct rotation_limits){ROTATION_FILES, ROTATION_BYTES};
	r->dir_fd = r->lock_fd = r->fd = -1;
	text_clean(r->shown, sizeof r->shown, directory, strlen(directory));
	enum status status = STATUS_OK;
	if ((size_t)snprintf(r->directory, sizeof r->directory, "%s", directory) >= sizeof r->directory)
		status = error_set(error, STATUS_USAGE, "the name of the directory is too long");
	if (status == STATUS_OK)
		status = xdg_make_directory(r->directory, error);
	if (status == STATUS_OK) {
		r->dir_fd = open(r->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (r->dir_fd < 0)
			status = error_set(error, errno == EACCES ? STATUS_PERMISSION : STATUS_FAILED,
			                   "can't write to %s: %s", r->shown, strerror(errno));
	}
	if (status == STATUS_OK)
		status = take_lock(r, error);
	if (status != STATUS_OK)
		rotation_destroy(r);
	else
		*out = r;
	return status;
}

void rotation_destroy(struct rotation *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	free(r);
}

bool rotation_is_due(const struct rotation *r, pid_t pid, int64_t wall_ns, uint64_t bytes)
{
	/* A clock that was set back ends it, too: names tell the order. */
	return r->fd < 0 || pid != r->pid || wall_ns - r->begun_ns >= ROTATION_FILE_NS ||
	       wall_ns < r->begun_ns || bytes >= (uint64_t)r->limits.bytes / FILE_SHARE;
}

enum status rotation_next(struct rotation *r, const char *program, pid_t pid, int64_t wall_ns,
                          int *fd, struct error *error)
{
	int next = -1;
	for (int attempt = 0; next < 0 && attempt < ATTEMPTS_MAX; attempt++) {
		make_name(r->name, r->kind, program, pid, wall_ns, attempt);
		next =
			openat(r->dir_fd, r->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
		if (next < 0 && errno != EEXIST)
			break;
	}
	if (next < 0)
		return error_set(error, STATUS_FAILED, "%s", strerror(errno));
	if (r->fd >= 0)
		close(r->fd);
	*fd = r->fd = next;
	r->pid = pid;
	r->begun_ns = wall_ns;
	sweep(r);
	return STATUS_OK;
}
