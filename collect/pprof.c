/*
 * net/http/pprof as a source: a program anywhere that serves its profiles. It tells goroutines by
 * where they stand, their number and that of threads, and figures of memory; nothing of Ps. Every
 * question is work for the program, so each has an interval of its own, which grows with what the
 * answer took. A profile is read on a thread of its own: whoever sends it decides how long that
 * takes. It is none of libuv's pool, which ends the program where no thread can be made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/goroutines.h"
#include "collect/http.h"
#include "collect/pprof_figures.h"
#include "collect/pprof_goroutines.h"
#include "collect/source.h"
#include "collect/web.h"
#include "util/clock.h"

#define PROBE_NS    (5 * NS_PER_S)
#define TIMEOUT_MS  20000
#define PROFILE_MAX ((size_t)16 << 20) /* compressed */
#define TEXT_MAX    ((size_t)1 << 20)
#define TAIL_MAX    ((size_t)64 << 10)
#define METRICS_MAX ((size_t)4 << 20)
#define METRICS_MS  3000
#define RETRY_NS    (5 * NS_PER_S)  /* after an answer that is of no use */
#define RECALL_NS   (2 * NS_PER_S)  /* after none at all */
#define MISSING_NS  (60 * NS_PER_S) /* after one that there is no such thing */
#define PERIOD_MAX  (60 * NS_PER_S)
#define KEEP_NS     (10 * NS_PER_S) /* what is older than that and two periods is unknown again */

enum question {
	QUESTION_CMDLINE,
	QUESTION_THREADS,
	QUESTION_GOROUTINES,
	QUESTION_VARS,
	QUESTION_HEAP, /* where there are no vars */
	QUESTION_METRICS,
	QUESTION_COUNT
};

struct pprof_source;

static void take_cmdline(struct pprof_source *a, const struct http_reply *reply);
static void take_vars(struct pprof_source *a, const struct http_reply *reply);
static void take_heap(struct pprof_source *a, const struct http_reply *reply);
static void take_metrics(struct pprof_source *a, const struct http_reply *reply);
static void take_profile(struct pprof_source *a, const struct http_reply *reply);

static const struct {
	const char *path;
	bool beside; /* the profiles, not among them */
	int64_t period_ns;
	size_t max_bytes;
	long timeout_ms;
	void (*ask)(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
	            void (*done)(const struct http_reply *reply, void *arg), void *arg);
	void (*take)(struct pprof_source *a, const struct http_reply *reply);
} questions[QUESTION_COUNT] = {
	[QUESTION_CMDLINE] = {"/cmdline", false, 60 * NS_PER_S, TEXT_MAX, TIMEOUT_MS, http_get,
                          take_cmdline},
	[QUESTION_THREADS] = {"/threadcreate", false, 10 * NS_PER_S, PROFILE_MAX, TIMEOUT_MS, http_get,
                          take_profile},
	[QUESTION_GOROUTINES] = {"/goroutine", false, 2 * NS_PER_S, PROFILE_MAX, TIMEOUT_MS, http_get,
                             take_profile},
	/* Both stop the program for a moment (runtime.ReadMemStats). */
	[QUESTION_VARS] = {"/debug/vars", true, 10 * NS_PER_S, TEXT_MAX, TIMEOUT_MS, http_get,
                       take_vars},
	[QUESTION_HEAP] = {"/heap?debug=1", false, 10 * NS_PER_S, TAIL_MAX, TIMEOUT_MS, http_get_tail,
                       take_heap},
	/* Nobody promises that it is there, nor how long it takes. */
	[QUESTION_METRICS] = {"/metrics", true, 60 * NS_PER_S, METRICS_MAX, METRICS_MS, http_get,
                          take_metrics},
};

/* A profile that is being read on another thread. */
struct reading {
	uv_async_t over; /* the first member; the thread has ended, but for its last step */
	uv_thread_t thread;
	struct pprof_source *source;
	enum question question;
	char *body;
	size_t size;
	int64_t at_ns, period_ns;
	pid_t pid; /* to compare with; 0: none */
	uint64_t detail;
	/* What has become of it. */
	struct error error;
	int64_t total;
	struct goroutine_set *groups;
	enum pprof_kinship kinship;
	uint64_t identity;
	char binary[64];
};

struct pprof_source {
	struct source base;
	const struct target *target; /* the collector's, which outlives us */
	struct pprof_place place;
	struct http *http;
	uv_loop_t *loop;
	bool asking, closing;
	struct reading *reading; /* NULL: none */
	enum question current;
	int64_t asked_ns, interval_ns;
	int64_t least_ns; /* what the fastest answer took: the way there and back */
	int64_t due_ns[QUESTION_COUNT];
	int64_t period_ns[QUESTION_COUNT]; /* of those that are answered */
	bool has_goroutines;               /* once at least */
	uint64_t detail;                   /* the group that they were asked for */
	bool wanted[QUESTION_COUNT], missing[QUESTION_COUNT];
	struct error trouble[QUESTION_COUNT];
	void (*done)(void *arg);
	void *done_arg;
	/* What nobody better told for the last snapshot. */
	bool needs_goroutines, needs_runtime;

	char program[64];
	struct pprof_build build; /* as /metrics tells it */
	enum pprof_kinship kinship;
	bool other_cmdline;
	uint64_t identity;
	int64_t life;
	struct fields sched, runtime;
	int64_t sched_at_ns, sched_until_ns, runtime_at_ns, runtime_until_ns; /* 0: none */
	struct goroutine_set *groups; /* NULL: none since the last fill */

	void (*closed)(void *arg);
	void *closed_arg;
};

static void ask_next(struct pprof_source *a);

/* --- when ------------------------------------------------------------------------------------ */

/* A part in a hundred of a core is what it may cost, as for goroutines read from memory. */
static int64_t period_of(const struct pprof_source *a, enum question question, int64_t took_ns)
{
	int64_t period_ns = goroutines_period(took_ns - a->least_ns, questions[question].period_ns);
	if (period_ns > PERIOD_MAX)
		period_ns = PERIOD_MAX;
	return period_ns > a->interval_ns ? period_ns : a->interval_ns;
}

static void schedule(struct pprof_source *a, enum question question, int64_t period_ns)
{
	/* A snapshot that comes a little early takes it, too. */
	a->due_ns[question] = a->asked_ns + period_ns - a->interval_ns / 4;
}

static bool is_refused(const struct pprof_source *a)
{
	return a->kinship == PPROF_OTHER || (a->kinship == PPROF_UNKNOWN && a->other_cmdline);
}

/* --- what was told --------------------------------------------------------------------------- */

static void take_cmdline(struct pprof_source *a, const struct http_reply *reply)
{
	char program[sizeof a->program];
	pid_t pid = a->target->pid;
	if (!pprof_read_program(reply->body, reply->size, program, sizeof program))
		return;
	memcpy(a->program, program, sizeof program);
	a->other_cmdline =
		pid > 0 && a->target->local && !pprof_has_cmdline(pid, reply->body, reply->size);
}

static void keep_runtime(struct pprof_source *a, const struct fields *figures)
{
	/* They only grow: what has fallen belongs to another process. */
	int64_t now, before;
	if (fields_get(figures, RUNTIME_ALLOC_BYTES, &now) &&
	    fields_get(&a->runtime, RUNTIME_ALLOC_BYTES, &before) && now < before && !a->identity)
		a->life++;
	a->runtime = *figures;
	a->runtime_at_ns = a->asked_ns;
	a->runtime_until_ns = a->asked_ns + KEEP_NS + 2 * PERIOD_MAX;
}

static void take_vars(struct pprof_source *a, const struct http_reply *reply)
{
	struct fields figures;
	a->missing[QUESTION_VARS] = !pprof_read_vars(reply->body, reply->size, &figures);
	if (!a->missing[QUESTION_VARS])
		keep_runtime(a, &figures);
}

static void take_heap(struct pprof_source *a, const struct http_reply *reply)
{
	struct fields figures;
	a->missing[QUESTION_HEAP] = !pprof_read_memstats(reply->body, reply->size, &figures);
	if (!a->missing[QUESTION_HEAP])
		keep_runtime(a, &figures);
}

static void take_metrics(struct pprof_source *a, const struct http_reply *reply)
{
	a->missing[QUESTION_METRICS] = !pprof_read_metrics(reply->body, reply->size, &a->build);
}

/* --- profiles, read on another thread -------------------------------------------------------- */

static void read_profile(struct reading *r)
{
	struct pprof_profile *p = NULL;
	if (pprof_profile_open(&p, r->body, r->size, &r->error) != STATUS_OK)
		return;
	r->total = pprof_profile_total(p);
	r->identity = pprof_identity(p);
	r->kinship = r->pid ? pprof_compare(p, r->pid) : PPROF_UNKNOWN;
	pprof_binary(p, r->binary, sizeof r->binary);
	if (r->total <= 0)
		error_set(&r->error, STATUS_DAMAGED, "it is empty, or not believed");
	else if (r->question == QUESTION_GOROUTINES)
		r->groups = pprof_goroutines(p, r->at_ns, r->detail, &r->error);
	pprof_profile_close(p);
}

static void run_reading(void *arg)
{
	struct reading *r = arg;
	read_profile(r);
	uv_async_send(&r->over);
}

static void free_reading(struct reading *r)
{
	goroutine_set_unref(r->groups);
	free(r->body);
	free(r);
}

/* Another process of the same program answers now: nothing of the two may be compared. */
static void learn_identity(struct pprof_source *a, const struct reading *r)
{
	if (r->identity && a->identity && r->identity != a->identity) {
		a->life++;
		a->runtime_at_ns = a->sched_at_ns = 0;
		a->sched = (struct fields){0};
		a->due_ns[QUESTION_CMDLINE] = a->due_ns[QUESTION_METRICS] = 0;
		a->build = (struct pprof_build){.gomaxprocs = 0};
	}
	if (r->identity)
		a->identity = r->identity;
	a->kinship = r->kinship;
	if (!a->program[0])
		memcpy(a->program, r->binary, sizeof a->program);
}

static void keep_profile(struct pprof_source *a, struct reading *r)
{
	int field = r->question == QUESTION_GOROUTINES ? SCHED_GOROUTINES : SCHED_THREADS;
	learn_identity(a, r);
	if (is_refused(a))
		return;
	fields_set(&a->sched, field, r->total);
	a->sched_at_ns = r->at_ns;
	a->sched_until_ns = r->at_ns + KEEP_NS + 2 * r->period_ns;
	if (!r->groups)
		return;
	goroutine_set_unref(a->groups);
	a->groups = r->groups;
	a->groups->period_ns = r->period_ns;
	r->groups = NULL;
}

static void finish_close(struct pprof_source *a);

static void on_reading_closed(uv_handle_t *handle)
{
	struct reading *r = (struct reading *)handle;
	struct pprof_source *a = r->source;
	a->reading = NULL;
	free_reading(r);
	if (a->closing)
		finish_close(a);
	else
		ask_next(a);
}

static void on_profile_read(uv_async_t *over)
{
	struct reading *r = (struct reading *)over;
	struct pprof_source *a = r->source;
	uv_thread_join(&r->thread);
	if (!a->closing) {
		if (r->error.status == STATUS_OK)
			keep_profile(a, r);
		else if (r->error.status != STATUS_DAMAGED)
			a->trouble[r->question] = r->error;
		else
			error_set(&a->trouble[r->question], STATUS_FAILED,
			          "what %.160s answers to %s is no profile: %.80s", http_base(a->http)->shown,
			          questions[r->question].path, r->error.text);
	}
	uv_close((uv_handle_t *)over, on_reading_closed);
}

static void take_profile(struct pprof_source *a, const struct http_reply *reply)
{
	struct reading *r = calloc(1, sizeof *r);
	char *body = malloc(reply->size + 1);
	if (!r || !body) {
		free(r);
		free(body);
		error_no_memory(&a->trouble[a->current]);
		return;
	}
	if (reply->size)
		memcpy(body, reply->body, reply->size);
	*r = (struct reading){.source = a,
	                      .question = a->current,
	                      .body = body,
	                      .size = reply->size,
	                      .at_ns = a->asked_ns,
	                      .detail = a->detail,
	                      .period_ns = period_of(a, a->current, reply->took_ns),
	                      .pid = a->target->local ? a->target->pid : 0};
	int failed = uv_async_init(a->loop, &r->over, on_profile_read);
	if (failed) {
		free_reading(r);
	} else {
		a->reading = r;
		failed = uv_thread_create(&r->thread, run_reading, r);
		if (failed)
			uv_close((uv_handle_t *)&r->over, on_reading_closed);
	}
	if (failed)
		error_set(&a->trouble[a->current], STATUS_FAILED, "no thread to read a profile: %s",
		          uv_strerror(failed));
}

/* --- asking ---------------------------------------------------------------------------------- */

static void explain(struct pprof_source *a, const struct http_reply *reply)
{
	struct error *trouble = &a->trouble[a->current];
	char path[64];
	if (reply->code == 0) {
		web_base_unreached(http_base(a->http), reply->error, trouble);
		trouble->status = STATUS_FAILED;
		return;
	}
	snprintf(path, sizeof path, "%s%s", questions[a->current].beside ? "" : a->place.prefix,
	         questions[a->current].path);
	web_base_refused(http_base(a->http), path, reply->code, reply->body, reply->size, trouble);
	trouble->status = STATUS_FAILED;
}

/* Whatever comes instead is no trouble: it was no more than a try. */
static void miss_metrics(struct pprof_source *a)
{
	a->missing[QUESTION_METRICS] = true;
	schedule(a, QUESTION_METRICS, MISSING_NS);
	ask_next(a);
}

static void on_reply(const struct http_reply *reply, void *arg)
{
	struct pprof_source *a = arg;
	enum question q = a->current;
	a->asking = false;
	a->wanted[q] = false;
	a->trouble[q] = (struct error){0};
	if (q == QUESTION_METRICS && reply->code != 200) {
		miss_metrics(a);
		return;
	}
	if (reply->code == 200) {
		if (!a->least_ns || reply->took_ns < a->least_ns)
			a->least_ns = reply->took_ns;
		/* The second reading follows at once: what changes is known only then. */
		bool again = q == QUESTION_GOROUTINES && !a->has_goroutines;
		a->has_goroutines |= again;
		a->period_ns[q] = period_of(a, q, reply->took_ns);
		schedule(a, q, again ? a->interval_ns : a->period_ns[q]);
		questions[q].take(a, reply);
	} else {
		a->missing[q] = reply->code == 404;
		schedule(a, q, a->missing[q] ? MISSING_NS : reply->code ? RETRY_NS : RECALL_NS);
		explain(a, reply);
	}
	/* Who does not answer one question is not asked the next at once. */
	if (reply->code == 0)
		memset(a->wanted, 0, sizeof a->wanted);
	ask_next(a);
}

static void ask(struct pprof_source *a, enum question question)
{
	char path[64];
	snprintf(path, sizeof path, "%s%s", questions[question].beside ? "" : a->place.prefix,
	         questions[question].path);
	a->asking = true;
	a->asked_ns = clock_monotonic_ns();
	a->current = question;
	if (question == QUESTION_GOROUTINES)
		a->detail = a->base.detail;
	questions[question].ask(a->http, path, questions[question].timeout_ms,
	                        questions[question].max_bytes, on_reply, a);
}

static void tell_done(struct pprof_source *a)
{
	void (*done)(void *) = a->done;
	a->done = NULL;
	if (done)
		done(a->done_arg);
}

static void ask_next(struct pprof_source *a)
{
	if (a->asking || a->reading)
		return;
	for (int i = 0; i < QUESTION_COUNT; i++)
		if (a->wanted[i]) {
			ask(a, (enum question)i);
			return;
		}
	tell_done(a);
}

static void pprof_begin(struct source *source, unsigned want, void (*done)(void *arg), void *arg)
{
	(void)want; /* what others told for the snapshot before says more */
	struct pprof_source *a = (struct pprof_source *)source;
	int64_t now_ns = clock_monotonic_ns();
	a->done = done;
	a->done_arg = arg;
	/* An answer that takes long is for the next snapshot. */
	if (a->asking || a->reading) {
		tell_done(a);
		return;
	}
	/* Somebody looks at another group. */
	if (a->base.detail && a->base.detail != a->detail)
		a->due_ns[QUESTION_GOROUTINES] = 0;
	const bool needs[QUESTION_COUNT] = {
		[QUESTION_CMDLINE] = true,
		[QUESTION_THREADS] = true,
		[QUESTION_GOROUTINES] = a->needs_goroutines,
		[QUESTION_VARS] = a->needs_runtime && a->place.vars,
		[QUESTION_HEAP] =
			a->needs_runtime &&
			(!a->place.vars || (a->missing[QUESTION_VARS] && now_ns < a->due_ns[QUESTION_VARS])),
		[QUESTION_METRICS] = a->place.vars && a->target->place == TARGET_URL,
	};
	for (int i = 0; i < QUESTION_COUNT; i++) {
		bool proves = i == QUESTION_CMDLINE || i == QUESTION_THREADS;
		a->wanted[i] = needs[i] && now_ns >= a->due_ns[i] && (proves || !is_refused(a));
	}
	ask_next(a);
}

/* --- opening and closing --------------------------------------------------------------------- */

/* Is there what we need? Asked before there is a screen, by whoever may wait. */
static enum status probe(const struct pprof_source *a, struct error *error)
{
	struct web *web = NULL;
	struct web_reply reply;
	char path[64];
	snprintf(path, sizeof path, "%s%s", a->place.prefix, questions[QUESTION_THREADS].path);
	struct web_request request = {.path = path,
	                              .head_ns = PROBE_NS,
	                              .body_ns = PROBE_NS,
	                              .bytes_max = PROFILE_MAX};
	enum status status = web_create(&web, a->place.base, &a->target->web, error);
	if (status != STATUS_OK)
		return status;
	web_ask(web, &request, &reply);
	if (reply.end != WEB_ANSWERED || reply.code != 200) {
		status = web_explain(web, &request, &reply, error);
		if (reply.code == 404)
			error_set(error, status,
			          "%.200s has no %s: net/http/pprof is not served there, or under another "
			          "path, which belongs to the URL",
			          web_shown(web), path);
	} else if (reply.size < 2 || memcmp(reply.text, "\x1f\x8b", 2) != 0) {
		status = error_set(error, STATUS_NO_TARGET,
		                   "%.200s answers %s with %s%.40s, which is no profile: is "
		                   "net/http/pprof served there?",
		                   web_shown(web), path, reply.type[0] ? "" : "something", reply.type);
	}
	web_destroy(web);
	return status;
}

static enum status pprof_open(struct source **out, const struct target *target, uv_loop_t *loop,
                              struct error *error)
{
	struct pprof_source *a = calloc(1, sizeof *a);
	if (!a)
		return error_no_memory(error);
	bool alone = target->place == TARGET_URL;
	a->base.ops = &source_pprof;
	a->loop = loop;
	a->target = target;
	a->needs_goroutines = a->needs_runtime = alone;
	enum status status = pprof_place_of(target->url, &a->place, error);
	if (status == STATUS_OK)
		status = http_create_web(&a->http, loop, a->place.base, &target->web, error);
	if (status == STATUS_OK && alone) {
		status = probe(a, error);
		if (status != STATUS_OK) {
			http_close(a->http, free, a);
			return status;
		}
	}
	if (status != STATUS_OK) {
		free(a);
		return status;
	}
	*out = &a->base;
	return STATUS_OK;
}

/* When nothing of it runs any more: neither a transfer nor a reading. */
static void finish_close(struct pprof_source *a)
{
	if (a->http || a->reading)
		return;
	void (*closed)(void *) = a->closed;
	void *closed_arg = a->closed_arg;
	goroutine_set_unref(a->groups);
	free(a);
	closed(closed_arg);
}

static void on_http_closed(void *arg)
{
	struct pprof_source *a = arg;
	a->http = NULL;
	finish_close(a);
}

static void pprof_close(struct source *source, void (*closed)(void *arg), void *arg)
{
	struct pprof_source *a = (struct pprof_source *)source;
	a->closing = true;
	a->done = NULL;
	a->closed = closed;
	a->closed_arg = arg;
	http_close(a->http, on_http_closed, a);
}

/* --- telling --------------------------------------------------------------------------------- */

/* The one trouble worth a line: that of the question that matters most. */
static enum status tell_trouble(const struct pprof_source *a, struct error *error)
{
	static const enum question order[] = {QUESTION_THREADS, QUESTION_GOROUTINES, QUESTION_HEAP};
	const char *shown = http_base(a->http)->shown;
	int pid = (int)a->target->pid;
	if (is_refused(a))
		return error_set(error, STATUS_FAILED,
		                 "%.160s answers for another process than %d: it is not asked", shown, pid);
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (a->trouble[order[i]].text[0])
			return error_set(error, STATUS_FAILED, "%s", a->trouble[order[i]].text);
	if (pid > 0 && a->kinship == PPROF_UNKNOWN && a->sched_at_ns)
		return error_set(error, STATUS_FAILED,
		                 "that %.160s answers for process %d is taken on trust", shown, pid);
	return STATUS_OK;
}

/* How rarely the rarest of the figures comes. */
static int64_t pace_of(const struct pprof_source *a)
{
	static const enum question figures[] = {QUESTION_THREADS, QUESTION_GOROUTINES, QUESTION_VARS,
	                                        QUESTION_HEAP};
	int64_t pace_ns = 0;
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (a->period_ns[figures[i]] > pace_ns)
			pace_ns = a->period_ns[figures[i]];
	return pace_ns;
}

/* What /metrics adds. */
static void tell_build(const struct pprof_source *a, struct snapshot *s)
{
	if (a->target->place != TARGET_URL)
		return;
	if (!s->go_version[0])
		snprintf(s->go_version, sizeof s->go_version, "%s", a->build.go_version);
	if (a->build.gomaxprocs > 0 && s->runtime_at.origin == ORIGIN_PPROF)
		fields_set(&s->runtime, RUNTIME_GOMAXPROCS, a->build.gomaxprocs);
}

static enum status pprof_complete(struct source *source, struct snapshot *s, struct error *error)
{
	struct pprof_source *a = (struct pprof_source *)source;
	enum origin sched = s->sched_at.origin;
	a->interval_ns = s->interval_ns;
	a->needs_goroutines = sched != ORIGIN_MEMORY && sched != ORIGIN_AGENT;
	a->needs_runtime = s->runtime_at.origin == ORIGIN_NONE;
	if (!s->program[0])
		memcpy(s->program, a->program, sizeof s->program);
	if (a->target->place == TARGET_URL) {
		s->life = a->life;
		s->pace_ns = pace_of(a);
	}
	if (is_refused(a))
		return tell_trouble(a, error);
	if (sched == ORIGIN_NONE && a->sched_at_ns && s->monotonic_ns < a->sched_until_ns) {
		s->sched = a->sched;
		s->sched_at = (struct stamp){ORIGIN_PPROF, a->sched_at_ns};
	}
	if (a->needs_runtime && a->runtime_at_ns && s->monotonic_ns < a->runtime_until_ns) {
		s->runtime = a->runtime;
		s->runtime_at = (struct stamp){ORIGIN_PPROF, a->runtime_at_ns};
	}
	tell_build(a, s);
	if (a->groups && a->needs_goroutines && s->goroutines_at.origin == ORIGIN_NONE) {
		s->goroutines_at = (struct stamp){ORIGIN_PPROF, a->groups->at_ns};
		s->goroutines = a->groups;
		a->groups = NULL;
	}
	if (a->needs_goroutines && a->trouble[QUESTION_GOROUTINES].text[0] && !s->goroutines_trouble[0])
		snprintf(s->goroutines_trouble, sizeof s->goroutines_trouble, "%.255s",
		         a->trouble[QUESTION_GOROUTINES].text);
	return tell_trouble(a, error);
}

const struct source_ops source_pprof = {
	.name = "pprof",
	.origin = ORIGIN_PPROF,
	.open = pprof_open,
	.close = pprof_close,
	.begin = pprof_begin,
	.complete = pprof_complete,
};
