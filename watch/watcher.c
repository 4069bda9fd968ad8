#include "watch/watcher.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/live.h"
#include "metrics/json.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/text.h"
#include "util/thread.h"
#include "watch/guard.h"
#include "watch/job.h"
#include "watch/recent.h"
#include "watch/sentinel.h"

#define QUEUE_MAX 64 /* snapshots that wait */
/* All that metrics look back over: some snapshots, however rare they are. */
#define NEAR_NS    (10 * NS_PER_S)
#define NEAR_BYTES ((size_t)8 << 20)
#define FAR_BYTES  ((size_t)24 << 20) /* of ten minutes for the doctor */
#define RECENT_MAX ((size_t)32 << 20)
#define DOCTOR_NS  NS_PER_S /* between two looks of the doctor */

_Static_assert((int)SENTINEL_RULES_MAX == (int)PLAN_RULES_MAX, "the screen shows all of them");

struct watcher {
	struct watcher_options options;
	pthread_t thread;
	bool running;

	pthread_mutex_t lock; /* of what follows up to the thread's own */
	pthread_cond_t news;
	bool ending;
	const struct snapshot *queue[QUEUE_MAX];
	size_t oldest, count;
	bool looking; /* at the one that was taken from the queue last */
	struct target target;
	struct recent *recent;
	int64_t wanted_ns; /* snapshots from here on are needed; INT64_MAX: no job runs */
	bool job_ended;
	struct sentinel_state state;

	/* The thread's own. */
	struct sentinel sentinel;
	struct guard guard;
	struct history *near, *far; /* far: copies, for the doctor; NULL: no rule asks it */
	struct findings findings;
	bool looked;
	int64_t looked_ns;
	struct job *job; /* NULL: none was started yet, or it is over */
};

/* --- what the screen sees -------------------------------------------------------------------- */

/* With the lock held. */
static void show_rules(struct watcher *w)
{
	const struct plan *plan = w->options.plan;
	struct sentinel_state *s = &w->state;
	s->rules = plan->n;
	for (size_t i = 0; i < plan->n; i++) {
		struct sentinel_rule_state *to = &s->rule[i];
		const char *word = watched_words[w->sentinel.watched[i].state];
		s->changes += to->state != word;
		to->state = word;
		snprintf(to->rule, sizeof to->rule, "%s", plan->rule[i].text);
		rule_show_actions(&plan->rule[i], to->then, sizeof to->then);
		snprintf(to->value, sizeof to->value, "%.*s", (int)sizeof to->value - 1,
		         w->sentinel.watched[i].value);
	}
}

static void tell(struct watcher *w)
{
	pthread_mutex_lock(&w->lock);
	show_rules(w);
	struct sentinel_state state = w->state;
	pthread_mutex_unlock(&w->lock);
	if (w->options.tell)
		w->options.tell(&state, w->options.arg);
}

/* --- the job --------------------------------------------------------------------------------- */

static bool take_recent(int64_t from_ns, struct recent_copy *out, void *arg)
{
	struct watcher *w = arg;
	pthread_mutex_lock(&w->lock);
	bool taken = recent_take(w->recent, from_ns, out);
	pthread_mutex_unlock(&w->lock);
	return taken;
}

static void on_done(bool saved, const char *outcome, void *arg)
{
	struct watcher *w = arg;
	pthread_mutex_lock(&w->lock);
	w->job_ended = true;
	w->wanted_ns = INT64_MAX;
	w->state.busy = false;
	w->state.saved = saved;
	w->state.changes++;
	snprintf(w->state.outcome, sizeof w->state.outcome, "%s", outcome);
	struct sentinel_state state = w->state;
	pthread_cond_signal(&w->news);
	pthread_mutex_unlock(&w->lock);
	if (w->options.tell)
		w->options.tell(&state, w->options.arg);
}

/* Who it is: by its PID or by where it answers. */
static void add_target(json_t **members, const char *program, pid_t pid, const char *where)
{
	if (*program)
		json_put(members, "program", watch_log_text(program));
	if (pid > 0)
		json_put(members, "pid", json_integer(pid));
	else
		json_put(members, "where", watch_log_text(where));
}

static json_t *about(const struct watcher *w, size_t i)
{
	return json_pack("{s:o, s:o, s:f}", "rule", watch_log_text(w->options.plan->rule[i].text),
	                 "value", watch_log_text(w->sentinel.watched[i].value), "broken_s",
	                 (double)sentinel_broken_ns(&w->sentinel, i) / (double)NS_PER_S);
}

static void log_fired(const struct watcher *w, const struct job_reason *reason, size_t i)
{
	char actions[256];
	json_t *members = about(w, i);
	const struct snapshot *s = history_get(w->near, 0);
	rule_show_actions(&reason->rule, actions, sizeof actions);
	json_put(&members, "then", watch_log_text(actions));
	add_target(&members, reason->program, s->pid, s->where);
	watch_log_event(w->options.log, "fired", members);
}

static void note_fired(struct watcher *w, const struct job_reason *reason)
{
	pthread_mutex_lock(&w->lock);
	w->wanted_ns = reason->at_ns - w->options.plan->before_ns;
	w->job_ended = false;
	w->state.busy = true;
	w->state.fired++;
	w->state.fired_ns = reason->at_ns;
	w->state.changes++;
	snprintf(w->state.why, sizeof w->state.why, "%s (%s)", reason->rule.text, reason->value);
	w->state.outcome[0] = '\0';
	pthread_mutex_unlock(&w->lock);
}

static void act(struct watcher *w, size_t i, int64_t now_ns)
{
	const struct plan *plan = w->options.plan;
	const struct snapshot *s = history_get(w->near, 0);
	struct error error = {0};
	struct job_options options = {
		.reason = {.rule = plan->rule[i],
	               .broken_ns = sentinel_broken_ns(&w->sentinel, i),
	               .at_ns = s->monotonic_ns,
	               .wall_ns = s->wall_ns},
		.url = w->options.url,
		.directory = w->options.directory,
		.trace_ns = w->options.trace_ns,
		.keep_files = w->options.keep_files,
		.keep_bytes = w->options.keep_bytes,
		.before_ns = plan->before_ns,
		.after_ns = plan->after_ns,
		.exec_ns = plan->exec_ns,
		.capture_bytes = w->options.capture_bytes,
		.cooldown_ns = w->options.cooldown_ns,
		.log = w->options.log,
		.take_recent = take_recent,
		.done = on_done,
		.arg = w,
	};
	struct job_reason *reason = &options.reason;
	snprintf(reason->value, sizeof reason->value, "%s", w->sentinel.watched[i].value);
	snprintf(reason->program, sizeof reason->program, "%s", s->program);
	snprintf(reason->go_version, sizeof reason->go_version, "%s", s->go_version);
	snprintf(reason->module, sizeof reason->module, "%s", s->module);
	pthread_mutex_lock(&w->lock);
	options.target = w->target;
	pthread_mutex_unlock(&w->lock);
	log_fired(w, reason, i);
	guard_begin(&w->guard, i, now_ns);
	sentinel_fired(&w->sentinel, i);
	note_fired(w, reason);
	if (job_start(&w->job, &options, &error) == STATUS_OK)
		return;
	watch_log_event(w->options.log, "failed",
	                json_pack("{s:o}", "why", watch_log_text(error.text)));
	on_done(false, error.text, w);
}

static void refuse(struct watcher *w, size_t i, enum guard_answer why, int64_t left_ns,
                   int64_t now_ns)
{
	unsigned more;
	if (!guard_refuse(&w->guard, i, why, now_ns, &more))
		return;
	json_t *members = about(w, i);
	json_put(&members, "why", json_string_nocheck(guard_words[why]));
	json_put(&members, "left_s", json_real((double)left_ns / (double)NS_PER_S));
	json_put(&members, "untold", json_integer((json_int_t)more));
	watch_log_event(w->options.log, "suppressed", members);
}

/* One whose thread is at its end: it takes no time. */
static void collect_job(struct watcher *w)
{
	pthread_mutex_lock(&w->lock);
	bool ended = w->job_ended;
	w->job_ended = false;
	pthread_mutex_unlock(&w->lock);
	if (!ended)
		return;
	job_destroy(w->job);
	w->job = NULL;
	guard_done(&w->guard);
}

/* --- snapshots ------------------------------------------------------------------------------- */

/* Nothing of one process is compared with another. The guard goes on: what is rare stays rare. */
static bool begin_anew(struct watcher *w)
{
	bool needs_doctor = sentinel_needs_findings(&w->sentinel);
	history_destroy(w->near);
	history_destroy(w->far);
	w->near = history_create_whole(NEAR_NS, NEAR_BYTES);
	w->far = needs_doctor ? history_create(LIVE_SPAN_NS, FAR_BYTES) : NULL;
	findings_finish(&w->findings);
	w->findings = (struct findings){0};
	w->looked = false;
	sentinel_init(&w->sentinel, w->options.plan);
	return w->near && (w->far || !needs_doctor);
}

static void keep(struct watcher *w, const struct snapshot *s, const char *line)
{
	pthread_mutex_lock(&w->lock);
	int64_t from_ns = s->monotonic_ns - w->options.plan->before_ns;
	recent_forget(w->recent, from_ns < w->wanted_ns ? from_ns : w->wanted_ns);
	recent_add(w->recent, s->monotonic_ns, s->wall_ns, line);
	pthread_mutex_unlock(&w->lock);
}

/* The doctor looks back over ten minutes. It gets copies, made as a recording makes them: others
   thin their histories out, which they can't while somebody holds what is in them. */
static void consult(struct watcher *w, const struct snapshot *s, const char *line)
{
	struct snapshot *copy = NULL;
	struct findings found = {0};
	if (w->looked && s->monotonic_ns - w->looked_ns < DOCTOR_NS)
		return;
	if (json_decode(line, strlen(line), &copy, NULL) != STATUS_OK || !copy)
		return;
	bool looked = history_add(w->far, copy) == STATUS_OK &&
	              live_look(w->far, w->options.limits, &found) == STATUS_OK;
	if (looked) {
		findings_finish(&w->findings);
		w->findings = found;
		w->looked_ns = s->monotonic_ns;
	} else {
		findings_finish(&found);
	}
	w->looked = looked;
}

static void look(struct watcher *w)
{
	int64_t now_ns = clock_monotonic_ns(), left_ns;
	sentinel_look(&w->sentinel, w->near, w->looked ? &w->findings : NULL);
	for (size_t i = 0; i < w->options.plan->n; i++) {
		if (w->sentinel.watched[i].state != WATCHED_BROKEN)
			continue;
		enum guard_answer answer = guard_ask(&w->guard, i, now_ns, &left_ns);
		if (answer == GUARD_GO)
			act(w, i, now_ns);
		else
			refuse(w, i, answer, left_ns, now_ns);
	}
}

static void take(struct watcher *w, const struct snapshot *s)
{
	const struct snapshot *before = w->near ? history_get(w->near, 0) : NULL;
	bool anew = !before || !snapshot_same_process(before, s) || before->state == TARGET_EXITED;
	if ((anew && !begin_anew(w)) || history_add(w->near, snapshot_ref(s)) != STATUS_OK)
		return;
	char *line = json_encode_raw(s);
	if (!line)
		return;
	keep(w, s, line);
	if (w->far)
		consult(w, s, line);
	free(line);
	look(w);
	if (s->state == TARGET_EXITED && w->job)
		job_hurry(w->job);
	tell(w);
}

/* --- the thread ------------------------------------------------------------------------------ */

static const struct snapshot *next(struct watcher *w, bool *ending)
{
	const struct snapshot *s = NULL;
	pthread_mutex_lock(&w->lock);
	w->looking = false;
	while (!w->ending && w->count == 0 && !w->job_ended)
		pthread_cond_wait(&w->news, &w->lock);
	if (!w->ending && w->count > 0) {
		s = w->queue[w->oldest];
		w->oldest = (w->oldest + 1) % QUEUE_MAX;
		w->count--;
	}
	w->looking = s != NULL;
	*ending = w->ending;
	pthread_mutex_unlock(&w->lock);
	return s;
}

static void *run(void *arg)
{
	struct watcher *w = arg;
	bool ending = false;
	while (!ending) {
		const struct snapshot *s = next(w, &ending);
		collect_job(w);
		if (s)
			take(w, s);
		snapshot_unref(s);
	}
	return NULL;
}

static void log_armed(const struct watcher *w)
{
	const struct target *target = &w->options.target;
	json_t *rules = json_array(), *members = json_object();
	for (size_t i = 0; i < w->options.plan->n; i++) {
		char actions[256];
		rule_show_actions(&w->options.plan->rule[i], actions, sizeof actions);
		json_push(&rules,
		          json_pack("{s:o, s:o}", "rule", watch_log_text(w->options.plan->rule[i].text),
		                    "then", watch_log_text(actions)));
	}
	add_target(&members, target->program, target->pid, target->where);
	json_put(&members, "rules", rules);
	watch_log_event(w->options.log, "armed", members);
}

enum status watcher_create(struct watcher **out, const struct watcher_options *options,
                           struct error *error)
{
	struct watcher *w = calloc(1, sizeof *w);
	if (!w)
		return error_no_memory(error);
	w->options = *options;
	w->target = options->target;
	w->wanted_ns = INT64_MAX;
	sentinel_init(&w->sentinel, options->plan);
	guard_init(&w->guard, options->plan);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->news, NULL);
	w->recent = recent_create(RECENT_MAX);
	if (!w->recent) {
		watcher_destroy(w);
		return error_no_memory(error);
	}
	int failed = thread_start(&w->thread, run, w);
	w->running = failed == 0;
	if (failed) {
		watcher_destroy(w);
		return error_set(error, STATUS_FAILED, "no thread for the sentinel: %s", strerror(failed));
	}
	log_armed(w);
	*out = w;
	return STATUS_OK;
}

void watcher_add(struct watcher *w, const struct snapshot *s)
{
	pthread_mutex_lock(&w->lock);
	/* The oldest is passed over: to the sentinel that is a gap. */
	if (w->count == QUEUE_MAX) {
		snapshot_unref(w->queue[w->oldest]);
		w->oldest = (w->oldest + 1) % QUEUE_MAX;
		w->count--;
	}
	w->queue[(w->oldest + w->count++) % QUEUE_MAX] = snapshot_ref(s);
	pthread_cond_signal(&w->news);
	pthread_mutex_unlock(&w->lock);
}

void watcher_follow(struct watcher *w, const struct target *target)
{
	pthread_mutex_lock(&w->lock);
	w->target = *target;
	pthread_mutex_unlock(&w->lock);
	json_t *members = json_object();
	add_target(&members, target->program, target->pid, target->where);
	watch_log_event(w->options.log, "followed", members);
}

bool watcher_is_busy(struct watcher *w)
{
	pthread_mutex_lock(&w->lock);
	bool busy = w->state.busy || w->looking || w->count > 0;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

void watcher_destroy(struct watcher *w)
{
	if (!w)
		return;
	if (w->running) {
		pthread_mutex_lock(&w->lock);
		w->ending = true;
		pthread_cond_signal(&w->news);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->thread, NULL);
	}
	job_destroy(w->job);
	for (; w->count > 0; w->count--) {
		snapshot_unref(w->queue[w->oldest]);
		w->oldest = (w->oldest + 1) % QUEUE_MAX;
	}
	history_destroy(w->near);
	history_destroy(w->far);
	findings_finish(&w->findings);
	recent_destroy(w->recent);
	pthread_cond_destroy(&w->news);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
