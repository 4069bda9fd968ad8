#include "collect/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/directory.h"
#include "util/text.h"
#include "util/xdg.h"

#define PROGRAM_MAX  64 /* bytes of the program's name */
#define ATTEMPTS_MAX 100
#define FILE_SHARE   8 /* of all that may be kept */
#define DIGITS       "0123456789"
#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS "._+-"

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
	char path[ROTATION_NAME_MAX + 256]; /* printable */
	pid_t pid;
	int64_t begun_ns;
};

/* --- names ----------------------------------------------------------------------------------- */

/* Nothing that a shell, a terminal or a careless script could take for more than a name. */
static void safe_name(char *to, size_t size, const char *from)
{
	size_t used = 0;
	for (; *from && used < size - 1; from++, used++) {
		bool fits = strchr(NAME_LETTERS, *from) && (used > 0 || !strchr("-.", *from));
		to[used] = *from;
		if (!fits)
			to[used] = '_';
	}
	to[used] = '\0';
	if (used == 0)
		snprintf(to, size, "_");
}

/* PROGRAM-PID-20261121T151513Z[-2].SUFFIX: the second may be there already. */
static void make_name(char to[ROTATION_NAME_MAX], enum rotation_kind kind, const char *program,
                      pid_t pid, int64_t wall_ns, int attempt)
{
	char name[PROGRAM_MAX], when[24] = "00000000T000000Z", number[16] = "";
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm utc;
	if (gmtime_r(&seconds, &utc) && utc.tm_year >= 0 && utc.tm_year <= 9999 - 1900)
		strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &utc);
	safe_name(name, sizeof name, program);
	if (attempt > 0)
		snprintf(number, sizeof number, "-%d", attempt + 1);
	snprintf(to, ROTATION_NAME_MAX, "%s-%d-%s%s%s", name, (int)pid, when, number,
	         kind_info[kind].suffix);
}

/* Steps over n characters of a set; 0: as many as there are, one at least. */
static bool skip(const char **at, const char *set, size_t n)
{
	size_t there = strspn(*at, set);
	if (there == 0 || there < n)
		return false;
	*at += n ? n : there;
	return true;
}

/* What follows the program's name. */
static bool is_tail(const char *at, const char *suffix)
{
	if (!skip(&at, "-", 1) || !skip(&at, DIGITS, 0) || !skip(&at, "-", 1) ||
	    !skip(&at, DIGITS, 8) || !skip(&at, "T", 1) || !skip(&at, DIGITS, 6) || !skip(&at, "Z", 1))
		return false;
	if (*at == '-' && (!skip(&at, "-", 1) || !skip(&at, DIGITS, 0)))
		return false;
	return strcmp(at, suffix) == 0;
}

/* Where the moment begins in a name that make_name made; NULL: it is another's. */
static const char *moment_of(const char *name, enum rotation_kind kind)
{
	if (strchr("-.", name[0]) || strlen(name) >= ROTATION_NAME_MAX ||
	    name[strspn(name, NAME_LETTERS)])
		return NULL;
	/* The program's name may hold dashes. */
	for (const char *dash = strchr(name, '-'); dash; dash = strchr(dash + 1, '-'))
		if (is_tail(dash, kind_info[kind].suffix))
			return strchr(dash + 1, '-') + 1;
	return NULL;
}

/* --- what is there --------------------------------------------------------------------------- */

struct kept {
	char name[ROTATION_NAME_MAX];
	size_t moment; /* where in the name it begins */
	int64_t bytes;
};

#define MOMENT 16 /* bytes of one */

/* "20261121T151513Z-2": of one second the second. */
static long attempt_of(const struct kept *k)
{
	const char *at = k->name + k->moment + MOMENT;
	return *at == '-' ? strtol(at + 1, NULL, 10) : 1;
}

/* Oldest first, by what the names say: files are copied, and clocks of file systems differ. */
static int by_moment(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	int order = strncmp(x->name + x->moment, y->name + y->moment, MOMENT);
	long first = attempt_of(x), second = attempt_of(y);
	if (order == 0)
		order = (first > second) - (first < second);
	return order ? order : strcmp(x->name, y->name);
}

static size_t list_kept(int dir_fd, enum rotation_kind kind, bool ours_alone, struct kept **list)
{
	size_t n = 0, capacity = 0;
	*list = NULL;
	DIR *dir = directory_read(dir_fd);
	if (!dir)
		return 0;
	for (struct dirent *e; (e = readdir(dir));) {
		struct stat st;
		const char *moment = moment_of(e->d_name, kind);
		if (!moment || fstatat(dir_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode) || (ours_alone && st.st_uid != geteuid()))
			continue;
		if (n == capacity) {
			capacity = capacity ? capacity * 2 : 32;
			struct kept *more = realloc(*list, capacity * sizeof *more);
			if (!more)
				break;
			*list = more;
		}
		struct kept *k = &(*list)[n++];
		memcpy(k->name, e->d_name, strlen(e->d_name) + 1); /* short, or it were not ours */
		k->moment = (size_t)(moment - e->d_name);
		k->bytes = (int64_t)st.st_size;
	}
	closedir(dir);
	if (n)
		qsort(*list, n, sizeof **list, by_moment);
	return n;
}

/* Lets the oldest go; the file that is written is spared and takes its share first. */
static void sweep(const struct rotation *r)
{
	struct kept *list;
	size_t n = list_kept(r->dir_fd, r->kind, true, &list);
	long files = r->limits.files - 1;
	int64_t bytes = r->limits.bytes - r->limits.bytes / FILE_SHARE;
	for (size_t i = n; i-- > 0;) {
		if (strcmp(list[i].name, r->name) == 0)
			continue;
		if (files > 0 && bytes >= list[i].bytes) {
			files--;
			bytes -= list[i].bytes;
			continue;
		}
		files = 0; /* a gap would be hard to explain: all that is older goes */
		unlinkat(r->dir_fd, list[i].name, 0);
	}
	free(list);
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
	size_t count = list_kept(fd, kind, false, &list);
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
		owner[strspn(owner, DIGITS)] = '\0';
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
	snprintf(r->path, sizeof r->path, "%s%s%s", r->shown,
	         r->shown[strlen(r->shown) - 1] == '/' ? "" : "/", r->name);
	sweep(r);
	return STATUS_OK;
}

const char *rotation_file(const struct rotation *r)
{
	return r->path;
}
