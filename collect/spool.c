#include "collect/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/thread.h"

#define STEP      ((size_t)256 << 10) /* of one write */
#define SYNC_STEP ((off_t)8 << 20)    /* brought to the disk at a time, to see that it goes on */
#define LOOK_NS   (50 * NS_PER_MS)
#define GRACE_NS  (2 * NS_PER_S) /* for a last write to return */

struct spool {
	struct spool_options options;
	int fd;
	char *buffer;
	pthread_t thread;
	int64_t waited_ns; /* the owner's */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t news;  /* something of it has changed */
	size_t first, used;   /* what is in the buffer: from here on, and once around */
	bool busy;            /* the thread is in the kernel */
	bool flushing, flushed, ending;
	bool abandoned; /* nobody waits for the thread: it frees all */
	int error;
	int64_t moved_ns; /* when something was last taken */
};

static void release(struct spool *s)
{
	pthread_cond_destroy(&s->news);
	pthread_mutex_destroy(&s->lock);
	if (s->fd >= 0)
		close(s->fd);
	if (s->options.finish)
		s->options.finish(s->options.finish_arg);
	free(s->buffer);
	free(s);
}

/* --- the thread ------------------------------------------------------------------------------ */

/* With the lock held around it. Bytes written, or -1 with errno. */
static ssize_t write_some(struct spool *s)
{
	const char *at = s->buffer + s->first;
	size_t size = s->options.room - s->first; /* up to the buffer's end */
	if (size > s->used)
		size = s->used;
	if (size > STEP)
		size = STEP;
	s->busy = true;
	pthread_mutex_unlock(&s->lock);
	ssize_t n = write(s->fd, at, size);
	int why = errno;
	if (n < 0 && why == EAGAIN)
		poll(&(struct pollfd){.fd = s->fd, .events = POLLOUT}, 1, LOOK_NS / NS_PER_MS);
	pthread_mutex_lock(&s->lock);
	s->busy = false;
	errno = why;
	return n;
}

static void drain(struct spool *s)
{
	ssize_t n = write_some(s);
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		s->error = errno;
	if (n <= 0)
		return;
	s->used -= (size_t)n;
	/* An empty buffer begins at its beginning: what was never used takes no memory. */
	s->first = s->used ? (s->first + (size_t)n) % s->options.room : 0;
	s->moved_ns = clock_monotonic_ns();
}

/* In steps, because the whole may take minutes and one that is stuck shall be told from one that is
   slow. Not every file system knows steps; fsync has the last word. */
static int sync_in_steps(struct spool *s)
{
	off_t size = lseek(s->fd, 0, SEEK_CUR);
	for (off_t at = 0; at < size; at += SYNC_STEP) {
		if (sync_file_range(s->fd, at, SYNC_STEP,
		                    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
		                        SYNC_FILE_RANGE_WAIT_AFTER) != 0)
			break;
		pthread_mutex_lock(&s->lock);
		s->moved_ns = clock_monotonic_ns();
		bool ending = s->ending;
		pthread_mutex_unlock(&s->lock);
		if (ending)
			break;
	}
	return fsync(s->fd) == 0 ? 0 : errno;
}

static void flush(struct spool *s)
{
	s->busy = true;
	pthread_mutex_unlock(&s->lock);
	int why = s->options.sync ? sync_in_steps(s) : 0;
	pthread_mutex_lock(&s->lock);
	s->busy = false;
	s->error = why;
	s->flushed = true;
}

static void *run(void *arg)
{
	struct spool *s = arg;
	pthread_mutex_lock(&s->lock);
	while (!s->ending && !s->error && !s->flushed) {
		if (s->used)
			drain(s);
		else if (s->flushing)
			flush(s);
		else
			pthread_cond_wait(&s->news, &s->lock);
		pthread_cond_signal(&s->news);
	}
	bool abandoned = s->abandoned;
	pthread_mutex_unlock(&s->lock);
	if (abandoned)
		release(s);
	return NULL;
}

/* --- its owner ------------------------------------------------------------------------------- */

enum status spool_create(struct spool **out, const struct spool_options *options,
                         struct error *error)
{
	struct spool *s = calloc(1, sizeof *s);
	if (!s)
		return error_no_memory(error);
	if (!thread_news_init(&s->lock, &s->news)) {
		free(s);
		return error_no_memory(error);
	}
	s->options = *options;
	s->fd = fcntl(options->fd, F_DUPFD_CLOEXEC, 3);
	int why = errno;
	s->buffer = malloc(options->room);
	if (s->fd < 0 || !s->buffer) {
		bool no_memory = s->fd >= 0;
		s->options.finish = NULL;
		release(s);
		return no_memory ? error_no_memory(error)
		                 : error_set(error, STATUS_FAILED, "the output can't be written: %s",
		                             strerror(why));
	}
	s->moved_ns = clock_monotonic_ns();
	/* A reader that is gone, or a limit on the size of files, is an error of write there. */
	int failed = thread_start(&s->thread, run, s);
	if (failed) {
		s->options.finish = NULL;
		release(s);
		return error_set(error, STATUS_FAILED, "no thread to write with: %s", strerror(failed));
	}
	*out = s;
	return STATUS_OK;
}

/* With the lock held. */
static void wait_a_moment(struct spool *s)
{
	thread_news_wait(&s->lock, &s->news, clock_monotonic_ns() + LOOK_NS);
}

/* With the lock held: waits for news. */
static enum spool_end wait_for_news(struct spool *s)
{
	if (clock_monotonic_ns() - s->moved_ns > s->options.stuck_ns)
		return SPOOL_STUCK;
	wait_a_moment(s);
	pthread_mutex_unlock(&s->lock);
	bool go_on = s->options.go_on(s->options.arg);
	pthread_mutex_lock(&s->lock);
	return go_on ? SPOOL_OK : SPOOL_STOPPED;
}

/* With the lock held: as much as there is room for. */
static size_t fill(struct spool *s, const char *from, size_t size)
{
	size_t room = s->options.room - s->used, done = 0;
	if (s->used == 0)
		s->moved_ns = clock_monotonic_ns(); /* it had nothing to take */
	if (size > room)
		size = room;
	while (done < size) {
		size_t at = (s->first + s->used) % s->options.room, n = s->options.room - at;
		if (n > size - done)
			n = size - done;
		memcpy(s->buffer + at, from + done, n);
		s->used += n;
		done += n;
	}
	return done;
}

enum spool_end spool_put(struct spool *s, const void *data, size_t size)
{
	enum spool_end end = SPOOL_OK;
	size_t done = 0;
	pthread_mutex_lock(&s->lock);
	while (end == SPOOL_OK) {
		done += fill(s, (const char *)data + done, size - done);
		pthread_cond_signal(&s->news);
		if (s->error)
			end = SPOOL_FAILED;
		if (done == size || s->error)
			break;
		int64_t before_ns = clock_monotonic_ns();
		end = wait_for_news(s);
		s->waited_ns += clock_monotonic_ns() - before_ns;
	}
	pthread_mutex_unlock(&s->lock);
	return end;
}

enum spool_end spool_flush(struct spool *s)
{
	enum spool_end end = SPOOL_OK;
	pthread_mutex_lock(&s->lock);
	if (s->used == 0)
		s->moved_ns = clock_monotonic_ns();
	s->flushing = true;
	pthread_cond_signal(&s->news);
	while (end == SPOOL_OK && !s->flushed && !s->error)
		end = wait_for_news(s);
	if (s->error)
		end = SPOOL_FAILED;
	pthread_mutex_unlock(&s->lock);
	return end;
}

int spool_error(const struct spool *s)
{
	return s->error;
}

int64_t spool_waited_ns(const struct spool *s)
{
	return s->waited_ns;
}

void spool_destroy(struct spool *s)
{
	if (!s)
		return;
	pthread_t thread = s->thread;
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->news);
	/* A pipe has nothing to be tidied up. */
	for (int64_t end_ns = clock_monotonic_ns() + (s->options.sync ? GRACE_NS : 0);
	     s->busy && clock_monotonic_ns() < end_ns;)
		wait_a_moment(s);
	bool busy = s->busy;
	s->abandoned = busy;
	pthread_mutex_unlock(&s->lock);
	if (busy) {
		pthread_detach(thread);
		return;
	}
	pthread_join(thread, NULL);
	release(s);
}
