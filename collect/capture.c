#include "collect/capture.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collect/agent_call.h"
#include "collect/agent_reply.h"
#include "collect/agent_socket.h"
#include "collect/trace_store.h"
#include "util/atomic_file.h"
#include "util/clock.h"
#include "util/text.h"

#define INFO_NS   (5 * NS_PER_S)      /* for the agent to say who it is */
#define HEAD_NS   (5 * NS_PER_S)      /* for the trace to begin */
#define DRAIN_NS  (8 * NS_PER_S)      /* after its time, for the rest: the agent gives 5 s */
#define FROZEN_NS (2 * NS_PER_S)      /* the same of a target that is stopped */
#define LOOK_NS   (200 * NS_PER_MS)   /* how often the target is looked at, and told of */
#define EXIT_NS   (500 * NS_PER_MS)   /* from closing its sockets to being seen gone */
#define BYTES_MAX (UINT64_C(4) << 30) /* of an agent that knows no end */
#define NAMES_MAX 100                 /* tried, when they are taken */
#define PIPE_STEP ((size_t)4096)      /* PIPE_BUF: fits a pipe that poll calls writable */

struct capture {
	struct capture_options options;
	char *file, *directory, *path;
	pthread_t thread;
	bool joined;

	pthread_mutex_t lock; /* of the two below */
	bool cancelled;
	struct agent_call *call; /* NULL: none to cancel */

	/* The thread's own until it has ended. */
	struct capture_state state;
	struct error error;
	struct target target;
	struct agent_socket socket;
	struct agent_info info;
	struct atomic_file out;
	int64_t wall_ns; /* when the trace began */
	int64_t looked_ns;
	unsigned char header[TRACE_HEADER_SIZE];
	size_t header_size;
};

/* --- telling --------------------------------------------------------------------------------- */

static void tell(struct capture *c, enum capture_phase phase)
{
	c->state.phase = phase;
	if (c->options.tell)
		c->options.tell(&c->state, c->options.arg);
}

static pid_t pid_of(const struct capture *c)
{
	return c->target.pid;
}

static bool is_cancelled(struct capture *c)
{
	pthread_mutex_lock(&c->lock);
	bool cancelled = c->cancelled;
	pthread_mutex_unlock(&c->lock);
	return cancelled;
}

/* A process closes its sockets a moment before it can be seen to have exited. */
static bool has_exited(const struct capture *c)
{
	for (int64_t end_ns = clock_monotonic_ns() + EXIT_NS;;) {
		if (target_check(&c->target) == TARGET_EXITED)
			return true;
		if (!c->target.local || clock_monotonic_ns() >= end_ns)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 20 * NS_PER_MS}, NULL);
	}
}

static enum status say_exited(struct capture *c)
{
	return error_set(&c->error, STATUS_EXITED, "process %d exited while it was traced",
	                 (int)pid_of(c));
}

static enum status say_stopped(struct capture *c)
{
	return error_set(&c->error, STATUS_FAILED,
	                 "process %d is stopped: a trace can be taken when it goes on (kill -CONT %d)",
	                 (int)pid_of(c), (int)pid_of(c));
}

/* --- the agent ------------------------------------------------------------------------------- */

static enum status find_agent(struct capture *c)
{
	enum status status = agent_socket_find(&c->target, &c->socket, &c->error);
	if (status == STATUS_NO_TARGET)
		return error_set(&c->error, status,
		                 "process %d has no schedtop agent, and nobody else can trace it: import "
		                 "schedtop/agent/auto into the program",
		                 (int)pid_of(c));
	if (status != STATUS_OK)
		return status;
	struct agent_call *call = NULL;
	status = agent_call_create(&call, c->socket.path, &c->error);
	pthread_mutex_lock(&c->lock);
	c->call = call;
	if (call && c->cancelled)
		agent_call_cancel(call);
	pthread_mutex_unlock(&c->lock);
	return status;
}

/* Why there is no answer, or not all of it. */
static enum status say_unanswered(struct capture *c, const struct call_reply *reply)
{
	int pid = (int)pid_of(c);
	char bytes[24];
	if (reply->end == CALL_CANCELLED)
		return STATUS_FAILED;
	if (has_exited(c))
		return say_exited(c);
	bool stopped = target_check(&c->target) == TARGET_STOPPED;
	switch (reply->end) {
	case CALL_UNREACHED:
		return error_set(&c->error, STATUS_NO_TARGET,
		                 "process %d left an agent's socket in %s, but nobody listens on it", pid,
		                 c->socket.shown);
	case CALL_SILENT:
		return stopped
		           ? say_stopped(c)
		           : error_set(&c->error, STATUS_FAILED,
		                       "the agent of process %d does not answer: it takes too long", pid);
	case CALL_SLOW:
		return error_set(&c->error, STATUS_FAILED,
		                 stopped ? "process %d was stopped while it was traced"
		                         : "the agent of process %d did not end the trace in time",
		                 pid);
	default:
		text_bytes(bytes, sizeof bytes, (int64_t)c->state.bytes);
		return error_set(&c->error, STATUS_FAILED,
		                 "the agent of process %d broke off after %s (%s)", pid, bytes,
		                 reply->error);
	}
}

/* A refusal in the agent's own words, which name the other tracer or the time to wait. */
static enum status say_refused(struct capture *c, const struct call_reply *reply)
{
	json_t *root = agent_reply_parse(reply->text, reply->size, NULL);
	const char *words = json_string_value(json_object_get(root, "error"));
	char clean[300];
	text_clean(clean, sizeof clean, words ? words : "", words ? strlen(words) : 0);
	enum status status = reply->code == 403 ? STATUS_PERMISSION : STATUS_FAILED;
	if (clean[0])
		error_set(&c->error, status, "no trace of process %d: %s", (int)pid_of(c), clean);
	else
		error_set(&c->error, status, "the agent of process %d refuses a trace (HTTP %ld)",
		          (int)pid_of(c), reply->code);
	json_decref(root);
	return status;
}

/* Looks at the target now and then; false: there is no more to wait for, and the error says why. */
static bool look(void *arg)
{
	struct capture *c = arg;
	int64_t now_ns = clock_monotonic_ns();
	if (now_ns - c->looked_ns < LOOK_NS)
		return true;
	c->looked_ns = now_ns;
	enum target_state state = target_check(&c->target);
	if (state == TARGET_EXITED) {
		say_exited(c);
		return false;
	}
	bool running = c->state.phase == CAPTURE_RUNNING;
	if (state == TARGET_STOPPED && !running) {
		say_stopped(c);
		return false;
	}
	if (state == TARGET_STOPPED &&
	    now_ns - c->state.started_ns > c->state.duration_ns + FROZEN_NS) {
		error_set(&c->error, STATUS_FAILED, "process %d was stopped while it was traced",
		          (int)pid_of(c));
		return false;
	}
	if (running)
		tell(c, CAPTURE_RUNNING);
	return true;
}

/* The socket's file says whose it is, but only its owner knows. */
static enum status confirm(struct capture *c)
{
	struct call_reply reply;
	struct call_request request = {
		.path = "/v1/info",
		.head_ns = INFO_NS,
		.body_ns = INFO_NS,
		.bytes_max = sizeof reply.text - 1,
		.tick = look,
		.arg = c,
	};
	if (agent_call_get(c->call, &request, &reply) != CALL_ANSWERED)
		return c->error.status ? c->error.status : say_unanswered(c, &reply);
	if (reply.code != 200)
		return say_refused(c, &reply);
	struct error why = {0};
	json_t *root = agent_reply_parse(reply.text, reply.size, &why);
	if (!root)
		return error_set(&c->error, STATUS_FAILED, "no trace of process %d: %.300s", (int)pid_of(c),
		                 why.text);
	agent_reply_info(root, &c->info);
	json_decref(root);
	bool same = c->info.pid == c->socket.pid;
	if (c->socket.pid_namespace && c->info.pid_namespace > 0)
		same = same && (uint64_t)c->info.pid_namespace == c->socket.pid_namespace;
	if (!same)
		return error_set(&c->error, STATUS_FAILED,
		                 "the agent's socket of process %d is served by another process (%lld)",
		                 (int)pid_of(c), (long long)c->info.pid);
	return STATUS_OK;
}

/* --- the bytes ------------------------------------------------------------------------------- */

/* A pipe's reader may be slow or gone, and we want to be cancelled all the same. */
static enum status write_stream(struct capture *c, const char *at, size_t size)
{
	while (size > 0) {
		struct pollfd ready = {.fd = c->options.fd, .events = POLLOUT};
		if (is_cancelled(c))
			return STATUS_FAILED;
		if (poll(&ready, 1, 100) == 0)
			continue;
		ssize_t n = write(c->options.fd, at, size < PIPE_STEP ? size : PIPE_STEP);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return error_set(&c->error, STATUS_FAILED, "the output can't be written: %s",
			                 strerror(errno));
		at += n;
		size -= (size_t)n;
	}
	return STATUS_OK;
}

static enum status check_header(struct capture *c, const char *data, size_t size)
{
	size_t room = sizeof c->header - c->header_size, n = size < room ? size : room;
	memcpy(c->header + c->header_size, data, n);
	c->header_size += n;
	if (n == 0 || c->header_size < sizeof c->header ||
	    trace_store_version(c->header, c->state.go_version, sizeof c->state.go_version))
		return STATUS_OK;
	return error_set(&c->error, STATUS_FAILED,
	                 "what the agent of process %d sends is no Go execution trace", (int)pid_of(c));
}

static bool on_bytes(const void *data, size_t size, void *arg)
{
	struct capture *c = arg;
	if (check_header(c, data, size) != STATUS_OK)
		return false;
	enum status status = c->options.fd >= 0 ? write_stream(c, data, size)
	                                        : atomic_file_write(&c->out, data, size, &c->error);
	c->state.bytes += size;
	return status == STATUS_OK;
}

static void on_begun(void *arg)
{
	struct capture *c = arg;
	c->state.started_ns = clock_monotonic_ns();
	c->wall_ns = clock_wall_ns();
	tell(c, CAPTURE_RUNNING);
}

/* What the agent says of the end, and whether we hold what it says. */
static enum status check_end(struct capture *c, const struct call_reply *reply)
{
	char bytes[24];
	text_bytes(bytes, sizeof bytes, (int64_t)c->state.bytes);
	c->state.shortened = strcmp(reply->trailer, "shortened") == 0;
	if (strcmp(reply->trailer, "truncated") == 0)
		return error_set(&c->error, STATUS_FAILED,
		                 "the agent of process %d cut the trace off at its limit of bytes, after "
		                 "%s: take fewer seconds",
		                 (int)pid_of(c), bytes);
	if (!c->state.shortened && strcmp(reply->trailer, "complete") != 0)
		return error_set(&c->error, STATUS_FAILED,
		                 "the agent of process %d does not say that the trace is whole",
		                 (int)pid_of(c));
	if (c->header_size < sizeof c->header)
		return error_set(&c->error, STATUS_FAILED, "the agent of process %d sent an empty trace",
		                 (int)pid_of(c));
	return STATUS_OK;
}

static enum status receive(struct capture *c)
{
	char path[64];
	struct call_reply reply;
	snprintf(path, sizeof path, "/v1/trace?seconds=%d", (int)(c->state.duration_ns / NS_PER_S));
	struct call_request request = {
		.path = path,
		.head_ns = HEAD_NS,
		.body_ns = c->state.duration_ns + DRAIN_NS,
		.bytes_max = BYTES_MAX,
		.begun = on_begun,
		.body = on_bytes,
		.tick = look,
		.arg = c,
	};
	enum call_end end = agent_call_get(c->call, &request, &reply);
	c->state.ended_ns = clock_monotonic_ns();
	if (end == CALL_ANSWERED)
		return reply.code == 200 ? check_end(c, &reply) : say_refused(c, &reply);
	if (end == CALL_STOPPED && !c->error.status && !is_cancelled(c))
		return error_set(&c->error, STATUS_FAILED,
		                 "the agent of process %d sends more than a trace may hold",
		                 (int)pid_of(c));
	return c->error.status ? c->error.status : say_unanswered(c, &reply);
}

/* --- the file -------------------------------------------------------------------------------- */

static enum status open_output(struct capture *c)
{
	if (c->options.fd >= 0)
		return STATUS_OK;
	if (c->file) {
		char *real = NULL;
		enum status status = atomic_file_open_path(&c->out, c->file, 0666, &real, &c->error);
		if (status == STATUS_OK) {
			free(c->file);
			c->file = real;
		}
		return status;
	}
	char directory[PATH_MAX];
	enum status status =
		trace_store_directory(c->directory, directory, sizeof directory, &c->error);
	if (status != STATUS_OK)
		return status;
	free(c->directory);
	c->directory = strdup(directory);
	if (!c->directory)
		return error_no_memory(&c->error);
	return atomic_file_open(&c->out, directory, 0600, &c->error);
}

static enum status name_file(struct capture *c)
{
	const char *program = c->target.program[0] ? c->target.program : c->info.program;
	char name[TRACE_NAME_MAX];
	enum status status;
	bool taken;
	int attempt = 0;
	do {
		trace_store_name(name, program, pid_of(c), c->wall_ns, c->state.go_version, attempt);
		status = atomic_file_commit(&c->out, name, false, &taken, &c->error);
	} while (taken && ++attempt < NAMES_MAX);
	if (status != STATUS_OK)
		return status;
	c->error = (struct error){0};
	size_t size = strlen(c->directory) + 1 + strlen(name) + 1;
	c->path = malloc(size);
	if (c->path)
		snprintf(c->path, size, "%s/%s", c->directory, name);
	trace_store_prune(c->out.dir_fd, c->options.keep_files, c->options.keep_bytes, name);
	return c->path ? STATUS_OK : error_no_memory(&c->error);
}

static enum status save(struct capture *c)
{
	enum status status = STATUS_OK;
	if (c->options.fd >= 0)
		return STATUS_OK;
	tell(c, CAPTURE_SAVING);
	if (!c->file) {
		status = name_file(c);
	} else {
		status = atomic_file_commit(&c->out, atomic_file_name(c->file), true, NULL, &c->error);
		c->path = c->file;
		c->file = NULL;
	}
	if (status == STATUS_OK)
		text_clean(c->state.path, sizeof c->state.path, c->path, strlen(c->path));
	return status;
}

/* --- the thread ------------------------------------------------------------------------------ */

static enum status take(struct capture *c)
{
	if (target_check(&c->target) == TARGET_EXITED)
		return error_set(&c->error, STATUS_EXITED, "process %d has exited", (int)pid_of(c));
	enum status status = find_agent(c);
	if (status == STATUS_OK)
		status = confirm(c);
	if (status == STATUS_OK)
		status = open_output(c);
	if (status == STATUS_OK)
		status = receive(c);
	if (status == STATUS_OK && !is_cancelled(c))
		status = save(c);
	return status;
}

static void *run(void *arg)
{
	struct capture *c = arg;
	tell(c, CAPTURE_ASKING);
	enum status status = take(c);
	/* Its connection ends here: that is how the agent learns that nobody waits any more. */
	pthread_mutex_lock(&c->lock);
	agent_call_destroy(c->call);
	c->call = NULL;
	bool cancelled = c->cancelled && !c->path;
	pthread_mutex_unlock(&c->lock);
	atomic_file_finish(&c->out);
	agent_socket_finish(&c->socket);
	if (cancelled)
		c->error = (struct error){0};
	else if (status != STATUS_OK)
		snprintf(c->state.text, sizeof c->state.text, "%.*s", (int)sizeof c->state.text - 1,
		         c->error.text);
	tell(c, cancelled ? CAPTURE_CANCELLED : status == STATUS_OK ? CAPTURE_DONE : CAPTURE_FAILED);
	return NULL;
}

static void release(struct capture *c)
{
	pthread_mutex_destroy(&c->lock);
	free(c->file);
	free(c->directory);
	free(c->path);
	free(c);
}

enum status capture_start(struct capture **out, const struct capture_options *options,
                          struct error *error)
{
	struct capture *c = calloc(1, sizeof *c);
	if (!c)
		return error_no_memory(error);
	c->options = *options;
	c->target = options->target;
	c->state.duration_ns = options->duration_ns;
	c->socket.dir_fd = c->out.dir_fd = c->out.fd = -1;
	c->file = options->file ? strdup(options->file) : NULL;
	c->directory = options->directory ? strdup(options->directory) : NULL;
	pthread_mutex_init(&c->lock, NULL);
	if ((options->file && !c->file) || (options->directory && !c->directory)) {
		release(c);
		return error_no_memory(error);
	}
	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK) {
		release(c);
		return error_set(error, STATUS_FAILED, "libcurl does not start");
	}
	/* Signals are for the thread that drew the screen; and a pipe without a reader is an error of
	   write here, not the end of the program. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int failed = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		curl_global_cleanup();
		release(c);
		return error_set(error, STATUS_FAILED, "no thread for the capture: %s", strerror(failed));
	}
	*out = c;
	return STATUS_OK;
}

void capture_cancel(struct capture *c)
{
	pthread_mutex_lock(&c->lock);
	c->cancelled = true;
	if (c->call)
		agent_call_cancel(c->call);
	pthread_mutex_unlock(&c->lock);
}

static void join(struct capture *c)
{
	if (!c->joined)
		pthread_join(c->thread, NULL);
	c->joined = true;
}

enum status capture_wait(struct capture *c, struct capture_state *state, const char **path,
                         struct error *error)
{
	join(c);
	*state = c->state;
	*path = c->state.phase == CAPTURE_DONE ? c->path : NULL;
	if (c->state.phase != CAPTURE_FAILED)
		return STATUS_OK;
	return error_set(error, c->error.status, "%s", c->error.text);
}

void capture_destroy(struct capture *c)
{
	if (!c)
		return;
	if (!c->joined)
		capture_cancel(c);
	join(c);
	curl_global_cleanup();
	release(c);
}
