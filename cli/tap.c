#include "cli/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "metrics/schedtrace_reader.h"
#include "util/clock.h"
#include "util/thread.h"

#define SETTLE_MS  100 /* a prompt waits no longer for the rest of its line */
#define LAST_MS    500 /* at the end nobody is waited for any longer who takes nothing */
#define TEXT_BYTES (1 << 20)

struct tap {
	int outputs;
	int in[2];   /* the program's end and ours */
	int text[2]; /* likewise for the lines of schedtrace: we write, others read */
	int bell;    /* eventfd: the end */
	char path[32];
	struct schedtrace_reader *reader;
	pthread_t thread;
	bool running;
	bool gave_up; /* of the thread: nobody takes what the program prints */
};

/* --- the thread ----------------------------------------------------------------------------- */

/* Until it takes something; false: it does not, and the end has come. */
static bool wait_for_room(struct tap *r)
{
	struct pollfd both[] = {{.fd = r->outputs, .events = POLLOUT},
	                        {.fd = r->bell, .events = POLLIN}};
	while (poll(both, 2, -1) < 0 && errno == EINTR)
		;
	r->gave_up = !both[0].revents && poll(both, 1, LAST_MS) <= 0;
	return !r->gave_up;
}

/* Where it can't be written, nobody wants it. What has room takes so much without a wait. */
static void pass_on(const char *bytes, size_t n, void *arg)
{
	struct tap *r = arg;
	while (n > 0 && !r->gave_up && wait_for_room(r)) {
		ssize_t written = write(r->outputs, bytes, n < PIPE_BUF ? n : PIPE_BUF);
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
		}
	}
}

/* A reader that is far behind misses lines: the program must not wait for it. */
static void tell(const char *bytes, size_t n, void *arg)
{
	(void)!write(((const struct tap *)arg)->text[1], bytes, n);
}

/* false: nothing will come any more. */
static bool take(struct tap *r)
{
	char chunk[16384];
	ssize_t n = read(r->in[0], chunk, sizeof chunk);
	if (n > 0)
		schedtrace_reader_feed(r->reader, chunk, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void *run(void *arg)
{
	struct tap *r = arg;
	for (;;) {
		struct pollfd both[] = {{.fd = r->in[0], .events = POLLIN},
		                        {.fd = r->bell, .events = POLLIN}};
		int ready = poll(both, 2, schedtrace_reader_is_pending(r->reader) ? SETTLE_MS : -1);
		if (ready == 0)
			schedtrace_reader_settle(r->reader);
		if (ready <= 0)
			continue;
		if (both[0].revents ? !take(r) : both[1].revents != 0)
			break;
	}
	schedtrace_reader_end(r->reader);
	return NULL;
}

/* --- the rest ------------------------------------------------------------------------------- */

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

enum status tap_start(struct tap *r, struct error *error)
{
	int failed = thread_start(&r->thread, run, r);
	r->running = failed == 0;
	return failed ? error_set(error, STATUS_FAILED, "no thread for the program's output: %s",
	                          strerror(failed))
	              : STATUS_OK;
}

enum status tap_create(struct tap **out, int outputs, struct error *error)
{
	struct tap *r = calloc(1, sizeof *r);
	*out = NULL;
	if (!r)
		return error_no_memory(error);
	r->outputs = outputs;
	r->in[0] = r->in[1] = r->text[0] = r->text[1] = -1;
	r->bell = eventfd(0, EFD_CLOEXEC);
	const struct schedtrace_sink sink = {NULL, NULL, tell, pass_on, r};
	r->reader = schedtrace_reader_create(&sink);
	enum status status = STATUS_OK;
	if (!r->reader)
		status = error_no_memory(error);
	else if (r->bell < 0 || pipe2(r->in, O_CLOEXEC) != 0 || pipe2(r->text, O_CLOEXEC) != 0)
		status = error_set(error, STATUS_FAILED, "no pipe for the program's output: %s",
		                   strerror(errno));
	if (status == STATUS_OK) {
		fcntl(r->text[1], F_SETFL, O_NONBLOCK);
		fcntl(r->text[1], F_SETPIPE_SZ, TEXT_BYTES);
		snprintf(r->path, sizeof r->path, "/dev/fd/%d", r->text[0]);
	}
	if (status != STATUS_OK) {
		tap_destroy(r);
		return status;
	}
	*out = r;
	return STATUS_OK;
}

int tap_input(const struct tap *r)
{
	return r->in[1];
}

void tap_release_input(struct tap *r)
{
	close_end(&r->in[1]);
}

const char *tap_text(const struct tap *r)
{
	return r->path;
}

void tap_destroy(struct tap *r)
{
	if (!r)
		return;
	if (r->running) {
		(void)!write(r->bell, &(uint64_t){1}, sizeof(uint64_t));
		pthread_join(r->thread, NULL);
	}
	int *ends[] = {&r->in[0], &r->in[1], &r->text[0], &r->text[1], &r->bell};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		close_end(ends[i]);
	schedtrace_reader_destroy(r->reader);
	free(r);
}

/* Is the word one of the names in "a=1,b=2"? */
static bool has_name(const char *godebug, const char *name)
{
	size_t n = strlen(name);
	for (const char *at = godebug; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, n) == 0 && at[n] == '=')
			return true;
	}
	return false;
}

enum status tap_set_godebug(int64_t interval_ns, bool detail, struct error *error)
{
	const char *own = getenv("GODEBUG");
	char *all = NULL;
	if (!own)
		own = "";
	char interval[48] = "";
	if (!has_name(own, "schedtrace"))
		snprintf(interval, sizeof interval, "%sschedtrace=%lld", *own ? "," : "",
		         (long long)(interval_ns / NS_PER_MS));
	bool add = detail && !has_name(own, "scheddetail");
	if (asprintf(&all, "%s%s%s", own, interval,
	             !add                  ? ""
	             : *own || interval[0] ? ",scheddetail=1"
	                                   : "scheddetail=1") < 0)
		return error_no_memory(error);
	int failed = setenv("GODEBUG", all, 1);
	free(all);
	return failed ? error_no_memory(error) : STATUS_OK;
}
