#include "collect/replay.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/recording.h"
#include "util/clock.h"

/* Longer gaps are leapt over: schedtop was stopped, or two recordings stand in one file. */
#define GAP_INTERVALS 3
#define GAP_NS        (10 * NS_PER_S)

struct replay {
	struct recording *recording;
	struct feed *feed;
	void (*wake)(void *arg);
	void *arg;
	pthread_t thread;
	bool running;
	struct snapshot *next; /* the thread's: read and not yet due */
	struct error failure;  /* the thread's, until it has ended */

	pthread_mutex_t lock; /* for what follows; held for a few instructions, or in the wait */
	pthread_cond_t stopped;
	bool stopping, ended;
	int64_t ahead_ns; /* the recording's monotonic clock less the machine's */
	int64_t since_ns; /* and the recording's wall clock less its monotonic one */
	int64_t end_ns;   /* where its clock stands when it has ended */
};

static bool is_gap(const struct snapshot *s, int64_t before_ns)
{
	int64_t step_ns = s->monotonic_ns - before_ns;
	return step_ns > GAP_NS && step_ns / GAP_INTERVALS > s->interval_ns;
}

/* Sleeps until the recording's clock has come to the moment; false when it is to stop. */
static bool wait_until(struct replay *r, int64_t monotonic_ns)
{
	pthread_mutex_lock(&r->lock);
	int64_t at_ns = monotonic_ns - r->ahead_ns;
	struct timespec until = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S};
	int result = 0;
	while (!r->stopping && result != ETIMEDOUT)
		result = pthread_cond_timedwait(&r->stopped, &r->lock, &until);
	bool go_on = !r->stopping;
	pthread_mutex_unlock(&r->lock);
	return go_on;
}

/* Sets the clock: this snapshot is made now. */
static void set_clock(struct replay *r, const struct snapshot *s)
{
	pthread_mutex_lock(&r->lock);
	r->ahead_ns = s->monotonic_ns - clock_monotonic_ns();
	r->since_ns = s->wall_ns - s->monotonic_ns;
	pthread_mutex_unlock(&r->lock);
}

static void end(struct replay *r, int64_t end_ns)
{
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	r->end_ns = end_ns;
	pthread_mutex_unlock(&r->lock);
	if (r->wake)
		r->wake(r->arg);
}

/* The next one that is whole; NULL at the end, or when the rest can't be read. */
static struct snapshot *read_next(struct replay *r)
{
	struct snapshot *s;
	struct error why = {0};
	enum status status;
	do
		status = recording_next(r->recording, &s, &why);
	while (status == STATUS_DAMAGED);
	if (status != STATUS_OK)
		r->failure = why;
	return s;
}

static void *play(void *arg)
{
	struct replay *r = arg;
	int64_t last_ns = r->next->monotonic_ns;
	bool go_on = true;
	while (r->next && go_on) {
		struct snapshot *s = r->next;
		if (is_gap(s, last_ns))
			set_clock(r, s);
		go_on = wait_until(r, s->monotonic_ns);
		if (!go_on)
			break;
		last_ns = s->monotonic_ns;
		pthread_mutex_lock(&r->lock);
		r->since_ns = s->wall_ns - s->monotonic_ns; /* it may have been set */
		pthread_mutex_unlock(&r->lock);
		feed_push(r->feed, s);
		r->next = read_next(r);
	}
	end(r, last_ns);
	return NULL;
}

static enum status init_lock(struct replay *r, struct error *error)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	int failed = pthread_mutex_init(&r->lock, NULL);
	if (!failed && (failed = pthread_cond_init(&r->stopped, &monotonic)) != 0)
		pthread_mutex_destroy(&r->lock);
	pthread_condattr_destroy(&monotonic);
	return failed ? error_no_memory(error) : STATUS_OK;
}

static enum status read_first(struct replay *r, const char *path, struct error *error)
{
	enum status status = recording_open(&r->recording, path, error);
	if (status != STATUS_OK)
		return status;
	r->next = read_next(r);
	if (r->next)
		return STATUS_OK;
	if (r->failure.status != STATUS_OK)
		return error_set(error, r->failure.status, "%s", r->failure.text);
	const char *complaint = recording_complaint(r->recording, 0);
	return error_set(error, STATUS_DAMAGED, "there is no snapshot in it: %s",
	                 complaint ? complaint : "the recording is empty");
}

enum status replay_create(struct replay **out, const char *path, struct feed *feed,
                          struct error *error)
{
	struct replay *r = calloc(1, sizeof *r);
	*out = NULL;
	if (!r)
		return error_no_memory(error);
	r->feed = feed;
	enum status status = init_lock(r, error);
	if (status != STATUS_OK) {
		free(r);
		return status;
	}
	status = read_first(r, path, error);
	if (status != STATUS_OK) {
		replay_destroy(r);
		return status;
	}
	set_clock(r, r->next);
	*out = r;
	return STATUS_OK;
}

enum status replay_start(struct replay *r, void (*wake)(void *arg), void *arg, struct error *error)
{
	r->wake = wake;
	r->arg = arg;
	set_clock(r, r->next);
	/* Signals are for the thread that draws. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int failed = pthread_create(&r->thread, NULL, play, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	r->running = !failed;
	return failed ? error_set(error, STATUS_FAILED, "no thread for the recording: %s",
	                          strerror(failed))
	              : STATUS_OK;
}

void replay_stop(struct replay *r)
{
	if (!r->running)
		return;
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_signal(&r->stopped);
	pthread_mutex_unlock(&r->lock);
	recording_cancel(r->recording);
	pthread_join(r->thread, NULL);
	r->running = false;
}

void replay_destroy(struct replay *r)
{
	if (!r)
		return;
	replay_stop(r);
	snapshot_unref(r->next);
	recording_close(r->recording);
	pthread_cond_destroy(&r->stopped);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

struct replay_time replay_time(struct replay *r)
{
	pthread_mutex_lock(&r->lock);
	int64_t now_ns = r->ended ? r->end_ns : clock_monotonic_ns() + r->ahead_ns;
	struct replay_time time = {now_ns, now_ns + r->since_ns, r->ended};
	pthread_mutex_unlock(&r->lock);
	return time;
}

const char *replay_complaint(const struct replay *r, size_t i)
{
	return recording_complaint(r->recording, i);
}

enum status replay_judge(const struct replay *r, struct error *error)
{
	if (r->failure.status != STATUS_OK)
		return error_set(error, r->failure.status, "%s", r->failure.text);
	return recording_judge(r->recording, error);
}
