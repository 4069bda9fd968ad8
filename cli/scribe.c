#include "cli/scribe.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/thread.h"

/* A quarter of an hour at one a second; the bytes are for programs with thousands of threads. */
#define WAITING_MAX 1024
#define BYTES_MAX   ((size_t)32 << 20)
#define SLOW_NS     (3 * NS_PER_S)
#define PATIENCE_NS (10 * NS_PER_S)
#define WAIT_NS     (1 * NS_PER_S) /* at the end, before that is said */
#define NEWS_MAX    4

/* One that waits, newest last. */
struct waiting {
	struct waiting *next;
	const struct snapshot *snapshot;
	size_t bytes;
};

struct scribe {
	struct scribe_options options;
	pthread_t thread;

	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t changed; /* something of it */
	struct waiting *first, **last;
	size_t waiting, bytes;
	uint64_t taken, left_out;
	uint64_t jam_left_out; /* of those, since the disk is slow */
	int64_t begun_ns;      /* when the one that is being kept was begun; 0: none is */
	bool slow;             /* that was told */
	bool ending, ended;
	bool abandoned; /* nobody waits for the thread: it frees all */
	struct error missing;
	char news[NEWS_MAX][sizeof((struct error *)0)->text];
	size_t news_n;
};

static void release(struct scribe *s)
{
	for (struct waiting *w = s->first, *next; w; w = next) {
		next = w->next;
		snapshot_unref(w->snapshot);
		free(w);
	}
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* With the lock held. Of too many the newest are the ones worth reading. */
static void tell(struct scribe *s, const char *sentence)
{
	if (s->news_n == NEWS_MAX)
		memmove(s->news[0], s->news[1], --s->news_n * sizeof s->news[0]);
	snprintf(s->news[s->news_n++], sizeof s->news[0], "%s", sentence);
}

/* --- the thread ------------------------------------------------------------------------------ */

static void tell_from_thread(const char *sentence, void *arg)
{
	struct scribe *s = arg;
	pthread_mutex_lock(&s->lock);
	tell(s, sentence);
	pthread_mutex_unlock(&s->lock);
}

/* With the lock held: one of them has been kept. */
static void note_progress(struct scribe *s)
{
	char sentence[160];
	s->begun_ns = 0;
	s->taken++;
	if (!s->slow || s->waiting > 0)
		return;
	s->slow = false;
	snprintf(sentence, sizeof sentence,
	         "the disk goes on; it was too slow for %" PRIu64 " snapshots", s->jam_left_out);
	tell(s, s->jam_left_out ? sentence : "the disk goes on, and everything is kept");
	s->jam_left_out = 0;
}

/* With the lock held around it. */
static void keep_first(struct scribe *s)
{
	struct waiting *w = s->first;
	s->first = w->next;
	if (!s->first)
		s->last = &s->first;
	s->waiting--;
	s->bytes -= w->bytes;
	s->begun_ns = clock_monotonic_ns();
	pthread_mutex_unlock(&s->lock);
	s->options.keep(w->snapshot, tell_from_thread, s, s->options.arg);
	snapshot_unref(w->snapshot);
	free(w);
	pthread_mutex_lock(&s->lock);
	note_progress(s);
}

static void *run(void *arg)
{
	struct scribe *s = arg;
	struct error missing = {0};
	pthread_mutex_lock(&s->lock);
	while (!s->abandoned && (s->first || !s->ending)) {
		if (s->first)
			keep_first(s);
		else
			pthread_cond_wait(&s->changed, &s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	s->options.close(s->options.arg, &missing);
	pthread_mutex_lock(&s->lock);
	s->missing = missing;
	s->ended = true;
	bool abandoned = s->abandoned;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (abandoned)
		release(s);
	return NULL;
}

/* --- its owner ------------------------------------------------------------------------------- */

enum status scribe_start(struct scribe **out, const struct scribe_options *options,
                         struct error *error)
{
	struct scribe *s = calloc(1, sizeof *s);
	*out = NULL;
	if (!s || !thread_news_init(&s->lock, &s->changed)) {
		free(s);
		return error_no_memory(error);
	}
	s->options = *options;
	s->options.waiting_max = options->waiting_max ? options->waiting_max : WAITING_MAX;
	s->options.slow_ns = options->slow_ns ? options->slow_ns : SLOW_NS;
	s->options.patience_ns = options->patience_ns ? options->patience_ns : PATIENCE_NS;
	s->last = &s->first;
	int failed = thread_start(&s->thread, run, s);
	if (failed) {
		release(s);
		return error_set(error, STATUS_FAILED, "no thread for what is kept: %s", strerror(failed));
	}
	*out = s;
	return STATUS_OK;
}

/* With the lock held: does the disk take long? */
static void watch_progress(struct scribe *s)
{
	char sentence[160];
	if (s->slow || !s->begun_ns || clock_monotonic_ns() - s->begun_ns < s->options.slow_ns)
		return;
	s->slow = true;
	snprintf(sentence, sizeof sentence,
	         "the disk takes nothing: %zu snapshots wait to be kept, and %zu may", s->waiting + 1,
	         s->options.waiting_max);
	tell(s, sentence);
}

/* With the lock held. */
static bool put(struct scribe *s, const struct snapshot *snapshot)
{
	size_t bytes = snapshot_bytes(snapshot);
	bool fits =
		s->waiting == 0 || (s->waiting < s->options.waiting_max && s->bytes + bytes <= BYTES_MAX);
	struct waiting *w = fits ? malloc(sizeof *w) : NULL;
	if (!w)
		return false;
	*w = (struct waiting){.snapshot = snapshot_ref(snapshot), .bytes = bytes};
	*s->last = w;
	s->last = &w->next;
	s->waiting++;
	s->bytes += bytes;
	return true;
}

void scribe_add(struct scribe *s, const struct snapshot *snapshot)
{
	pthread_mutex_lock(&s->lock);
	watch_progress(s);
	if (put(s, snapshot)) {
		pthread_cond_signal(&s->changed);
	} else {
		s->left_out++;
		s->slow = true;
		if (s->jam_left_out++ == 0)
			tell(s, "the disk is too slow: from here on snapshots are left out");
	}
	pthread_mutex_unlock(&s->lock);
}

bool scribe_news(struct scribe *s, char *to, size_t size)
{
	pthread_mutex_lock(&s->lock);
	bool any = s->news_n > 0;
	if (any) {
		snprintf(to, size, "%s", s->news[0]);
		memmove(s->news[0], s->news[1], --s->news_n * sizeof s->news[0]);
	}
	pthread_mutex_unlock(&s->lock);
	return any;
}

/* With the lock held: until it has ended, or that time has passed. */
static void wait_until(struct scribe *s, int64_t until_ns)
{
	while (!s->ended && thread_news_wait(&s->lock, &s->changed, until_ns))
		;
}

/* With the lock held: until it has ended, or there is no more patience. */
static void wait_for_end(struct scribe *s)
{
	int64_t now_ns = clock_monotonic_ns();
	s->ending = true;
	pthread_cond_broadcast(&s->changed);
	if (s->options.waits && s->options.patience_ns > WAIT_NS) {
		wait_until(s, now_ns + WAIT_NS);
		if (!s->ended)
			s->options.waits(s->waiting + (s->begun_ns != 0));
	}
	wait_until(s, now_ns + s->options.patience_ns);
	s->abandoned = !s->ended;
}

enum status scribe_end(struct scribe *s, struct error *error)
{
	if (!s)
		return STATUS_OK;
	struct error missing;
	pthread_t thread = s->thread;
	int64_t patience_ns = s->options.patience_ns;
	pthread_mutex_lock(&s->lock);
	wait_for_end(s);
	missing = s->missing;
	bool abandoned = s->abandoned;
	uint64_t waiting = s->waiting + (s->begun_ns != 0), left_out = s->left_out;
	uint64_t all = s->taken + waiting + left_out;
	pthread_mutex_unlock(&s->lock);
	if (abandoned) {
		pthread_detach(thread);
		return error_set(error, STATUS_FAILED,
		                 "the disk has not taken the last %" PRIu64 " of %" PRIu64
		                 " snapshots in %d seconds: they are not kept",
		                 waiting + left_out, all, (int)(patience_ns / NS_PER_S));
	}
	pthread_join(thread, NULL);
	release(s);
	if (left_out)
		return error_set(error, STATUS_FAILED,
		                 "%" PRIu64 " of %" PRIu64
		                 " snapshots are not kept: the disk was too slow for them%s%.300s",
		                 left_out, all, missing.text[0] ? "; " : "", missing.text);
	return missing.status == STATUS_OK ? STATUS_OK
	                                   : error_set(error, missing.status, "%s", missing.text);
}
