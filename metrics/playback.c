#include "metrics/playback.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/thread.h"

#define QUEUE_MAX 64
#define QUEUE_FEW 4 /* of what is played as fast as can be: so many, then a picture */

/* Longer gaps are leapt over: schedtop was stopped, or two recordings follow each other. */
#define GAP_INTERVALS 3
#define GAP_NS        (10 * NS_PER_S)

/* A player that is so late, in the machine's time, is not to catch up. */
#define LATE_NS (NS_PER_S / 2)

struct playback {
	pthread_mutex_t lock; /* for all of it; held for a few instructions, or in a wait */
	pthread_cond_t news;
	void (*wake)(void *arg);
	void *arg;

	/* The clock: at machine time since_ns it was at_ns; never behind limit_ns, where the next
	   snapshot stands that the screen does not have. */
	int64_t at_ns, since_ns, limit_ns;
	int64_t wall_ns; /* the recording's wall clock less its monotonic one */
	double speed;
	bool paused, ended, stopping;
	int64_t first_wall_ns, last_wall_ns;
	int64_t pushed_ns; /* monotonic, of the last one; -1: none */

	bool ordered, seeking; /* `goal` waits; or is being carried out */
	struct playback_goal goal;

	struct history *history; /* comes before the queue */
	const struct snapshot *queue[QUEUE_MAX];
	size_t oldest, count;
};

struct playback *playback_create(double speed, void (*wake)(void *arg), void *arg)
{
	struct playback *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	if (!thread_news_init(&p->lock, &p->news)) {
		free(p);
		return NULL;
	}
	p->speed = speed;
	p->wake = wake;
	p->arg = arg;
	p->pushed_ns = -1;
	p->limit_ns = INT64_MAX;
	p->since_ns = clock_monotonic_ns();
	return p;
}

/* With the lock held. */
static void empty(struct playback *p)
{
	for (; p->count > 0; p->count--)
		snapshot_unref(p->queue[p->oldest++ % QUEUE_MAX]);
	history_destroy(p->history);
	p->history = NULL;
}

void playback_destroy(struct playback *p)
{
	if (!p)
		return;
	empty(p);
	pthread_cond_destroy(&p->news);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* --- the clock, with the lock held ----------------------------------------------------------- */

static bool is_running(const struct playback *p)
{
	return !p->paused && !p->ended && !p->seeking && !p->ordered;
}

static int64_t unlimited(const struct playback *p)
{
	if (!is_running(p) || isinf(p->speed))
		return p->at_ns;
	return p->at_ns + (int64_t)((double)(clock_monotonic_ns() - p->since_ns) * p->speed);
}

static int64_t now(const struct playback *p)
{
	int64_t now_ns = unlimited(p);
	return now_ns < p->limit_ns ? now_ns : p->limit_ns;
}

/* The clock goes on from there. */
static void set(struct playback *p, int64_t monotonic_ns)
{
	p->at_ns = monotonic_ns;
	p->since_ns = clock_monotonic_ns();
}

/* --- speeds -------------------------------------------------------------------------------------
 */

bool playback_speed_parse(const char *text, double *speed)
{
	char *end;
	if (strcmp(text, "max") == 0) {
		*speed = INFINITY;
		return true;
	}
	*speed = strtod(text, &end);
	if (*end == 'x')
		end++;
	return end != text && !*end && *speed >= PLAYBACK_SPEED_MIN && *speed <= PLAYBACK_SPEED_MAX;
}

/* --- the screen's side ----------------------------------------------------------------------- */

struct playback_state playback_look(struct playback *p)
{
	pthread_mutex_lock(&p->lock);
	int64_t now_ns = now(p);
	struct playback_state state = {
		.recorded = true,
		.monotonic_ns = now_ns,
		.wall_ns = now_ns + p->wall_ns,
		.first_wall_ns = p->first_wall_ns,
		.last_wall_ns = p->last_wall_ns,
		.speed = p->speed,
		.paused = p->paused,
		.ended = p->ended,
		.seeking = p->ordered || p->seeking,
	};
	pthread_mutex_unlock(&p->lock);
	return state;
}

/* Changes what the clock runs by, without a leap of it. */
static void change(struct playback *p, bool paused, double speed)
{
	set(p, now(p));
	p->paused = paused;
	p->speed = speed;
	pthread_cond_broadcast(&p->news);
}

void playback_pause(struct playback *p, bool paused)
{
	pthread_mutex_lock(&p->lock);
	change(p, paused, p->speed);
	pthread_mutex_unlock(&p->lock);
}

void playback_set_speed(struct playback *p, double speed)
{
	pthread_mutex_lock(&p->lock);
	change(p, p->paused, speed);
	pthread_mutex_unlock(&p->lock);
}

void playback_seek(struct playback *p, const struct playback_goal *goal)
{
	pthread_mutex_lock(&p->lock);
	set(p, now(p));
	p->goal = *goal;
	p->ordered = true;
	p->paused = p->paused || goal->pause;
	pthread_cond_broadcast(&p->news);
	pthread_mutex_unlock(&p->lock);
}

bool playback_take(struct playback *p, const struct snapshot **s, struct history **history)
{
	pthread_mutex_lock(&p->lock);
	*history = p->history;
	*s = NULL;
	p->history = NULL;
	if (!*history && p->count > 0) {
		*s = p->queue[p->oldest++ % QUEUE_MAX];
		p->count--;
		pthread_cond_broadcast(&p->news);
	}
	pthread_mutex_unlock(&p->lock);
	return *history || *s;
}

/* --- the player's side ----------------------------------------------------------------------- */

void playback_tell_ends(struct playback *p, int64_t first_wall_ns, int64_t last_wall_ns)
{
	pthread_mutex_lock(&p->lock);
	p->first_wall_ns = first_wall_ns;
	p->last_wall_ns = last_wall_ns;
	pthread_mutex_unlock(&p->lock);
}

static bool is_gap(const struct playback *p, const struct snapshot *next)
{
	int64_t step_ns = next->monotonic_ns - p->pushed_ns;
	return p->pushed_ns < 0 || step_ns < 0 ||
	       (step_ns > GAP_NS && step_ns / GAP_INTERVALS > next->interval_ns);
}

static void wait_at_most(struct playback *p, int64_t ns)
{
	thread_news_wait(&p->lock, &p->news, clock_monotonic_ns() + ns);
}

/* Is it time for it? Otherwise waits a while. */
static bool is_due(struct playback *p, const struct snapshot *next)
{
	if (!is_running(p)) {
		pthread_cond_wait(&p->news, &p->lock);
		return false;
	}
	if (p->count >= (isinf(p->speed) ? QUEUE_FEW : QUEUE_MAX)) {
		wait_at_most(p, NS_PER_S);
		return false;
	}
	/* What is shown may be far behind what the screen has: the clock has to come there first. */
	bool leaps = is_gap(p, next);
	if (isinf(p->speed) || (leaps && now(p) >= p->pushed_ns))
		set(p, next->monotonic_ns);
	int64_t goal_ns = leaps && now(p) < p->pushed_ns ? p->pushed_ns : next->monotonic_ns;
	int64_t ahead_ns = unlimited(p) - goal_ns;
	if (ahead_ns < 0) {
		double ns = (double)-ahead_ns / p->speed;
		wait_at_most(p, ns < (double)NS_PER_S ? (int64_t)ns + 1 : NS_PER_S);
		return false;
	}
	if (goal_ns != next->monotonic_ns)
		return false;
	if ((double)ahead_ns / p->speed > (double)LATE_NS)
		set(p, next->monotonic_ns);
	return true;
}

/* What was read last has been shown: time stands still. */
static void end(struct playback *p)
{
	if (p->ended || p->ordered || now(p) < p->pushed_ns)
		return;
	set(p, p->pushed_ns);
	p->ended = true;
	if (p->wake)
		p->wake(p->arg);
}

/* Nothing follows, but the clock may have some way to go. */
static void wait_for_end(struct playback *p)
{
	if (is_running(p) && isinf(p->speed))
		set(p, p->pushed_ns);
	else if (is_running(p))
		wait_at_most(p, NS_PER_S / 20);
	else
		pthread_cond_wait(&p->news, &p->lock);
}

enum playback_event playback_wait(struct playback *p, const struct snapshot *next,
                                  struct playback_goal *goal)
{
	enum playback_event event = PLAYBACK_STOPPED;
	pthread_mutex_lock(&p->lock);
	/* Of another start of the machine times can't be compared. */
	p->limit_ns = next && next->monotonic_ns > p->pushed_ns ? next->monotonic_ns : p->pushed_ns;
	while (!p->stopping && event == PLAYBACK_STOPPED) {
		if (!next)
			end(p);
		if (p->ordered) {
			event = PLAYBACK_SOUGHT;
			*goal = p->goal;
			p->ordered = false;
			p->seeking = true;
		} else if (!next) {
			wait_for_end(p);
		} else if (is_due(p, next)) {
			event = PLAYBACK_DUE;
			p->wall_ns = next->wall_ns - next->monotonic_ns; /* it may have been set */
		}
	}
	if (p->stopping)
		event = PLAYBACK_STOPPED;
	pthread_mutex_unlock(&p->lock);
	return event;
}

void playback_push(struct playback *p, const struct snapshot *s)
{
	pthread_mutex_lock(&p->lock);
	while (p->count == QUEUE_MAX && !p->stopping)
		pthread_cond_wait(&p->news, &p->lock);
	p->pushed_ns = s->monotonic_ns;
	if (p->count < QUEUE_MAX)
		p->queue[(p->oldest + p->count++) % QUEUE_MAX] = s;
	else
		snapshot_unref(s); /* nobody will show it */
	pthread_mutex_unlock(&p->lock);
	if (p->wake)
		p->wake(p->arg);
}

void playback_give(struct playback *p, struct history *history)
{
	const struct snapshot *newest = history_get(history, 0);
	pthread_mutex_lock(&p->lock);
	empty(p);
	p->history = history;
	p->pushed_ns = newest ? newest->monotonic_ns : -1;
	pthread_mutex_unlock(&p->lock);
	if (p->wake)
		p->wake(p->arg);
}

void playback_set_clock(struct playback *p, int64_t monotonic_ns, int64_t wall_ns)
{
	pthread_mutex_lock(&p->lock);
	p->seeking = p->ended = false;
	p->limit_ns = INT64_MAX; /* until it is known what comes next */
	if (!p->ordered) {
		set(p, monotonic_ns);
		p->wall_ns = wall_ns - monotonic_ns;
	}
	pthread_mutex_unlock(&p->lock);
	if (p->wake)
		p->wake(p->arg);
}

bool playback_is_disturbed(struct playback *p)
{
	pthread_mutex_lock(&p->lock);
	bool disturbed = p->ordered || p->stopping;
	pthread_mutex_unlock(&p->lock);
	return disturbed;
}

void playback_stop(struct playback *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->news);
	pthread_mutex_unlock(&p->lock);
}
