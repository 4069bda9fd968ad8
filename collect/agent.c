/*
 * The agent as a source. Requests are made one after the other on one kept-alive connection; the
 * newest answers are kept until the next snapshot is filled. An agent that does not answer costs
 * nobody anything: the snapshot goes out without it and says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/agent_reply.h"
#include "collect/agent_socket.h"
#include "collect/goroutines.h"
#include "collect/http.h"
#include "collect/source.h"
#include "util/clock.h"
#include "util/text.h"

#define TIMEOUT_MS  2000
#define INFO_MAX    (64 << 10)
#define METRICS_MAX (4 << 20)
#define SCHED_MAX   (16 << 20)
#define GROUPS_MAX  (8 << 20)
#define GROUPS_NS   (2 * NS_PER_S)    /* groups are not asked for more often */
#define SLOW_NS     (250 * NS_PER_MS) /* an answer that takes longer is worth a word */
#define KEEP_NS     (10 * NS_PER_S)   /* metrics older than this are unknown again */

enum request {
	REQUEST_INFO,
	REQUEST_ATTACH,
	REQUEST_METRICS,
	REQUEST_SCHED,
	REQUEST_GROUPS,
	REQUEST_COUNT
};

struct agent_source {
	struct source base;
	struct target target;
	struct agent_socket socket;
	struct http *http;
	struct agent_info info;
	bool confirmed; /* /v1/info named the right process */
	struct error trouble;

	bool wanted[REQUEST_COUNT]; /* to be asked, in this order */
	bool asking;
	int64_t asked_ns; /* since when */
	enum request current;
	void (*done)(void *arg);
	void *done_arg;
	struct lane_sink *sink; /* where the next sched answer is also to be sampled into */

	struct agent_bounds bounds;
	struct agent_metrics metrics;
	int64_t metrics_at_ns; /* 0: none */
	struct snapshot
		*sched; /* carries the rows of the last answer; NULL: none since the last fill */
	int64_t sched_at_ns;
	struct goroutine_set *groups; /* of the last answer; NULL: none since the last fill */
	int64_t groups_due_ns;
	bool no_groups;
	struct error groups_trouble; /* why there are none */

	void (*closed)(void *arg);
	void *closed_arg;
};

static void ask_next(struct agent_source *a);

static enum status handle_info(struct agent_source *a, const json_t *root, struct error *error)
{
	agent_reply_info(root, &a->info);
	bool same = a->info.pid == a->socket.pid;
	if (a->socket.pid_namespace && a->info.pid_namespace > 0)
		same = same && (uint64_t)a->info.pid_namespace == a->socket.pid_namespace;
	if (!same)
		return error_set(error, STATUS_FAILED,
		                 "its agent's socket is served by another process (%lld)",
		                 (long long)a->info.pid);
	a->confirmed = true;
	if (!a->info.sched)
		a->wanted[REQUEST_SCHED] = false;
	return STATUS_OK;
}

/* Where the kernel has no yama there is nothing to grant, and that helps as little. */
static enum status handle_attach(struct agent_source *a, const json_t *root, struct error *error)
{
	(void)error;
	bool granted = json_is_true(json_object_get(root, "granted"));
	a->base.attach = granted ? ATTACH_GRANTED : ATTACH_REFUSED;
	return STATUS_OK;
}

static enum status handle_metrics(struct agent_source *a, const json_t *root, struct error *error)
{
	a->metrics_at_ns = 0;
	enum status status = agent_reply_metrics(root, &a->bounds, &a->metrics, error);
	if (status == STATUS_OK)
		a->metrics_at_ns = agent_reply_time(root, clock_monotonic_ns());
	return status;
}

static void sample_rows(struct agent_source *a)
{
	uint8_t *state = a->sched->np ? calloc(a->sched->np, 1) : NULL;
	if (state) {
		for (size_t i = 0; i < a->sched->np; i++) {
			int64_t lane = LANE_UNKNOWN;
			fields_get(&a->sched->p[i].f, P_LANE, &lane);
			state[i] = (uint8_t)lane;
		}
		lane_sink_add(a->sink, ORIGIN_AGENT, a->sched_at_ns, state, a->sched->np);
	}
	free(state);
	a->sink = NULL;
}

static enum status handle_sched(struct agent_source *a, const json_t *root, struct error *error)
{
	snapshot_unref(a->sched);
	a->sched = snapshot_create();
	if (!a->sched)
		return error_no_memory(error);
	enum status status = agent_reply_sched(root, a->sched, error);
	if (status != STATUS_OK) {
		snapshot_unref(a->sched);
		a->sched = NULL;
		return status;
	}
	a->sched_at_ns = agent_reply_time(root, clock_monotonic_ns());
	if (a->sink)
		sample_rows(a);
	return STATUS_OK;
}

/* What it costs the program decides how often. */
static enum status handle_groups(struct agent_source *a, const json_t *root, struct error *error)
{
	(void)error; /* what is wrong with them alone is told apart */
	int64_t cost_ns = 0;
	goroutine_set_unref(a->groups);
	a->groups_due_ns = a->asked_ns + GROUPS_NS;
	a->groups_trouble = (struct error){0};
	a->groups = agent_reply_groups(root, &cost_ns, &a->groups_trouble);
	if (!a->groups)
		return STATUS_OK;
	a->groups->period_ns = goroutines_period(cost_ns, GROUPS_NS);
	if (cost_ns >= 0)
		a->groups->cost_ppm = cost_ns * INT64_C(1000000) / a->groups->period_ns;
	a->groups_due_ns = a->asked_ns + a->groups->period_ns;
	return STATUS_OK;
}

static const struct {
	const char *path;
	size_t max_bytes;
	void (*ask)(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
	            void (*done)(const struct http_reply *reply, void *arg), void *arg);
	enum status (*handle)(struct agent_source *a, const json_t *root, struct error *error);
} requests[REQUEST_COUNT] = {
	[REQUEST_INFO] = {"/v1/info", INFO_MAX, http_get, handle_info},
	[REQUEST_ATTACH] = {"/v1/attach", INFO_MAX, http_post, handle_attach},
	[REQUEST_METRICS] = {"/v1/metrics", METRICS_MAX, http_get, handle_metrics},
	[REQUEST_SCHED] = {"/v1/sched", SCHED_MAX, http_get, handle_sched},
	[REQUEST_GROUPS] = {"/v1/groups", GROUPS_MAX, http_get, handle_groups},
};

/* A refusal's own words, else its number. */
static void refused(struct agent_source *a, const struct http_reply *reply)
{
	json_t *root = agent_reply_parse(reply->body, reply->size, NULL);
	const char *words = json_string_value(json_object_get(root, "error"));
	char clean[256];
	text_clean(clean, sizeof clean, words ? words : "", words ? strlen(words) : 0);
	if (words)
		error_set(&a->trouble, STATUS_FAILED, "its agent: %s", clean);
	else
		error_set(&a->trouble, STATUS_FAILED, "its agent refused %s (HTTP %ld)",
		          requests[a->current].path, reply->code);
	json_decref(root);
}

static void refused_groups(struct agent_source *a, long code)
{
	a->no_groups = code == 404 || code == 501; /* it is older, or never will */
	a->groups_due_ns = a->asked_ns + GROUPS_NS;
	error_set(&a->groups_trouble, STATUS_FAILED,
	          "its agent does not tell groups of them (HTTP %ld)", code);
}

static void on_reply(const struct http_reply *reply, void *arg)
{
	struct agent_source *a = arg;
	a->asking = false;
	a->wanted[a->current] = false;
	enum status status = STATUS_FAILED;
	if (reply->code == 200) {
		json_t *root = agent_reply_parse(reply->body, reply->size, &a->trouble);
		if (root)
			status = requests[a->current].handle(a, root, &a->trouble);
		json_decref(root);
	} else if (a->current == REQUEST_ATTACH) {
		/* Why its memory can't be read has been said, and the agent serves without. */
		a->base.attach = ATTACH_REFUSED;
		status = STATUS_OK;
	} else if (a->current == REQUEST_GROUPS && reply->code != 0) {
		/* Their number is told all the same. */
		refused_groups(a, reply->code);
		status = STATUS_OK;
	} else if (reply->code != 0) {
		refused(a, reply);
	} else {
		char clean[200];
		text_clean(clean, sizeof clean, reply->error, strlen(reply->error));
		error_set(&a->trouble, STATUS_FAILED, "its agent does not answer: %s", clean);
	}
	/* Who can't say who it is is not asked anything else. */
	if (status != STATUS_OK && a->current == REQUEST_INFO)
		memset(a->wanted, 0, sizeof a->wanted);
	else if (status == STATUS_OK && a->current != REQUEST_INFO)
		a->trouble = (struct error){0};
	ask_next(a);
}

static void ask(struct agent_source *a, enum request request)
{
	char path[64 + AGENT_BOUNDS_MAX * 34];
	size_t length = (size_t)snprintf(path, sizeof path, "%s", requests[request].path);
	if (request == REQUEST_METRICS)
		for (size_t i = 0; i < a->bounds.n; i++)
			length += (size_t)snprintf(path + length, sizeof path - length, "%s%s",
			                           i ? "," : "?have=", a->bounds.known[i].id);
	a->asking = true;
	a->asked_ns = clock_monotonic_ns();
	a->current = request;
	requests[request].ask(a->http, path, TIMEOUT_MS, requests[request].max_bytes, on_reply, a);
}

static void ask_next(struct agent_source *a)
{
	if (a->asking)
		return;
	for (int i = 0; i < REQUEST_COUNT; i++)
		if (a->wanted[i]) {
			ask(a, (enum request)i);
			return;
		}
	if (a->done) {
		void (*done)(void *) = a->done;
		a->done = NULL;
		done(a->done_arg);
	}
}

static enum status agent_open(struct source **out, const struct target *target, uv_loop_t *loop,
                              struct error *error)
{
	struct agent_source *a = calloc(1, sizeof *a);
	if (!a)
		return error_no_memory(error);
	a->base.ops = &source_agent;
	a->target = *target;
	enum status status = agent_socket_find(target, &a->socket, error);
	if (status == STATUS_OK && !agent_socket_answers(&a->socket))
		status = error_set(error, STATUS_NO_TARGET,
		                   "process %d left an agent's socket in %s, but nobody listens on it",
		                   (int)target->pid, a->socket.shown);
	if (status == STATUS_OK)
		status = http_create(&a->http, loop, a->socket.path, error);
	if (status != STATUS_OK) {
		agent_socket_finish(&a->socket);
		free(a);
		return status;
	}
	*out = &a->base;
	return STATUS_OK;
}

static void on_http_closed(void *arg)
{
	struct agent_source *a = arg;
	void (*closed)(void *) = a->closed;
	void *closed_arg = a->closed_arg;
	agent_socket_finish(&a->socket);
	agent_bounds_finish(&a->bounds);
	agent_metrics_finish(&a->metrics);
	snapshot_unref(a->sched);
	goroutine_set_unref(a->groups);
	free(a);
	closed(closed_arg);
}

static void agent_close(struct source *source, void (*closed)(void *arg), void *arg)
{
	struct agent_source *a = (struct agent_source *)source;
	a->done = NULL;
	a->closed = closed;
	a->closed_arg = arg;
	http_close(a->http, on_http_closed, a);
}

static enum status agent_sample(struct source *source, struct lane_sink *sink, struct error *error)
{
	(void)error;
	struct agent_source *a = (struct agent_source *)source;
	if (!a->confirmed || a->asking || !a->info.sched)
		return STATUS_OK;
	a->sink = sink;
	a->wanted[REQUEST_SCHED] = true;
	ask_next(a);
	return STATUS_OK;
}

static void agent_begin(struct source *source, unsigned want, void (*done)(void *arg), void *arg)
{
	struct agent_source *a = (struct agent_source *)source;
	a->done = done;
	a->done_arg = arg;
	a->wanted[REQUEST_INFO] = !a->confirmed;
	a->wanted[REQUEST_ATTACH] = want & WANT_ATTACH && a->base.attach == ATTACH_UNASKED;
	a->wanted[REQUEST_METRICS] = want & WANT_METRICS;
	a->wanted[REQUEST_SCHED] = want & WANT_SCHED && (!a->confirmed || a->info.sched);
	a->wanted[REQUEST_GROUPS] = want & WANT_GROUPS && a->confirmed && a->info.sched &&
	                            !a->no_groups && clock_monotonic_ns() >= a->groups_due_ns;
	ask_next(a);
}

static void fill_sched(struct agent_source *a, struct snapshot *s)
{
	s->sched_at = (struct stamp){ORIGIN_AGENT, a->sched_at_ns};
	s->sched = a->sched->sched;
	/* The rows move: the next answer brings its own. */
	s->np = a->sched->np;
	s->nm = a->sched->nm;
	s->p = a->sched->p;
	s->m = a->sched->m;
	a->sched->p = NULL;
	a->sched->m = NULL;
	a->sched->np = a->sched->nm = 0;
	snapshot_unref(a->sched);
	a->sched = NULL;
}

static void fill_groups(struct agent_source *a, struct snapshot *s)
{
	if (!s->goroutines_trouble[0])
		snprintf(s->goroutines_trouble, sizeof s->goroutines_trouble, "%.255s",
		         a->groups_trouble.text);
	if (!a->groups)
		return;
	s->goroutines_at = (struct stamp){ORIGIN_AGENT, a->groups->at_ns};
	s->goroutines = a->groups;
	a->groups = NULL;
}

static enum status fill_metrics(const struct agent_source *a, struct snapshot *s)
{
	if (s->runtime_at.origin != ORIGIN_AGENT) {
		s->runtime = a->metrics.runtime;
		s->runtime_at = (struct stamp){ORIGIN_AGENT, a->metrics_at_ns};
	}
	for (int i = 0; i < HISTOGRAM_COUNT; i++) {
		if (s->histogram[i].bounds || !a->metrics.histogram[i].bounds)
			continue;
		if (histogram_copy(&s->histogram[i], &a->metrics.histogram[i]) != STATUS_OK)
			return STATUS_FAILED;
		s->histogram_at[i] = (struct stamp){ORIGIN_AGENT, a->metrics_at_ns};
	}
	return STATUS_OK;
}

static enum status agent_complete(struct source *source, struct snapshot *s, struct error *error)
{
	struct agent_source *a = (struct agent_source *)source;
	if (s->program[0] == '\0')
		snprintf(s->program, sizeof s->program, "%s", a->info.program);
	if (s->go_version[0] == '\0')
		snprintf(s->go_version, sizeof s->go_version, "%s", a->info.go_version);
	if (s->module[0] == '\0')
		snprintf(s->module, sizeof s->module, "%s", a->info.module);
	if (a->sched && s->sched_at.origin == ORIGIN_NONE)
		fill_sched(a, s);
	/* Where memory tells the scheduler's state it tells of goroutines too, when it is time. */
	if (s->sched_at.origin == ORIGIN_AGENT)
		fill_groups(a, s);
	if (a->metrics_at_ns && s->monotonic_ns - a->metrics_at_ns < KEEP_NS &&
	    fill_metrics(a, s) != STATUS_OK)
		return error_no_memory(error);
	if (a->trouble.text[0])
		return error_set(error, a->trouble.status, "%s", a->trouble.text);
	if (a->asking && clock_monotonic_ns() - a->asked_ns > SLOW_NS)
		return error_set(error, STATUS_FAILED, "its agent does not answer: " HTTP_TOO_SLOW);
	/* What keeps us out of its memory keeps the agent out too: then it has been said. */
	if (a->confirmed && !a->info.sched && a->info.sched_error[0] &&
	    s->sched_at.origin == ORIGIN_NONE && !s->trouble[ORIGIN_MEMORY][0])
		return error_set(error, STATUS_FAILED, "its agent can't read the scheduler: %s",
		                 a->info.sched_error);
	return STATUS_OK;
}

const struct source_ops source_agent = {
	.name = "agent",
	.origin = ORIGIN_AGENT,
	.sample_period_ns = 100 * NS_PER_MS,
	.open = agent_open,
	.close = agent_close,
	.sample = agent_sample,
	.begin = agent_begin,
	.complete = agent_complete,
};
