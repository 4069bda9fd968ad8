/* A capture from the program's agent, asked over its socket. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/agent_reply.h"
#include "collect/agent_socket.h"
#include "collect/capture_means.h"
#include "collect/trace_reach.h"
#include "collect/web.h"
#include "metrics/flight_advice.h"
#include "util/clock.h"
#include "util/text.h"

#define INFO_NS  (5 * NS_PER_S) /* for the agent to say who it is */
#define HEAD_NS  (5 * NS_PER_S) /* for the answer to begin */
#define DRAIN_NS (8 * NS_PER_S) /* after its time, for the rest: the agent gives 5 s */

/* What is asked for. */
static const struct {
	const char *path;
	bool takes_time; /* so many seconds */
} routes[CAPTURE_KINDS] = {
	[CAPTURE_KIND_TRACE] = {"/v1/trace", true},
	[CAPTURE_KIND_FLIGHT] = {"/v1/flight", false},
	[CAPTURE_KIND_GOROUTINES] = {"/v1/goroutines", false},
};

struct talk {
	struct agent_socket socket;
	struct web *call; /* NULL: there is none */
	struct agent_info info;
	struct trace_reach reach; /* of a flight recording */
};

static void wake(void *call)
{
	web_cancel(call);
}

static bool look(void *arg)
{
	return capture_look(arg);
}

static void begun(void *arg)
{
	capture_begun(arg);
}

static bool body(const void *data, size_t size, void *arg)
{
	struct capture *c = arg;
	struct talk *talk = c->own;
	if (c->options.kind == CAPTURE_KIND_FLIGHT)
		trace_reach_add(&talk->reach, data, size);
	return capture_bytes(c, data, size);
}

/* --- when there is no answer ----------------------------------------------------------------- */

/* Or not all of it: why. */
static enum status say_unanswered(struct capture *c, const struct web_reply *reply)
{
	const struct talk *talk = c->own;
	char bytes[24];
	if (reply->end == WEB_CANCELLED)
		return STATUS_FAILED;
	if (capture_has_exited(c))
		return capture_say_exited(c);
	bool stopped = target_check(&c->target) == TARGET_STOPPED;
	switch (reply->end) {
	case WEB_UNREACHED:
		return error_set(&c->error, STATUS_NO_TARGET,
		                 "%s left an agent's socket in %s, but nobody listens on it", c->whom,
		                 talk->socket.shown);
	case WEB_SILENT:
		return stopped ? capture_say_stopped(c)
		               : error_set(&c->error, STATUS_FAILED,
		                           "the agent of %s does not answer: it takes too long", c->whom);
	case WEB_SLOW:
		if (stopped)
			return error_set(&c->error, STATUS_FAILED, "%s was stopped while it was traced",
			                 c->whom);
		return error_set(&c->error, STATUS_FAILED, "the agent of %s did not end the %s in time",
		                 c->whom, capture_noun(c));
	default:
		text_bytes(bytes, sizeof bytes, (int64_t)c->state.bytes);
		return error_set(&c->error, STATUS_FAILED, "the agent of %s broke off after %s (%s)",
		                 c->whom, bytes, reply->error);
	}
}

/* A refusal in the agent's own words, which name the other tracer or the time to wait. */
static enum status say_refused(struct capture *c, const struct web_reply *reply)
{
	if (reply->code == 404)
		return error_set(&c->error, STATUS_FAILED,
		                 "the agent of %s is too old to give a %s: build the program with a newer "
		                 "one",
		                 c->whom, capture_noun(c));
	json_t *root = agent_reply_parse(reply->text, reply->size, NULL);
	const char *words = json_string_value(json_object_get(root, "error"));
	char clean[300];
	text_clean(clean, sizeof clean, words ? words : "", words ? strlen(words) : 0);
	enum status status = reply->code == 403 ? STATUS_PERMISSION : STATUS_FAILED;
	if (clean[0])
		error_set(&c->error, status, "no %s of %s: %s", capture_noun(c), c->whom, clean);
	else
		error_set(&c->error, status, "the agent of %s refuses a %s (HTTP %ld)", c->whom,
		          capture_noun(c), reply->code);
	json_decref(root);
	return status;
}

/* --- who answers ----------------------------------------------------------------------------- */

static enum status connect_agent(struct capture *c, struct talk *talk)
{
	enum status status = agent_socket_find(&c->target, &talk->socket, &c->error);
	if (status == STATUS_NO_TARGET && !c->target.local)
		return error_set(
			&c->error, status,
			"there is no process %ld, and no agent of one of that number in a container",
			(long)c->target.pid);
	if (status == STATUS_NO_TARGET)
		return error_set(&c->error, status,
		                 "%s has no schedtop agent, and nobody else can trace it: import "
		                 "schedtop/agent/auto into the program, build it with schedtop agent "
		                 "overlay, or name its net/http/pprof (--url URL)",
		                 c->whom);
	if (status != STATUS_OK)
		return status;
	status = web_create_socket(&talk->call, talk->socket.path, &c->error);
	if (status == STATUS_OK)
		capture_set_waker(c, wake, talk->call);
	return status;
}

static bool is_same(const struct agent_info *info, const struct agent_socket *socket)
{
	bool same = info->pid == socket->pid;
	if (socket->pid_namespace && info->pid_namespace > 0)
		same = same && (uint64_t)info->pid_namespace == socket->pid_namespace;
	return same;
}

/* The socket's file says whose it is, but only its owner knows. */
static enum status confirm(struct capture *c, struct talk *talk)
{
	struct web_reply reply;
	struct web_request request = {
		.path = "/v1/info",
		.head_ns = INFO_NS,
		.body_ns = INFO_NS,
		.bytes_max = sizeof reply.text - 1,
		.tick = look,
		.arg = c,
	};
	if (web_ask(talk->call, &request, &reply) != WEB_ANSWERED)
		return c->error.status ? c->error.status : say_unanswered(c, &reply);
	if (reply.code != 200)
		return say_refused(c, &reply);
	struct error why = {0};
	json_t *root = agent_reply_parse(reply.text, reply.size, &why);
	if (!root)
		return error_set(&c->error, STATUS_FAILED, "no %s of %s: %.300s", capture_noun(c), c->whom,
		                 why.text);
	const struct agent_info *info = &talk->info;
	agent_reply_info(root, &talk->info);
	json_decref(root);
	if (!is_same(info, &talk->socket))
		return error_set(&c->error, STATUS_FAILED,
		                 "the agent's socket of %s is served by another process (%lld)", c->whom,
		                 (long long)info->pid);
	snprintf(c->program, sizeof c->program, "%s", info->program);
	snprintf(c->go_version, sizeof c->go_version, "%s", info->go_version);
	return STATUS_OK;
}

static enum status find(struct capture *c)
{
	if (c->target.place != TARGET_PROCESS)
		return STATUS_NO_TARGET;
	struct talk *talk = calloc(1, sizeof *talk);
	if (!talk)
		return error_no_memory(&c->error);
	talk->socket.dir_fd = -1;
	c->own = talk;
	enum status status = connect_agent(c, talk);
	return status == STATUS_OK ? confirm(c, talk) : status;
}

/* --- what it gives --------------------------------------------------------------------------- */

/* What the agent says of the end. */
static enum status check_end(struct capture *c, const struct web_reply *reply)
{
	char bytes[24];
	text_bytes(bytes, sizeof bytes, (int64_t)c->state.bytes);
	c->state.shortened = strcmp(reply->trailer, "shortened") == 0;
	if (strcmp(reply->trailer, "truncated") == 0)
		return error_set(&c->error, STATUS_FAILED,
		                 "the agent of %s cut the %s off at its limit of bytes, after %s%s",
		                 c->whom, capture_noun(c), bytes,
		                 routes[c->options.kind].takes_time ? ": take fewer seconds" : "");
	if (!c->state.shortened && strcmp(reply->trailer, "complete") != 0)
		return error_set(&c->error, STATUS_FAILED,
		                 "the agent of %s does not say that the %s is whole", c->whom,
		                 capture_noun(c));
	return STATUS_OK;
}

/* How far back it goes, and what would make it go further. */
static void note_reach(struct capture *c)
{
	const struct talk *talk = c->own;
	const struct agent_info *info = &talk->info;
	c->state.reach_ns = trace_reach_ns(&talk->reach);
	struct flight_facts facts = {
		.reach_ns = c->state.reach_ns,
		.bytes = c->state.bytes,
		.min_age_ns = info->flight_age_ns,
		.max_bytes = info->flight_bytes,
		.on_ns = info->flight_since_ns > 0 ? c->state.started_ns - info->flight_since_ns : 0,
	};
	/* Behind what has been said already, that others could not be kept out. */
	char advice[160];
	size_t used = strlen(c->state.note);
	flight_advice(&facts, advice, sizeof advice);
	snprintf(c->state.note + used, sizeof c->state.note - used, "%s%s", used && *advice ? "; " : "",
	         advice);
}

static enum status receive(struct capture *c)
{
	struct talk *talk = c->own;
	int64_t time_ns = routes[c->options.kind].takes_time ? c->state.duration_ns : 0;
	char path[64], seconds[24] = "";
	struct web_reply reply;
	/* The agent's own pause for automatic ones is the default: who wants it shorter has said so. */
	bool yields = c->options.automatic && c->options.cooldown_ns >= CAPTURE_COOLDOWN_NS;
	yields = yields && c->options.kind != CAPTURE_KIND_GOROUTINES; /* those have no pause */
	if (time_ns)
		snprintf(seconds, sizeof seconds, "?seconds=%d", (int)(time_ns / NS_PER_S));
	snprintf(path, sizeof path, "%s%s%s", routes[c->options.kind].path, seconds,
	         !yields   ? ""
	         : time_ns ? "&auto=1"
	                   : "?auto=1");
	struct web_request request = {
		.path = path,
		.trailer = "Schedtop-End", /* how the stream ended */
		.head_ns = HEAD_NS,
		.body_ns = time_ns + DRAIN_NS,
		.bytes_max = UINT64_MAX, /* capture_bytes counts */
		.begun = begun,
		.body = body,
		.tick = look,
		.arg = c,
	};
	if (web_ask(talk->call, &request, &reply) == WEB_ANSWERED) {
		if (reply.code == 200 && c->options.kind == CAPTURE_KIND_FLIGHT)
			note_reach(c);
		return reply.code == 200 ? check_end(c, &reply) : say_refused(c, &reply);
	}
	return c->error.status ? c->error.status : say_unanswered(c, &reply);
}

static void finish(struct capture *c)
{
	struct talk *talk = c->own;
	capture_set_waker(c, NULL, NULL);
	if (!talk)
		return;
	web_destroy(talk->call);
	agent_socket_finish(&talk->socket);
	free(talk);
	c->own = NULL;
}

const struct capture_means capture_agent = {
	.name = "agent",
	.kinds = CAPTURE_BIT(CAPTURE_KIND_TRACE) | CAPTURE_BIT(CAPTURE_KIND_FLIGHT) |
             CAPTURE_BIT(CAPTURE_KIND_GOROUTINES),
	.find = find,
	.receive = receive,
	.finish = finish,
};
