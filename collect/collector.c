#include "collect/collector.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/source.h"
#include "util/clock.h"

/* Best first: who comes first fills a part, the others what is still missing. */
enum { SLOT_MEMORY, SLOT_AGENT, SLOT_SCHEDTRACE, SLOT_PPROF, SLOT_OS, SLOT_COUNT };

#define ALIVE_MS         500               /* how often an exit is looked for between snapshots */
#define RETRY_NS         (5 * NS_PER_S)    /* an agent that was not there may come */
#define SILENT_INTERVALS 2                 /* of a source that has its own pace */
#define PACE_MAX_NS      (3600 * NS_PER_S) /* of which no more is believed than this */
#define WAIT_MAX_NS      (500 * NS_PER_MS) /* a snapshot waits no longer for an answer */

#define ALL (~0U)

/* Beside a process a text is read when there is one to read. */
static bool has_text(const struct collector_options *o)
{
	return o->text || o->choice == SOURCE_SCHEDTRACE;
}

static bool has_url(const struct collector_options *o)
{
	return o->url;
}

/* Who is asked, by where the target is and what the user chose. */
static const struct {
	const struct source_ops *ops;
	unsigned places, choices;                         /* bits of enum target_place, source_choice */
	bool (*asked)(const struct collector_options *o); /* nor else; NULL: always */
} slot_table[SLOT_COUNT] = {
	[SLOT_MEMORY] = {&source_memory, 1 << TARGET_PROCESS, 1 << SOURCE_AUTO | 1 << SOURCE_MEMORY,
                     NULL},
	[SLOT_AGENT] = {&source_agent, 1 << TARGET_PROCESS, 1 << SOURCE_AUTO | 1 << SOURCE_AGENT, NULL},
	[SLOT_SCHEDTRACE] = {&source_schedtrace, 1 << TARGET_PROCESS | 1 << TARGET_TEXT,
                         1 << SOURCE_AUTO | 1 << SOURCE_SCHEDTRACE, has_text},
	[SLOT_PPROF] = {&source_pprof, 1 << TARGET_PROCESS | 1 << TARGET_URL,
                    1 << SOURCE_AUTO | 1 << SOURCE_PPROF, has_url},
	[SLOT_OS] = {&source_os, 1 << TARGET_PROCESS, ALL, NULL},
};

struct slot {
	const struct source_ops *ops;
	struct source *source; /* NULL: not open */
	struct error trouble;  /* why not, or why its last fill failed */
};

struct collector {
	struct collector_options options;
	struct target target;
	enum target_state state;
	struct slot slots[SLOT_COUNT];
	struct slot *lane_slot; /* who samples; NULL: nobody */
	struct lane_sink sink;

	uv_loop_t loop;
	uv_timer_t due, tick, wait, alive;
	uv_async_t stop, change;
	_Atomic int64_t ordered_ns; /* the interval that `change` brings */
	_Atomic uint64_t detail;    /* what the sources are to tell in detail */
	uv_thread_t thread;
	bool running, ending, has_published;
	int64_t start_ns, due_ns, retry_ns;
	int64_t own_ns; /* the time that a paced source told last; -1: none yet */
	int64_t sampled_ns;
	struct snapshot *snapshot; /* begun, waiting for answers; NULL: none is */
	int awaited;               /* sources that have not answered yet */
	int open_sources;
};

static void collect(struct collector *c);
static void on_ready(int64_t own_ns, void *arg);
static void on_due(uv_timer_t *timer);
static void start_lanes(struct collector *c);

/* A timer that fires at a monotonic moment: libuv counts in milliseconds, rounded up here. */
static void fire_at(struct collector *c, uv_timer_t *timer, uv_timer_cb cb, int64_t at_ns)
{
	int64_t left = at_ns - clock_monotonic_ns();
	uv_update_time(&c->loop);
	uv_timer_start(timer, cb, left > 0 ? (uint64_t)((left + NS_PER_MS - 1) / NS_PER_MS) : 0, 0);
}

/* Opening. */

/* What is known by its prints alone comes at the program's own pace. */
static bool is_paced(const struct collector *c)
{
	return c->target.place == TARGET_TEXT || c->options.choice == SOURCE_SCHEDTRACE;
}

static enum status open_slot(struct collector *c, int i)
{
	struct slot *slot = &c->slots[i];
	slot->trouble = (struct error){0};
	enum status status = slot->ops->open(&slot->source, &c->target, &c->loop, &slot->trouble);
	if (status != STATUS_OK) {
		slot->source = NULL;
		return status;
	}
	c->open_sources++;
	if (is_paced(c)) {
		slot->source->ready = on_ready;
		slot->source->ready_arg = c;
	}
	return STATUS_OK;
}

static bool wanted(const struct collector *c, int i)
{
	return slot_table[i].places >> c->target.place & 1 &&
	       slot_table[i].choices >> c->options.choice & 1 &&
	       (!slot_table[i].asked || slot_table[i].asked(&c->options));
}

/* The reason not to start at all, if there is one. */
static enum status judge_sources(struct collector *c, struct error *error)
{
	const struct error *why = NULL; /* of the best one that was asked */
	for (int i = 0; i < SLOT_COUNT; i++)
		if (c->slots[i].trouble.status == STATUS_USAGE)
			return error_set(error, STATUS_USAGE, "%s", c->slots[i].trouble.text);
	for (int i = 0; i < SLOT_OS; i++) {
		if (c->slots[i].source)
			return STATUS_OK;
		if (!why && wanted(c, i))
			why = &c->slots[i].trouble;
	}
	if (!why)
		return error_set(error, STATUS_USAGE, "no such source can tell of %s",
		                 c->target.where[0] ? c->target.where : "a process");
	if (c->slots[SLOT_OS].source && c->options.choice == SOURCE_AUTO &&
	    why->status == STATUS_FAILED)
		return STATUS_OK; /* an unknown Go, say: the operating system's view is what there is */
	return error_set(error, why->status, "%s", why->text);
}

static enum status find_target(struct collector *c, struct error *error)
{
	const struct collector_options *o = &c->options;
	enum status status = STATUS_OK;
	if (o->pid)
		status = o->choice == SOURCE_AGENT ? target_find_shared(o->pid, &c->target, error)
		                                   : target_find(o->pid, &c->target, error);
	else if (o->url)
		target_of_url(&c->target, o->url);
	else
		target_of_text(&c->target, o->text);
	c->target.url = o->url;
	c->target.web = o->web;
	c->target.text = o->text;
	return status;
}

enum status collector_create(struct collector **out, const struct collector_options *options,
                             struct error *error)
{
	struct collector *c = calloc(1, sizeof *c);
	if (!c)
		return error_no_memory(error);
	c->options = *options;
	c->own_ns = -1;
	for (int i = 0; i < SLOT_COUNT; i++)
		c->slots[i].ops = slot_table[i].ops;
	enum status status = find_target(c, error);
	int failed = status == STATUS_OK ? uv_loop_init(&c->loop) : 0;
	if (failed)
		status =
			error_set(error, STATUS_FAILED, "can't make an event loop: %s", uv_strerror(failed));
	if (status == STATUS_OK && curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK) {
		status = error_set(error, STATUS_FAILED, "libcurl does not start");
		uv_loop_close(&c->loop);
	}
	if (status != STATUS_OK) {
		free(c);
		return status;
	}
	c->loop.data = c;
	uv_timer_t *timers[] = {&c->due, &c->tick, &c->wait, &c->alive};
	for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++) {
		uv_timer_init(&c->loop, timers[i]);
		timers[i]->data = c;
	}
	for (int i = 0; i < SLOT_COUNT; i++)
		if (wanted(c, i))
			open_slot(c, i);
	status = judge_sources(c, error);
	if (status != STATUS_OK) {
		collector_destroy(c);
		return status;
	}
	*out = c;
	return STATUS_OK;
}

const struct target *collector_target(const struct collector *c)
{
	return &c->target;
}

/* Closing: every handle and source, then the loop runs out of things to do. */

static void on_source_closed(void *arg)
{
	struct collector *c = arg;
	c->open_sources--;
}

static void close_all(struct collector *c)
{
	if (c->ending)
		return;
	c->ending = true;
	uv_handle_t *handles[] = {(uv_handle_t *)&c->due, (uv_handle_t *)&c->tick,
	                          (uv_handle_t *)&c->wait, (uv_handle_t *)&c->alive};
	for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++)
		uv_close(handles[i], NULL);
	if (c->running) {
		uv_close((uv_handle_t *)&c->stop, NULL);
		uv_close((uv_handle_t *)&c->change, NULL);
	}
	for (int i = 0; i < SLOT_COUNT; i++)
		if (c->slots[i].source) {
			struct source *source = c->slots[i].source;
			c->slots[i].source = NULL;
			c->slots[i].ops->close(source, on_source_closed, c);
		}
}

void collector_destroy(struct collector *c)
{
	if (!c)
		return;
	if (c->running) {
		uv_async_send(&c->stop);
		uv_thread_join(&c->thread);
	} else {
		close_all(c);
		uv_run(&c->loop, UV_RUN_DEFAULT);
	}
	uv_loop_close(&c->loop);
	snapshot_unref(c->snapshot);
	lane_sink_finish(&c->sink);
	curl_global_cleanup();
	free(c);
}

/* Publishing. */

static void note_trouble(const struct collector *c, int i, struct snapshot *s)
{
	const struct slot *slot = &c->slots[i];
	/* Nobody asked for an agent, and if memory can't be read, its sentence names that remedy. */
	bool silent = i == SLOT_AGENT && !slot->source && c->options.choice == SOURCE_AUTO &&
	              slot->trouble.status == STATUS_NO_TARGET;
	/* The agent may yet let us in. */
	const struct source *agent = c->slots[SLOT_AGENT].source;
	if (i == SLOT_MEMORY && slot->trouble.status == STATUS_PERMISSION && agent)
		silent = agent->attach == ATTACH_UNASKED;
	if (slot->trouble.text[0] && !silent)
		snprintf(s->trouble[slot->ops->origin], sizeof s->trouble[0], "%.255s", slot->trouble.text);
}

/* Other troubles are but the consequence. Who is no process here has ended as its source says. */
static void note_end(const struct collector *c, struct snapshot *s)
{
	struct error why;
	memset(s->trouble, 0, sizeof s->trouble);
	target_explain_end(&c->target, &why);
	for (int i = 0; c->target.place != TARGET_PROCESS && i < SLOT_COUNT; i++)
		if (c->slots[i].trouble.status == STATUS_EXITED)
			why = c->slots[i].trouble;
	snprintf(s->trouble[ORIGIN_OS], sizeof s->trouble[0], "%.255s", why.text);
}

/* The right to read may be withdrawn, say with the connection that it was granted to. Then the
   agent tells, and is asked again. */
static void lose_memory(struct collector *c)
{
	struct slot *memory = &c->slots[SLOT_MEMORY];
	struct source *source = memory->source, *agent = c->slots[SLOT_AGENT].source;
	memory->source = NULL;
	memory->ops->close(source, on_source_closed, c);
	if (agent)
		agent->attach = ATTACH_UNASKED;
	if (c->lane_slot == memory) {
		c->lane_slot = NULL;
		start_lanes(c);
	}
}

/* From then on memory is the better source. */
static void use_grant(struct collector *c)
{
	const struct slot *memory = &c->slots[SLOT_MEMORY];
	struct source *agent = c->slots[SLOT_AGENT].source;
	if (memory->source || memory->trouble.status != STATUS_PERMISSION || !agent ||
	    agent->attach != ATTACH_GRANTED)
		return;
	if (open_slot(c, SLOT_MEMORY) != STATUS_OK) {
		agent->attach = ATTACH_REFUSED;
		return;
	}
	c->lane_slot = NULL;
	start_lanes(c);
}

/* In order, so that each source sees what the better ones have told, and why they could not: first
   what is there at once, then what was asked for. */
static void fill(struct collector *c, struct snapshot *s, bool asked)
{
	for (int i = 0; i < SLOT_COUNT; i++) {
		struct slot *slot = &c->slots[i];
		enum status (*tell)(struct source *, struct snapshot *, struct error *) =
			asked ? slot->ops->complete : slot->ops->fill;
		bool is_second = asked && slot->ops->fill;
		if (!tell || (is_second && !slot->source))
			continue;
		if (slot->source) {
			if (!is_second) /* else what went wrong at first stands */
				slot->trouble = (struct error){0};
			slot->source->detail = c->detail;
			enum status status = tell(slot->source, s, &slot->trouble);
			if (status == STATUS_EXITED)
				c->state = TARGET_EXITED;
			if (status == STATUS_PERMISSION && i == SLOT_MEMORY)
				lose_memory(c);
		}
		note_trouble(c, i, s);
	}
}

static struct snapshot *start_snapshot(const struct collector *c)
{
	struct snapshot *s = snapshot_create();
	if (!s)
		return NULL;
	s->interval_ns = c->options.interval_ns;
	s->pid = c->target.pid;
	if (c->target.place != TARGET_PROCESS)
		memcpy(s->where, c->target.where, sizeof s->where);
	s->monotonic_ns = clock_monotonic_ns();
	memcpy(s->program, c->target.program, sizeof s->program);
	memcpy(s->go_version, c->target.go_version, sizeof s->go_version);
	memcpy(s->module, c->target.module, sizeof s->module);
	return s;
}

/* Completes the snapshot begun with what the others have answered by now, and lets it go. */
static void publish(struct collector *c)
{
	struct snapshot *s = c->snapshot;
	c->snapshot = NULL;
	c->awaited = 0;
	uv_timer_stop(&c->wait);
	if (c->state != TARGET_EXITED) {
		fill(c, s, true);
		/* Who is being killed has closed its sockets already: that it does not answer would be told
		   for a trouble of its own. */
		if (c->state != TARGET_EXITED)
			c->state = target_check(&c->target);
	}
	s->state = c->state;
	if (c->state == TARGET_EXITED)
		note_end(c, s);
	s->monotonic_ns = clock_monotonic_ns(); /* no part of it is younger */
	s->wall_ns = clock_wall_ns();
	if (c->target.place == TARGET_TEXT &&
	    s->sched_at.origin != ORIGIN_NONE) { /* it may have been written long ago */
		s->wall_ns -= s->monotonic_ns - s->sched_at.at_ns;
		s->monotonic_ns = s->sched_at.at_ns;
	}
	lane_sink_take(&c->sink, s->monotonic_ns, &s->lanes);
	feed_push(c->options.feed, s);
	c->has_published = true;
	if (c->state == TARGET_EXITED)
		close_all(c);
	else
		use_grant(c);
}

static void on_wait_over(uv_timer_t *timer)
{
	publish(timer->data);
}

static void on_answer(void *arg)
{
	struct collector *c = arg;
	if (c->snapshot && --c->awaited == 0)
		publish(c);
}

static void on_due(uv_timer_t *timer)
{
	struct collector *c = timer->data;
	int64_t now_ns = clock_monotonic_ns();
	do
		c->due_ns += c->options.interval_ns;
	while (c->due_ns <= now_ns);
	fire_at(c, &c->due, on_due, c->due_ns);
	if (!c->snapshot)
		collect(c);
}

/* When the next snapshot is due, print or no print: after two intervals without one. */
static void expect_print(struct collector *c, int64_t own_ns)
{
	int64_t gap_ns = own_ns - c->own_ns;
	if (c->own_ns < 0 || gap_ns < c->options.interval_ns)
		gap_ns = c->options.interval_ns;
	if (gap_ns > PACE_MAX_NS)
		gap_ns = PACE_MAX_NS;
	c->own_ns = own_ns;
	c->due_ns = clock_monotonic_ns() + SILENT_INTERVALS * gap_ns;
	fire_at(c, &c->due, on_due, c->due_ns);
}

/* From within a source, which may be closed by it. A text is shown print by print, of a process no
   more of them than were asked for. */
static void on_ready(int64_t own_ns, void *arg)
{
	struct collector *c = arg;
	if (c->snapshot || c->ending)
		return;
	if (c->target.place == TARGET_PROCESS) {
		int64_t since_ns = own_ns - c->own_ns;
		if (c->own_ns >= 0 && since_ns >= 0 && since_ns < c->options.interval_ns / 10 * 9)
			return;
		expect_print(c, own_ns);
	}
	collect(c);
}

static void look_for_agent(struct collector *c)
{
	int64_t now_ns = clock_monotonic_ns();
	if (c->slots[SLOT_AGENT].source || !wanted(c, SLOT_AGENT) || now_ns < c->retry_ns)
		return;
	c->retry_ns = now_ns + RETRY_NS;
	if (open_slot(c, SLOT_AGENT) == STATUS_OK && !c->lane_slot)
		start_lanes(c);
}

static void sample(struct collector *c)
{
	/* Of a stopped process every sample would say what it did when it was stopped. */
	if (!c->lane_slot || c->state != TARGET_LIVE)
		return;
	struct error ignored;
	c->sampled_ns = clock_monotonic_ns();
	if (c->lane_slot->ops->sample(c->lane_slot->source, &c->sink, &ignored) == STATUS_EXITED)
		c->state = TARGET_EXITED;
}

/*
 * Begins the snapshot that is due and publishes it when all have answered, or when time is up.
 * Memory and kernel are read first: the agent's answer is itself work for the scheduler, and would
 * be seen.
 */
static void collect(struct collector *c)
{
	if (c->state != TARGET_EXITED)
		c->state = target_check(&c->target);
	if (c->lane_slot && c->lane_slot->ops->fill)
		sample(c);
	c->snapshot = start_snapshot(c);
	if (!c->snapshot)
		return; /* out of memory: this one is left out */
	if (c->state != TARGET_EXITED)
		fill(c, c->snapshot, false);
	if (c->state == TARGET_EXITED) {
		publish(c);
		return;
	}
	look_for_agent(c);
	const struct slot *memory = &c->slots[SLOT_MEMORY];
	unsigned want = WANT_METRICS | (memory->source ? 0 : WANT_SCHED | WANT_GROUPS);
	if (!memory->source && memory->trouble.status == STATUS_PERMISSION)
		want |= WANT_ATTACH;
	c->awaited = 1; /* ourselves, so that an answer given at once does not publish before the rest
	                   is asked */
	for (int i = 0; i < SLOT_COUNT; i++)
		if (c->slots[i].source && c->slots[i].ops->begin)
			c->awaited++;
	for (int i = 0; i < SLOT_COUNT; i++)
		if (c->slots[i].source && c->slots[i].ops->begin)
			c->slots[i].ops->begin(c->slots[i].source, want, on_answer, c);
	/* What is read for the first time takes longest, and is what somebody waits for. */
	int64_t wait_ns = c->has_published ? c->options.interval_ns / 2 : WAIT_MAX_NS;
	fire_at(c, &c->wait, on_wait_over,
	        clock_monotonic_ns() + (wait_ns < WAIT_MAX_NS ? wait_ns : WAIT_MAX_NS));
	on_answer(c);
}

static void on_tick(uv_timer_t *timer)
{
	struct collector *c = timer->data;
	/* A snapshot has just taken this sample. */
	if (clock_monotonic_ns() - c->sampled_ns < c->sink.period_ns / 2)
		return;
	sample(c);
	if (c->state == TARGET_EXITED && !c->snapshot)
		collect(c);
}

/* The best source that can samples the Ps, no more often than it likes and a snapshot holds. */
static void start_lanes(struct collector *c)
{
	for (int i = 0; c->options.lanes && i < SLOT_COUNT && !c->lane_slot; i++)
		if (c->slots[i].source && c->slots[i].ops->sample)
			c->lane_slot = &c->slots[i];
	if (!c->lane_slot)
		return;
	int64_t period_ns = c->lane_slot->ops->sample_period_ns;
	if (period_ns < c->options.interval_ns / LANE_SAMPLES_MAX)
		period_ns = c->options.interval_ns / LANE_SAMPLES_MAX;
	uint64_t period_ms = (uint64_t)((period_ns + NS_PER_MS - 1) / NS_PER_MS);
	c->sink.period_ns = (int64_t)period_ms * NS_PER_MS;
	uv_timer_start(&c->tick, on_tick, period_ms, period_ms);
}

static void on_alive(uv_timer_t *timer)
{
	struct collector *c = timer->data;
	enum target_state state = target_check(&c->target);
	if (state == TARGET_EXITED && !c->snapshot)
		collect(c);
	else
		c->state = state;
}

static void on_stop(uv_async_t *async)
{
	close_all(async->data);
}

static void on_change(uv_async_t *async)
{
	struct collector *c = async->data;
	if (c->ending || c->target.place == TARGET_TEXT)
		return;
	c->options.interval_ns = c->ordered_ns;
	/* The snapshot that is due comes no later for it, so that a held key does not starve us. */
	int64_t next_ns = clock_monotonic_ns() + c->options.interval_ns;
	if (next_ns < c->due_ns)
		c->due_ns = next_ns;
	fire_at(c, &c->due, on_due, c->due_ns);
	start_lanes(c);
}

void collector_set_interval(struct collector *c, int64_t interval_ns)
{
	c->ordered_ns = interval_ns;
	if (c->running)
		uv_async_send(&c->change);
}

void collector_set_detail(struct collector *c, uint64_t key)
{
	c->detail = key;
}

static void run(void *arg)
{
	struct collector *c = arg;
	uv_run(&c->loop, UV_RUN_DEFAULT);
}

enum status collector_start(struct collector *c, struct error *error)
{
	c->start_ns = c->due_ns = clock_monotonic_ns();
	c->retry_ns = c->start_ns + RETRY_NS;
	lane_sink_init(&c->sink, 0, c->start_ns);
	uv_async_init(&c->loop, &c->stop, on_stop);
	uv_async_init(&c->loop, &c->change, on_change);
	c->stop.data = c->change.data = c;
	uv_update_time(&c->loop);
	if (!is_paced(c))
		uv_timer_start(&c->due, on_due, 0, 0);
	else if (c->target.place == TARGET_PROCESS)
		fire_at(c, &c->due, on_due, c->start_ns + SILENT_INTERVALS * c->options.interval_ns);
	uv_timer_start(&c->alive, on_alive, ALIVE_MS, ALIVE_MS);
	start_lanes(c);

	/* Signals are for the thread that drew the screen. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	c->running = true;
	int failed = uv_thread_create(&c->thread, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		c->running = false;
		uv_close((uv_handle_t *)&c->stop, NULL);
		uv_close((uv_handle_t *)&c->change, NULL);
		return error_set(error, STATUS_FAILED, "no thread for the collector: %s",
		                 uv_strerror(failed));
	}
	return STATUS_OK;
}
