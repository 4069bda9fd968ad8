#include "collect/replay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "collect/recording.h"
#include "util/clock.h"
#include "util/thread.h"

/* Before a moment the last minute is read whole; of what is older as much as this takes. */
#define FRESH_NS  (60 * NS_PER_S)
#define BUDGET_NS (NS_PER_S / 2)

/* Nearer to the end of what the screen has it need not be read again. */
#define NEAR_NS (60 * NS_PER_S)

struct replay {
	struct replay_options options;
	struct recording *recording;
	bool seekable;
	struct line_times first, last; /* if it is */
	pthread_t thread;
	bool running;
	/* All below are the thread's while it runs. */
	struct snapshot *next; /* read and not yet due */
	int64_t oldest_ns;     /* monotonic times of what the screen has */
	int64_t newest_ns;
	pid_t pid;
	bool from_begin; /* there is nothing before oldest_ns */
	struct error failure;
};

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

/* Another process, or one of another start of the machine: nothing of it is compared with what was
   before. */
static bool is_other_run(const struct snapshot *s, const struct snapshot *before)
{
	return !snapshot_same_process(s, before) || s->monotonic_ns < before->monotonic_ns ||
	       before->state == TARGET_EXITED;
}

/* --- what was before a moment ---------------------------------------------------------------- */

/* A history under way, of the run that the newest snapshot belongs to. */
struct past {
	struct history *history;
	struct snapshot *newest; /* NULL: none yet */
	int64_t oldest_ns;
	int64_t until_ns; /* wall clock */
	int64_t begun_ns, read;
};

/* Takes over the reference. The last word of a process that is gone knows nothing but that. */
static enum status remember(struct replay *r, struct past *past, struct snapshot *s)
{
	if (!past->newest || is_other_run(s, past->newest)) {
		history_destroy(past->history);
		past->history = history_create(r->options.history_ns, r->options.history_bytes);
		past->oldest_ns = s->monotonic_ns;
	}
	snapshot_unref(past->newest);
	past->newest = s;
	past->read++;
	if (past->history &&
	    (s->state == TARGET_EXITED || history_add(past->history, snapshot_ref(s)) == STATUS_OK))
		return STATUS_OK;
	return error_no_memory(&r->failure);
}

/* When reading all of it would take long, of what is older than a minute only some snapshots are
   looked at, evenly. */
static void hurry(struct replay *r, const struct past *past)
{
	const struct snapshot *s = past->newest;
	int64_t left_ns = past->until_ns - FRESH_NS - s->wall_ns;
	if (left_ns <= 0 || past->read < 4 || s->interval_ns <= 0)
		return;
	int64_t each_ns = (clock_monotonic_ns() - past->begun_ns) / past->read;
	int64_t affordable = BUDGET_NS / (each_ns + 1) + 1, wanted = left_ns / s->interval_ns;
	if (wanted > affordable)
		recording_skip(r->recording, s->monotonic_ns + left_ns / affordable);
}

/* Reads what the screen would have had at that moment of the wall clock. false: something else is
   wanted by now, or there is nothing. */
static bool read_past(struct replay *r, struct past *past)
{
	if (recording_seek(r->recording, past->until_ns - r->options.history_ns, &r->failure) !=
	    STATUS_OK)
		return false;
	past->begun_ns = clock_monotonic_ns();
	snapshot_unref(r->next);
	r->next = read_next(r);
	while (r->next && (r->next->wall_ns <= past->until_ns || !past->newest)) {
		if (playback_is_disturbed(r->options.playback))
			return false;
		enum status status = remember(r, past, r->next);
		r->next = NULL;
		if (status != STATUS_OK)
			return false;
		hurry(r, past);
		r->next = read_next(r);
	}
	return past->newest != NULL;
}

/* In a long gap nothing is to be seen: what comes behind it is. */
static bool is_in_gap(const struct replay *r, const struct past *past)
{
	return r->next &&
	       past->until_ns - past->newest->wall_ns > 3 * past->newest->interval_ns + 10 * NS_PER_S;
}

static void show_past(struct replay *r, struct past *past)
{
	struct playback *p = r->options.playback;
	const struct snapshot *s = past->newest;
	int64_t late_ns = past->until_ns - s->wall_ns;
	/* Behind the last one time stands still. */
	late_ns = late_ns > 0 && r->next ? late_ns : 0;
	r->oldest_ns = past->oldest_ns;
	r->newest_ns = s->monotonic_ns;
	r->pid = s->pid;
	r->from_begin = false;
	if (history_count(past->history) > 0) {
		playback_give(p, past->history);
		past->history = NULL;
	}
	if (s->state == TARGET_EXITED)
		playback_push(p, snapshot_ref(s));
	playback_set_clock(p, s->monotonic_ns + late_ns, s->wall_ns + late_ns);
}

static void leap(struct replay *r, int64_t wall_ns)
{
	struct past past = {.until_ns = wall_ns};
	bool good = read_past(r, &past);
	if (good && is_in_gap(r, &past)) {
		past.until_ns = r->next->wall_ns;
		struct snapshot *s = r->next;
		r->next = NULL;
		good = remember(r, &past, s) == STATUS_OK;
		r->next = read_next(r);
	}
	if (good)
		show_past(r, &past);
	history_destroy(past.history);
	snapshot_unref(past.newest);
}

/* --- orders ---------------------------------------------------------------------------------- */

/* Has the screen the moment, and most of what it shows of the time before? */
static bool is_at_hand(const struct replay *r, int64_t monotonic_ns)
{
	int64_t kept_ns = r->newest_ns - r->options.history_ns;
	bool from_begin = r->from_begin && r->oldest_ns >= kept_ns;
	int64_t oldest_ns = r->oldest_ns > kept_ns ? r->oldest_ns : kept_ns;
	int64_t enough_ns = r->options.history_ns - NEAR_NS;
	bool before_next =
		r->next ? monotonic_ns < r->next->monotonic_ns : monotonic_ns <= r->newest_ns;
	return before_next && monotonic_ns >= oldest_ns &&
	       (from_begin || !r->seekable || monotonic_ns - oldest_ns >= enough_ns ||
	        monotonic_ns >= r->newest_ns - NEAR_NS);
}

static void show_next(struct replay *r)
{
	struct snapshot *s = r->next;
	struct playback *p = r->options.playback;
	r->next = NULL;
	bool earlier = s->monotonic_ns < r->newest_ns;
	if (s->pid != r->pid || earlier) {
		r->oldest_ns = s->monotonic_ns;
		r->from_begin = false;
	}
	r->newest_ns = s->monotonic_ns;
	r->pid = s->pid;
	/* Another start of the machine: the screen could not tell by the process alone. */
	struct history *fresh =
		earlier ? history_create(r->options.history_ns, r->options.history_bytes) : NULL;
	if (fresh && history_add(fresh, s) == STATUS_OK)
		playback_give(p, fresh);
	else if (!fresh)
		playback_push(p, s);
	else
		history_destroy(fresh);
	r->next = read_next(r);
}

static void seek(struct replay *r, const struct playback_goal *goal)
{
	struct playback *p = r->options.playback;
	struct playback_state now = playback_look(p);
	int64_t wall_ns = goal->wall_ns;
	if (goal->to == PLAYBACK_NEXT && r->next) {
		int64_t monotonic_ns = r->next->monotonic_ns;
		wall_ns = r->next->wall_ns;
		show_next(r);
		playback_set_clock(p, monotonic_ns, wall_ns);
		return;
	}
	if (goal->to == PLAYBACK_BEGIN || wall_ns < r->first.wall_ns)
		wall_ns = r->first.wall_ns;
	if (goal->to == PLAYBACK_END || wall_ns > r->last.wall_ns)
		wall_ns = r->last.wall_ns;
	if (goal->to == PLAYBACK_MOMENT && is_at_hand(r, goal->monotonic_ns))
		playback_set_clock(p, goal->monotonic_ns, goal->wall_ns);
	else if (r->seekable && goal->to != PLAYBACK_NEXT)
		leap(r, wall_ns);
	/* What could not be done leaves all as it was. */
	if (playback_look(p).seeking && !playback_is_disturbed(p))
		playback_set_clock(p, now.monotonic_ns, now.wall_ns);
}

static void *play(void *arg)
{
	struct replay *r = arg;
	struct playback_goal goal;
	for (;;) {
		switch (playback_wait(r->options.playback, r->next, &goal)) {
		case PLAYBACK_STOPPED:
			return NULL;
		case PLAYBACK_DUE:
			if (r->next)
				show_next(r);
			break;
		case PLAYBACK_SOUGHT:
			seek(r, &goal);
			break;
		}
	}
}

/* --- life ------------------------------------------------------------------------------------ */

static enum status read_first(struct replay *r, const char *path, struct error *error)
{
	enum status status = recording_open(&r->recording, path, error);
	if (status != STATUS_OK)
		return status;
	r->next = read_next(r);
	if (!r->next && r->failure.status != STATUS_OK)
		return error_set(error, r->failure.status, "%s", r->failure.text);
	if (!r->next) {
		const char *complaint = recording_complaint(r->recording, 0);
		return error_set(error, STATUS_DAMAGED, "there is no snapshot in it: %s",
		                 complaint ? complaint : "the recording is empty");
	}
	r->oldest_ns = r->newest_ns = r->next->monotonic_ns;
	r->pid = r->next->pid;
	r->from_begin = true;
	r->seekable = recording_ends(r->recording, &r->first, &r->last);
	if (r->seekable)
		playback_tell_ends(r->options.playback, r->first.wall_ns, r->last.wall_ns);
	playback_set_clock(r->options.playback, r->next->monotonic_ns, r->next->wall_ns);
	return STATUS_OK;
}

enum status replay_create(struct replay **out, const char *path,
                          const struct replay_options *options, struct error *error)
{
	struct replay *r = calloc(1, sizeof *r);
	*out = NULL;
	if (!r)
		return error_no_memory(error);
	r->options = *options;
	enum status status = read_first(r, path, error);
	if (status == STATUS_OK)
		*out = r;
	else
		replay_destroy(r);
	return status;
}

enum status replay_start(struct replay *r, struct error *error)
{
	playback_set_clock(r->options.playback, r->next->monotonic_ns, r->next->wall_ns);
	int failed = thread_start(&r->thread, play, r);
	r->running = !failed;
	return failed ? error_set(error, STATUS_FAILED, "no thread for the recording: %s",
	                          strerror(failed))
	              : STATUS_OK;
}

void replay_stop(struct replay *r)
{
	if (!r->running)
		return;
	playback_stop(r->options.playback);
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
	free(r);
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
