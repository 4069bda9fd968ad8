#include "collect/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "metrics/schedtrace_line.h"
#include "metrics/schedtrace_reader.h"
#include "util/clock.h"
#include "util/text.h"

#define CHUNK     ((size_t)64 << 10)
#define SETTLE_NS (250 * NS_PER_MS) /* a print that is under way pauses no longer than that */
#define LOOK_NS   (50 * NS_PER_MS)  /* how often a file is looked at */
#define TIME_MAX  (INT64_MAX / 4)   /* later than any program tells */

struct tail {
	struct tail_options options;
	char path[4096]; /* in place of the one in the options */
	char shown[256];
	int fd;
	bool is_file;
	struct stat file; /* which one */
	off_t offset, past_end;
	struct schedtrace_reader *reader;
	char *chunk; /* [CHUNK] */

	/* The program's time on ours: monotonic = base + its own. */
	int64_t base_ns, newest_ns, past_ns, read_ns;
	bool any;
	enum status memory; /* of the reader's last piece */
};

/* --- clocks --------------------------------------------------------------------------------- */

/* A line is never from the future, so the one that took least on its way tells the time best; and
   what a file held already ends when it was written last. */
static int64_t on_time(int64_t ms, bool anew, void *arg)
{
	struct tail *t = arg;
	int64_t own_ns = ms < TIME_MAX / NS_PER_MS ? ms * NS_PER_MS : TIME_MAX;
	bool past = t->offset < t->past_end;
	if (anew && past)
		t->base_ns = (t->any ? t->newest_ns + NS_PER_MS : t->past_ns) - own_ns;
	else if (anew || (!past && t->base_ns > t->read_ns - own_ns))
		t->base_ns = t->read_ns - own_ns;
	int64_t at_ns = t->base_ns + own_ns;
	if (at_ns > TIME_MAX)
		at_ns = TIME_MAX;
	if (t->any && at_ns <= t->newest_ns)
		at_ns = t->newest_ns + 1;
	t->any = true;
	t->newest_ns = at_ns;
	return at_ns;
}

static void on_snapshot(struct snapshot *s, void *arg)
{
	const struct tail *t = arg;
	t->options.snapshot(s, t->options.arg);
}

/* The time from the first to the last line of a text, by its SCHED lines. */
struct span {
	int64_t first_ms, last_ms, total_ms;
	bool any;
};

static void add_to_span(const char *line, size_t size, struct span *span)
{
	struct schedtrace_line read;
	if (!memmem(line, size, "SCHED ", 6))
		return;
	schedtrace_line_parse(line, size, &read);
	if (read.kind != SCHEDTRACE_SCHED || read.damaged)
		return;
	int64_t gap_ms = span->any && read.id > span->last_ms ? read.id - span->last_ms : 1;
	if (span->any && !__builtin_add_overflow(span->total_ms, gap_ms, &gap_ms))
		span->total_ms = gap_ms;
	span->last_ms = read.id;
	span->any = true;
}

/* Of the bytes [from, end): lines that are longer than a chunk are no SCHED lines of any machine.
 */
static int64_t measure(const struct tail *t, off_t from, off_t end)
{
	struct span span = {.any = false};
	size_t kept = 0;
	while (from < end) {
		ssize_t n = pread(t->fd, t->chunk + kept, CHUNK - kept, from);
		if (n <= 0)
			break;
		from += n;
		size_t size = kept + (size_t)n, at = 0;
		for (const char *newline; (newline = memchr(t->chunk + at, '\n', size - at)) != NULL;
		     at = (size_t)(newline - t->chunk) + 1)
			add_to_span(t->chunk + at, (size_t)(newline - t->chunk) - at, &span);
		kept = size - at < CHUNK ? size - at : 0;
		memmove(t->chunk, t->chunk + at, kept);
	}
	return span.total_ms < INT64_MAX / NS_PER_MS ? span.total_ms * NS_PER_MS : 0;
}

/* When the first line of the past was printed. Times are monotonic and none is below 0. */
static void date_past(struct tail *t)
{
	int64_t written_ns = (int64_t)t->file.st_mtim.tv_sec * NS_PER_S + t->file.st_mtim.tv_nsec;
	int64_t age_ns = clock_wall_ns() - written_ns, now_ns = clock_monotonic_ns();
	if (age_ns < 0)
		age_ns = 0;
	t->past_ns = now_ns - age_ns - measure(t, t->offset, t->past_end);
	if (t->past_ns < 0)
		t->past_ns = 0;
}

/* --- opening -------------------------------------------------------------------------------- */

static enum status refused(const struct tail *t, int why, struct error *error)
{
	enum status status = why == ENOENT || why == ENOTDIR ? STATUS_NO_TARGET
	                     : why == EACCES                 ? STATUS_PERMISSION
	                                                     : STATUS_FAILED;
	return error_set(error, status, "can't read %s: %s", t->shown, strerror(why));
}

static enum status open_path(struct tail *t, struct error *error)
{
	bool is_input = strcmp(t->options.path, "-") == 0;
	t->fd = is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
	                 : open(t->options.path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (t->fd < 0 || fstat(t->fd, &t->file) != 0)
		return refused(t, errno, error);
	if (S_ISDIR(t->file.st_mode))
		return refused(t, EISDIR, error);
	t->is_file = S_ISREG(t->file.st_mode);
	return STATUS_OK;
}

enum status tail_open(struct tail **out, const struct tail_options *options, struct error *error)
{
	struct tail *t = calloc(1, sizeof *t);
	*out = NULL;
	if (!t)
		return error_no_memory(error);
	t->options = *options;
	snprintf(t->path, sizeof t->path, "%s", options->path);
	t->options.path = t->path;
	t->fd = -1;
	const char *name = strcmp(options->path, "-") == 0 ? "standard input" : options->path;
	text_clean(t->shown, sizeof t->shown, name, strlen(name));
	const struct schedtrace_sink sink = {on_time, on_snapshot, NULL, NULL, t};
	t->reader = schedtrace_reader_create(&sink);
	t->chunk = malloc(CHUNK);
	enum status status = t->reader && t->chunk ? STATUS_OK : error_no_memory(error);
	if (status == STATUS_OK)
		status = open_path(t, error);
	if (status != STATUS_OK) {
		tail_close(t);
		return status;
	}
	if (t->is_file) {
		t->past_end = t->file.st_size;
		t->offset = t->file.st_size > options->past ? t->file.st_size - options->past : 0;
		date_past(t);
	}
	t->read_ns = clock_monotonic_ns();
	*out = t;
	return STATUS_OK;
}

void tail_close(struct tail *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	schedtrace_reader_destroy(t->reader);
	free(t->chunk);
	free(t);
}

/* --- reading -------------------------------------------------------------------------------- */

/* At its end: was it cut, or has another one its name? */
static bool begins_anew(struct tail *t)
{
	struct stat now;
	if (fstat(t->fd, &now) == 0 && now.st_size < t->offset) {
		t->offset = t->past_end = 0;
		return true;
	}
	if (stat(t->options.path, &now) != 0 || !S_ISREG(now.st_mode) ||
	    (now.st_dev == t->file.st_dev && now.st_ino == t->file.st_ino))
		return false;
	int fd = open(t->options.path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return false; /* next time, perhaps */
	close(t->fd);
	t->fd = fd;
	fstat(fd, &t->file);
	t->offset = t->past_end = 0;
	return true;
}

static enum tail_news rest(struct tail *t)
{
	if (t->is_file && !t->options.follow) {
		schedtrace_reader_end(t->reader);
		return TAIL_ENDED;
	}
	if (t->is_file && begins_anew(t)) {
		schedtrace_reader_end(t->reader);
		return TAIL_MORE;
	}
	if (clock_monotonic_ns() - t->read_ns > SETTLE_NS && schedtrace_reader_is_pending(t->reader))
		schedtrace_reader_settle(t->reader);
	return TAIL_QUIET;
}

/* What is there now; 0: nothing, -1 with errno: nothing more, of a pipe with 0 for its end. */
static ssize_t read_some(struct tail *t)
{
	if (t->is_file) {
		/* The past and what comes have different clocks: a piece is of one of them. */
		size_t most = CHUNK;
		if (t->offset < t->past_end && t->past_end - t->offset < (off_t)CHUNK)
			most = (size_t)(t->past_end - t->offset);
		ssize_t n = pread(t->fd, t->chunk, most, t->offset);
		return n;
	}
	struct pollfd ready = {.fd = t->fd, .events = POLLIN};
	if (poll(&ready, 1, 0) <= 0)
		return 0;
	ssize_t n = read(t->fd, t->chunk, CHUNK);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == 0) {
		errno = 0;
		return -1;
	}
	return n;
}

enum tail_news tail_read(struct tail *t, struct error *error)
{
	ssize_t n = read_some(t);
	if (n == 0)
		return rest(t);
	if (n < 0) {
		if (errno)
			refused(t, errno, error);
		schedtrace_reader_end(t->reader);
		return TAIL_ENDED;
	}
	t->read_ns = clock_monotonic_ns();
	enum status status = schedtrace_reader_feed(t->reader, t->chunk, (size_t)n);
	t->offset += n;
	if (status != STATUS_OK) {
		error_no_memory(error);
		return TAIL_ENDED;
	}
	return TAIL_MORE;
}

void tail_wait(const struct tail *t, int64_t limit_ns)
{
	if (limit_ns > LOOK_NS)
		limit_ns = LOOK_NS;
	if (limit_ns <= 0)
		return;
	struct pollfd ready = {.fd = t->fd, .events = POLLIN};
	if (!t->is_file)
		poll(&ready, 1, (int)(limit_ns / NS_PER_MS) + 1);
	else
		nanosleep(&(struct timespec){.tv_nsec = (long)limit_ns}, NULL);
}

uint64_t tail_count(const struct tail *t)
{
	return schedtrace_reader_count(t->reader);
}

void tail_explain_silence(const char *where, int64_t waited_ns, char *to, size_t size)
{
	char waited[48] = "", time[32];
	if (waited_ns > 0) {
		text_duration(time, sizeof time, (double)waited_ns, true);
		snprintf(waited, sizeof waited, " in %s", time);
	}
	snprintf(to, size,
	         "no SCHED line from %.80s%s: a Go program prints them to its standard error (2>&1 "
	         "takes them along in a pipe) when GODEBUG=schedtrace=MILLISECONDS was set as it "
	         "started",
	         where, waited);
}
