#include "collect/capture.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/capture_means.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/thread.h"

#define FROZEN_NS (2 * NS_PER_S)    /* after its time, for a target that is stopped */
#define LOOK_NS   (200 * NS_PER_MS) /* how often the target is looked at, and told of */
#define EXIT_NS   (500 * NS_PER_MS) /* from closing its sockets to being seen gone */

static const char *const nouns[CAPTURE_KINDS] = {
	[CAPTURE_KIND_TRACE] = "trace",
	[CAPTURE_KIND_FLIGHT] = "flight recording",
	[CAPTURE_KIND_GOROUTINES] = "list of goroutines",
	[CAPTURE_KIND_SAMPLED] = "sampled trace",
};

/* Every means, the best first. */
static const struct capture_means *const all_means[] = {&capture_agent, &capture_pprof,
                                                        &capture_sampled, NULL};

/* --- telling --------------------------------------------------------------------------------- */

static void tell(struct capture *c, enum capture_phase phase)
{
	c->state.phase = phase;
	if (c->options.tell)
		c->options.tell(&c->state, c->options.arg);
}

const char *capture_noun(const struct capture *c)
{
	return nouns[c->options.kind];
}

bool capture_is_cancelled(struct capture *c)
{
	pthread_mutex_lock(&c->lock);
	bool cancelled = c->cancelled;
	pthread_mutex_unlock(&c->lock);
	return cancelled;
}

void capture_set_waker(struct capture *c, void (*wake)(void *arg), void *arg)
{
	pthread_mutex_lock(&c->lock);
	c->wake = wake;
	c->wake_arg = arg;
	if (wake && c->cancelled)
		wake(arg);
	pthread_mutex_unlock(&c->lock);
}

/* --- the target ------------------------------------------------------------------------------ */

bool capture_has_exited(struct capture *c)
{
	for (int64_t end_ns = clock_monotonic_ns() + EXIT_NS;;) {
		if (target_check(&c->target) == TARGET_EXITED)
			return true;
		if (!c->target.local || clock_monotonic_ns() >= end_ns)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 20 * NS_PER_MS}, NULL);
	}
}

enum status capture_say_exited(struct capture *c)
{
	return error_set(&c->error, STATUS_EXITED,
	                 c->options.kind == CAPTURE_KIND_TRACE ? "%s exited while it was traced"
	                                                       : "%s exited meanwhile",
	                 c->whom);
}

enum status capture_say_stopped(struct capture *c)
{
	return error_set(&c->error, STATUS_FAILED,
	                 "%s is stopped: a %s can be taken when it goes on (kill -CONT %d)", c->whom,
	                 capture_noun(c), (int)c->target.pid);
}

bool capture_look(struct capture *c)
{
	int64_t now_ns = clock_monotonic_ns();
	if (now_ns - c->looked_ns < LOOK_NS)
		return true;
	c->looked_ns = now_ns;
	enum target_state state = target_check(&c->target);
	if (state == TARGET_EXITED) {
		capture_say_exited(c);
		return false;
	}
	bool running = c->state.phase == CAPTURE_RUNNING;
	if (state == TARGET_STOPPED && !running) {
		capture_say_stopped(c);
		return false;
	}
	if (state == TARGET_STOPPED &&
	    now_ns - c->state.started_ns > c->state.duration_ns + FROZEN_NS) {
		error_set(&c->error, STATUS_FAILED, "%s was stopped while it was traced", c->whom);
		return false;
	}
	if (running)
		tell(c, CAPTURE_RUNNING);
	return true;
}

/* --- the bytes ------------------------------------------------------------------------------- */

/* What the first bytes must be, and which Go they name if they do. */
static bool is_trace(struct capture *c)
{
	return trace_store_version(c->head, c->state.go_version, sizeof c->state.go_version);
}

static bool is_goroutines(struct capture *c)
{
	static const char words[TRACE_HEADER_SIZE] = "goroutine profil"; /* "...e: total 12" */
	return memcmp(c->head, words, sizeof words) == 0;
}

static bool (*const is_kind[CAPTURE_KINDS])(struct capture *c) = {
	[CAPTURE_KIND_TRACE] = is_trace,
	[CAPTURE_KIND_FLIGHT] = is_trace,
	[CAPTURE_KIND_GOROUTINES] = is_goroutines,
	[CAPTURE_KIND_SAMPLED] = is_trace,
};

static bool check_head(struct capture *c, const void *data, size_t size)
{
	size_t room = sizeof c->head - c->head_size, n = size < room ? size : room;
	memcpy(c->head + c->head_size, data, n);
	c->head_size += n;
	if (n == 0 || c->head_size < sizeof c->head || is_kind[c->options.kind](c))
		return true;
	error_set(&c->error, STATUS_FAILED, "what the %s of %s sends is no %s", c->means->name, c->whom,
	          c->options.kind == CAPTURE_KIND_GOROUTINES ? "list of goroutines"
	                                                     : "Go execution trace");
	return false;
}

/* While the output holds us up: the target has to be looked at all the same, until it has given all
   that it has. */
static bool go_on(void *arg)
{
	struct capture *c = arg;
	return !capture_is_cancelled(c) && (c->state.ended_ns || capture_look(c));
}

void capture_begun(struct capture *c)
{
	c->state.started_ns = clock_monotonic_ns();
	c->wall_ns = clock_wall_ns();
	capture_lock_working(&c->among);
	tell(c, CAPTURE_RUNNING);
}

bool capture_bytes(struct capture *c, const void *data, size_t size)
{
	if (!check_head(c, data, size))
		return false;
	if (size > (uint64_t)c->options.bytes_max - c->state.bytes) {
		char bytes[24];
		text_bytes(bytes, sizeof bytes, c->options.bytes_max);
		error_set(&c->error, STATUS_FAILED, "the %s of %s sends more than a %s may hold (%s)",
		          c->means->name, c->whom, capture_noun(c), bytes);
		return false;
	}
	c->state.bytes += size;
	return capture_output_write(&c->output, data, size, &c->error) == STATUS_OK;
}

/* No more will come: takes the time, and says whether what came can be what was asked for. */
static enum status capture_ended(struct capture *c)
{
	c->state.ended_ns = clock_monotonic_ns();
	if (c->head_size < sizeof c->head)
		return error_set(&c->error, STATUS_FAILED, "the %s of %s sent an empty %s", c->means->name,
		                 c->whom, capture_noun(c));
	return STATUS_OK;
}

/* --- the thread ------------------------------------------------------------------------------ */

/* Nobody could even be asked. */
static enum status say_no_way(struct capture *c)
{
	static const char *const because[] = {
		[TARGET_PROCESS] = "the program's agent has it",
		[TARGET_URL] = "net/http/pprof has none; the program's agent has, where it runs (schedtop "
					   "-p PID)",
		[TARGET_TEXT] = "a text can't be asked for one; the process that writes it can (schedtop "
						"-p PID)",
	};
	return error_set(&c->error, STATUS_NO_TARGET, "no %s of %.200s: %s", capture_noun(c), c->whom,
	                 because[c->target.place]);
}

static enum status find_means(struct capture *c)
{
	struct error last = {0};
	for (const struct capture_means *const *means = all_means; *means; means++) {
		if (!((*means)->kinds & CAPTURE_BIT(c->options.kind)))
			continue;
		c->means = *means;
		c->state.means = c->means->name;
		c->error = (struct error){0};
		enum status status = c->means->find(c);
		if (status != STATUS_NO_TARGET || capture_is_cancelled(c))
			return status;
		if (c->error.text[0])
			last = c->error;
		c->means->finish(c);
		c->means = NULL;
		c->state.means = NULL;
	}
	if (!last.text[0])
		return say_no_way(c);
	c->error = last;
	return last.status;
}

/* A process that exits, or a person who cancels, needs no other reason. */
static enum status receive(struct capture *c)
{
	enum status status = c->means->receive(c);
	if (status == STATUS_FAILED && !capture_is_cancelled(c))
		capture_output_blame(&c->output, &c->error);
	return status;
}

static enum status save(struct capture *c)
{
	const char *program = c->target.program[0] ? c->target.program : c->program;
	if (!c->state.go_version[0])
		snprintf(c->state.go_version, sizeof c->state.go_version, "%s",
		         c->target.go_version[0] ? c->target.go_version : c->go_version);
	struct capture_name name = {
		.of = {.kind = (int)c->options.kind,
	           .program = program,
	           .go_version = c->state.go_version,
	           .pid = c->target.pid,
	           .where = c->target.where,
	           .wall_ns = c->wall_ns},
		.keep_files = c->options.keep_files,
		.keep_bytes = c->options.keep_bytes,
	};
	tell(c, CAPTURE_SAVING);
	enum status status = capture_output_save(&c->output, &name, &c->path, &c->error);
	if (status == STATUS_OK && c->path)
		text_clean(c->state.path, sizeof c->state.path, c->path, strlen(c->path));
	return status;
}

/* Where there is no place for a lock a person's capture goes on without: the agent has a lock of
   its own, and whoever asks knows what for. Nobody watches over an automatic one. */
static enum status claim(struct capture *c)
{
	bool unusable;
	int64_t pause_ns = c->options.automatic ? c->options.cooldown_ns : 0;
	enum status status =
		capture_lock_take(&c->among, &c->target, c->url, pause_ns, &unusable, &c->error);
	if (!unusable || c->options.automatic)
		return status;
	snprintf(c->state.note, sizeof c->state.note, "%.255s", c->error.text);
	c->error = (struct error){0};
	return STATUS_OK;
}

static enum status take(struct capture *c)
{
	const struct capture_options *o = &c->options;
	if (target_check(&c->target) == TARGET_EXITED)
		return error_set(&c->error, STATUS_EXITED, "%s has exited", c->whom);
	enum status status = claim(c);
	if (status == STATUS_OK)
		status = find_means(c);
	if (status == STATUS_OK)
		status = capture_output_open(&c->output, o->fd, c->file, c->directory, go_on, c, &c->error);
	if (status == STATUS_OK)
		status = receive(c);
	if (status == STATUS_OK)
		status = capture_ended(c);
	if (status == STATUS_OK && !capture_is_cancelled(c))
		status = save(c);
	return status;
}

static void *run(void *arg)
{
	struct capture *c = arg;
	tell(c, CAPTURE_ASKING);
	enum status status = take(c);
	/* Its connection ends here: that is how who sends learns that nobody waits any more. */
	if (c->means)
		c->means->finish(c);
	capture_output_finish(&c->output);
	capture_lock_release(&c->among);
	bool cancelled = capture_is_cancelled(c) && !c->path;
	if (cancelled)
		c->error = (struct error){0};
	else if (status != STATUS_OK)
		snprintf(c->state.text, sizeof c->state.text, "%.*s", (int)sizeof c->state.text - 1,
		         c->error.text);
	c->state.can_sample = c->options.kind == CAPTURE_KIND_TRACE && c->target.local &&
	                      (status == STATUS_NO_TARGET || status == STATUS_PERMISSION);
	tell(c, cancelled ? CAPTURE_CANCELLED : status == STATUS_OK ? CAPTURE_DONE : CAPTURE_FAILED);
	return NULL;
}

static void release(struct capture *c)
{
	pthread_mutex_destroy(&c->lock);
	free(c->file);
	free(c->directory);
	free(c->url);
	free(c->path);
	free(c);
}

static bool copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

/* NULL: no memory. */
static struct capture *make(const struct capture_options *options)
{
	struct capture *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->options = *options;
	c->target = options->target;
	c->state.kind = options->kind;
	c->state.duration_ns = options->duration_ns;
	c->among = CAPTURE_LOCK_NONE;
	c->output = CAPTURE_OUTPUT_NONE;
	if (c->options.bytes_max <= 0)
		c->options.bytes_max = CAPTURE_BYTES_MAX;
	pthread_mutex_init(&c->lock, NULL);
	if (!copy_text(&c->file, options->file) || !copy_text(&c->directory, options->directory) ||
	    !copy_text(&c->url, options->url)) {
		release(c);
		return NULL;
	}
	c->options.file = c->file;
	c->options.directory = c->directory;
	c->options.url = c->url;
	if (c->target.pid)
		snprintf(c->whom, sizeof c->whom, "process %d", (int)c->target.pid);
	else
		text_clean(c->whom, sizeof c->whom, c->target.where, strlen(c->target.where));
	return c;
}

enum status capture_start(struct capture **out, const struct capture_options *options,
                          struct error *error)
{
	struct capture *c = make(options);
	if (!c)
		return error_no_memory(error);
	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK) {
		release(c);
		return error_set(error, STATUS_FAILED, "libcurl does not start");
	}
	int failed = thread_start(&c->thread, run, c);
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
	if (c->wake)
		c->wake(c->wake_arg);
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
