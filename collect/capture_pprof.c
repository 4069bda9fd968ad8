/* A capture from net/http/pprof, for programs without an agent that have one of those. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/capture_means.h"
#include "collect/pprof_figures.h"
#include "collect/trace_shape.h"
#include "collect/web.h"
#include "util/clock.h"
#include "util/text.h"

#define PROOF_NS (5 * NS_PER_S) /* for it to say who it is */
#define HEAD_NS                                                                               \
	(15 * NS_PER_S)              /* after its time, for the answer to begin: what is short    \
	                                leaves the server when it has ended, and a proxy may hold \
	                                back all of it until then */
#define DRAIN_NS  (8 * NS_PER_S) /* and for the rest */
#define PROOF_MAX ((size_t)256 << 10)

/* What is asked for. The goroutines as of debug=1: debug=2 stops the program for as long as it
   takes to print all of them. */
static const struct {
	const char *path;
	bool takes_time;
} routes[CAPTURE_KINDS] = {
	[CAPTURE_KIND_TRACE] = {"/trace", true},
	[CAPTURE_KIND_GOROUTINES] = {"/goroutine?debug=1", false},
};

struct talk {
	struct pprof_place place;
	struct web *web; /* NULL: there is none */
	struct trace_shape shape;
	char *proof; /* a profile as it comes */
	size_t proof_size;
};

static void wake(void *web)
{
	web_cancel(web);
}

static bool look(void *arg)
{
	return capture_look(arg);
}

static bool body(const void *data, size_t size, void *arg)
{
	struct capture *c = arg;
	struct talk *talk = c->own;
	if (c->options.kind == CAPTURE_KIND_TRACE)
		trace_shape_add(&talk->shape, data, size);
	return capture_bytes(c, data, size);
}

/* --- who answers ----------------------------------------------------------------------------- */

static bool take_proof(const void *data, size_t size, void *arg)
{
	struct capture *c = arg;
	struct talk *talk = c->own;
	if (size > PROOF_MAX - talk->proof_size)
		return false;
	memcpy(talk->proof + talk->proof_size, data, size);
	talk->proof_size += size;
	return true;
}

/* The program's name, for the file. Without it there is a trace all the same. */
static void ask_program(struct capture *c, const struct talk *talk)
{
	struct web_reply reply;
	char path[64];
	snprintf(path, sizeof path, "%s/cmdline", talk->place.prefix);
	struct web_request request = {.path = path,
	                              .head_ns = PROOF_NS,
	                              .body_ns = PROOF_NS,
	                              .bytes_max = sizeof reply.text - 1,
	                              .tick = look,
	                              .arg = c};
	if (web_ask(talk->web, &request, &reply) == WEB_ANSWERED && reply.code == 200)
		pprof_read_program(reply.text, reply.size, c->program, sizeof c->program);
}

/* A trace of another process would be worse than none. */
static enum status judge(struct capture *c, const struct talk *talk)
{
	struct pprof_profile *p = NULL;
	struct error why;
	if (pprof_profile_open(&p, talk->proof, talk->proof_size, &why) != STATUS_OK)
		return error_set(&c->error, STATUS_FAILED,
		                 "what %.160s answers is no profile: is net/http/pprof served there?",
		                 web_shown(talk->web));
	bool other = c->target.local && pprof_compare(p, c->target.pid) == PPROF_OTHER;
	if (!c->program[0])
		pprof_binary(p, c->program, sizeof c->program);
	pprof_profile_close(p);
	if (other)
		return error_set(&c->error, STATUS_FAILED,
		                 "%.160s answers for another process than %d: no %s is taken of it",
		                 web_shown(talk->web), (int)c->target.pid, capture_noun(c));
	return STATUS_OK;
}

static enum status confirm(struct capture *c, struct talk *talk)
{
	struct web_reply reply;
	char path[64];
	snprintf(path, sizeof path, "%s/threadcreate", talk->place.prefix);
	struct web_request request = {.path = path,
	                              .head_ns = PROOF_NS,
	                              .body_ns = PROOF_NS,
	                              .bytes_max = PROOF_MAX,
	                              .body = take_proof,
	                              .tick = look,
	                              .arg = c};
	talk->proof = malloc(PROOF_MAX);
	if (!talk->proof)
		return error_no_memory(&c->error);
	if (web_ask(talk->web, &request, &reply) == WEB_CANCELLED || c->error.status)
		return c->error.status ? c->error.status : STATUS_FAILED;
	if (reply.end != WEB_ANSWERED || reply.code != 200)
		return web_explain(talk->web, &request, &reply, &c->error);
	return judge(c, talk);
}

static enum status find(struct capture *c)
{
	if (!c->options.url)
		return STATUS_NO_TARGET;
	struct talk *talk = calloc(1, sizeof *talk);
	if (!talk)
		return error_no_memory(&c->error);
	c->own = talk;
	enum status status = pprof_place_of(c->options.url, &talk->place, &c->error);
	if (status == STATUS_OK)
		status = web_create(&talk->web, talk->place.base, &c->target.web, &c->error);
	if (status != STATUS_OK)
		return status;
	capture_set_waker(c, wake, talk->web);
	ask_program(c, talk);
	return confirm(c, talk);
}

/* --- what it gives --------------------------------------------------------------------------- */

/* Go up to 1.22 refuses what its server would cut off, and says so with these words. */
static enum status say_refused(struct capture *c, const struct web_request *request,
                               const struct web_reply *reply)
{
	const struct talk *talk = c->own;
	const char *shown = web_shown(talk->web);
	if (strstr(reply->text, "WriteTimeout"))
		return error_set(&c->error, STATUS_FAILED,
		                 "%.160s can't send a %s of %d s: its server's WriteTimeout is shorter "
		                 "(take fewer seconds, or raise http.Server.WriteTimeout)",
		                 shown, capture_noun(c), (int)(c->state.duration_ns / NS_PER_S));
	if (strstr(reply->text, "racing is already enabled") ||
	    strstr(reply->text, "racer already enabled"))
		return error_set(&c->error, STATUS_FAILED,
		                 "%.160s is being traced by somebody else: wait until that has ended",
		                 shown);
	if (reply->code == 502 || reply->code == 504)
		return error_set(&c->error, STATUS_FAILED,
		                 "a proxy before %.160s did not wait for the %s (HTTP %ld): take fewer "
		                 "seconds, or name the program's own address",
		                 shown, capture_noun(c), reply->code);
	return web_explain(talk->web, request, reply, &c->error);
}

/* Or not all of it: why. */
static enum status say_unanswered(struct capture *c, const struct web_request *request,
                                  const struct web_reply *reply)
{
	const struct talk *talk = c->own;
	char bytes[24];
	if (reply->end == WEB_CANCELLED)
		return STATUS_FAILED;
	if (capture_has_exited(c))
		return capture_say_exited(c);
	if (target_check(&c->target) == TARGET_STOPPED)
		return error_set(&c->error, STATUS_FAILED, "%s was stopped while it was traced", c->whom);
	text_bytes(bytes, sizeof bytes, (int64_t)c->state.bytes);
	if (reply->end == WEB_CUT)
		return error_set(&c->error, STATUS_FAILED,
		                 "%.160s broke off after %s: it has ended, or its server's WriteTimeout or "
		                 "a proxy's limit is shorter than the %s",
		                 web_shown(talk->web), bytes, capture_noun(c));
	return web_explain(talk->web, request, reply, &c->error);
}

static enum status receive(struct capture *c)
{
	struct talk *talk = c->own;
	int64_t time_ns = routes[c->options.kind].takes_time ? c->state.duration_ns : 0;
	char path[96], seconds[24] = "";
	struct web_reply reply;
	if (time_ns)
		snprintf(seconds, sizeof seconds, "?seconds=%d", (int)(time_ns / NS_PER_S));
	snprintf(path, sizeof path, "%s%s%s", talk->place.prefix, routes[c->options.kind].path,
	         seconds);
	struct web_request request = {
		.path = path,
		.head_ns = time_ns + HEAD_NS,
		.body_ns = time_ns + DRAIN_NS,
		.bytes_max = UINT64_MAX, /* capture_bytes counts */
		.body = body,
		.tick = look,
		.arg = c,
	};
	/* When it begins nobody tells: of a program that does little the first bytes come at the
	   end. */
	capture_begun(c);
	enum web_end end = web_ask(talk->web, &request, &reply);
	if (c->error.status)
		return c->error.status;
	if (end != WEB_ANSWERED)
		return say_unanswered(c, &request, &reply);
	if (reply.code != 200)
		return say_refused(c, &request, &reply);
	if (c->options.kind == CAPTURE_KIND_TRACE && !trace_shape_is_whole(&talk->shape))
		return error_set(&c->error, STATUS_FAILED,
		                 "the trace of %.160s is cut off, though its answer ended well: the "
		                 "program or a proxy broke off",
		                 c->whom);
	return STATUS_OK;
}

static void finish(struct capture *c)
{
	struct talk *talk = c->own;
	capture_set_waker(c, NULL, NULL);
	if (!talk)
		return;
	web_destroy(talk->web);
	free(talk->proof);
	free(talk);
	c->own = NULL;
}

const struct capture_means capture_pprof = {
	.name = "pprof",
	.kinds = CAPTURE_BIT(CAPTURE_KIND_TRACE) | CAPTURE_BIT(CAPTURE_KIND_GOROUTINES),
	.find = find,
	.receive = receive,
	.finish = finish,
};
