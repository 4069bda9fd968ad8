#include "watch/job.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collect/capture.h"
#include "collect/trace_store.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/thread.h"
#include "watch/bundle.h"
#include "watch/exec.h"
#include "watch/manifest.h"

struct job {
	struct job_options options;
	char *url, *directory;
	pthread_t thread;
	pthread_mutex_t lock; /* of the two below */
	pthread_cond_t news;
	struct capture *capture; /* that can be cancelled; NULL: none */
	atomic_bool stop, hurry;

	/* The thread's own. */
	struct manifest_capture taken[CAPTURE_KINDS];
	int fd[CAPTURE_KINDS]; /* what was taken; -1: nothing */
	size_t n;              /* of both */
	char *build;           /* text; NULL: not known */
	struct recent_copy recent;
	int recording; /* of them; -1: not yet */
};

/* What shows best how it is now comes first, then what is about to be forgotten. */
static const enum capture_kind order[] = {CAPTURE_KIND_GOROUTINES, CAPTURE_KIND_FLIGHT,
                                          CAPTURE_KIND_TRACE, CAPTURE_KIND_SAMPLED};
_Static_assert(sizeof order / sizeof *order == CAPTURE_KINDS, "each kind has its turn");

static const char *const member_names[CAPTURE_KINDS] = {
	[CAPTURE_KIND_TRACE] = "capture.trace",
	[CAPTURE_KIND_FLIGHT] = "capture.flight.trace",
	[CAPTURE_KIND_GOROUTINES] = "goroutines.txt",
	[CAPTURE_KIND_SAMPLED] = "capture.sampled.trace",
};
static const char *const kind_words[CAPTURE_KINDS] = {
	[CAPTURE_KIND_TRACE] = "trace",
	[CAPTURE_KIND_FLIGHT] = "flight",
	[CAPTURE_KIND_GOROUTINES] = "goroutines",
	[CAPTURE_KIND_SAMPLED] = "sampled",
};

/* --- the captures ---------------------------------------------------------------------------- */

/* A file without a name, where the bundle will be, so that nothing is left whatever happens; where
   the file system can't do that, in memory. */
static int open_scratch(const struct job *j)
{
	char directory[PATH_MAX];
	int fd = -1;
	if (trace_store_directory(j->directory, directory, sizeof directory, NULL) == STATUS_OK)
		fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : memfd_create("schedtop-capture", MFD_CLOEXEC);
}

static void publish(struct job *j, struct capture *c)
{
	pthread_mutex_lock(&j->lock);
	j->capture = c;
	pthread_mutex_unlock(&j->lock);
	/* It may have been stopped a moment before there was anything to cancel. */
	if (c && atomic_load(&j->stop))
		capture_cancel(c);
}

static void log_capture(const struct job *j, const struct manifest_capture *taken)
{
	json_t *members = manifest_of_capture(taken);
	watch_log_event(j->options.log, taken->ok ? "captured" : "not-captured", members);
}

static bool was_taken(const struct job *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->taken[i].ok)
			return true;
	return false;
}

/* What was taken after all can't be had. */
static void give_up(struct manifest_capture *taken, int *fd, const char *why)
{
	taken->ok = false;
	snprintf(taken->why, sizeof taken->why, "%s", why);
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void take(struct job *j, enum capture_kind kind)
{
	struct error error = {0};
	struct capture *c = NULL;
	const char *path;
	struct manifest_capture *taken = &j->taken[j->n];
	int *fd = &j->fd[j->n++];
	*taken = (struct manifest_capture){.kind = kind_words[kind], .member = member_names[kind]};
	*fd = open_scratch(j);
	const struct capture_options options = {
		.kind = kind,
		.target = j->options.target,
		.url = j->url,
		.duration_ns = j->options.trace_ns,
		.automatic = true,
		/* What follows the first one belongs to it. */
		.cooldown_ns = was_taken(j) ? 0 : j->options.cooldown_ns,
		.bytes_max = j->options.capture_bytes,
		.fd = *fd,
		.directory = j->directory,
	};
	enum status status =
		*fd < 0 ? error_set(&error, STATUS_FAILED, "there is no room for it: %s", strerror(errno))
				: capture_start(&c, &options, &error);
	if (status == STATUS_OK) {
		publish(j, c);
		status = capture_wait(c, &taken->state, &path, &error);
		publish(j, NULL);
	}
	taken->ok = status == STATUS_OK && taken->state.phase == CAPTURE_DONE;
	if (!taken->ok)
		give_up(taken, fd, status == STATUS_OK ? "it was cancelled" : error.text);
	capture_destroy(c);
	log_capture(j, taken);
}

/* --- the time after -------------------------------------------------------------------------- */

static void wait_for_snapshots(struct job *j)
{
	int64_t end_ns = clock_monotonic_ns() + j->options.after_ns;
	pthread_mutex_lock(&j->lock);
	while (!atomic_load(&j->stop) && !atomic_load(&j->hurry) &&
	       thread_news_wait(&j->lock, &j->news, end_ns))
		;
	pthread_mutex_unlock(&j->lock);
}

/* --- the bundle ------------------------------------------------------------------------------ */

/* The snapshots around the moment, as a recording. */
static enum status record(struct job *j, struct error *error)
{
	if (j->recent.n == 0)
		return STATUS_OK;
	if (j->recording >= 0)
		close(j->recording);
	j->recording = open_scratch(j);
	return j->recording >= 0 ? recent_write(&j->recent, j->recording, error)
	                         : error_set(error, STATUS_FAILED, "there is no room for snapshots: %s",
	                                     strerror(errno));
}

/* Of who does not tell it the trace does. */
static const char *version_of(const struct job *j)
{
	const char *version = j->options.reason.go_version;
	for (size_t i = 0; i < j->n && !*version; i++)
		version = j->taken[i].state.go_version;
	return version;
}

/* With what was taken. */
static enum status write_bundle(struct job *j, char **path, uint64_t *bytes, struct error *error)
{
	const struct job_reason *reason = &j->options.reason;
	struct bundle_member member[3 + CAPTURE_KINDS];
	size_t n = 0;
	const struct manifest about = {.reason = reason,
	                               .target = &j->options.target,
	                               .recent = &j->recent,
	                               .build = j->build,
	                               .taken = j->taken,
	                               .n = j->n};
	char *manifest = manifest_encode(&about);
	if (!manifest)
		return error_no_memory(error);
	member[n++] = (struct bundle_member){BUNDLE_MANIFEST, manifest, strlen(manifest), -1};
	if (j->recent.n > 0)
		member[n++] = (struct bundle_member){BUNDLE_SNAPSHOTS, NULL, 0, j->recording};
	if (j->build)
		member[n++] = (struct bundle_member){BUNDLE_BUILD, j->build, strlen(j->build), -1};
	for (size_t i = 0; i < j->n; i++)
		if (j->fd[i] >= 0)
			member[n++] = (struct bundle_member){j->taken[i].member, NULL, 0, j->fd[i]};
	const struct bundle_options options = {
		.directory = j->directory,
		.program = reason->program,
		.go_version = version_of(j),
		.pid = j->options.target.pid,
		.where = j->options.target.where,
		.wall_ns = reason->wall_ns,
		.keep_files = j->options.keep_files,
		.keep_bytes = j->options.keep_bytes,
	};
	enum status status = bundle_write(&options, member, n, path, bytes, error);
	free(manifest);
	return status;
}

/* Where there is no room for all of it: the captures, which lie beside it until then, are most of
   it, and what is left tells why there are none. */
static bool lighten(struct job *j, const char *why)
{
	bool lighter = false;
	for (size_t i = 0; i < j->n; i++) {
		if (j->fd[i] < 0)
			continue;
		give_up(&j->taken[i], &j->fd[i], why);
		log_capture(j, &j->taken[i]);
		lighter = true;
	}
	return lighter;
}

static enum status save(struct job *j, char **path, struct error *error)
{
	uint64_t bytes = 0;
	int64_t from_ns = j->options.reason.at_ns - j->options.before_ns;
	*path = NULL;
	if (!j->options.take_recent(from_ns, &j->recent, j->options.arg))
		return error_no_memory(error);
	enum status status = record(j, error);
	if (status == STATUS_OK)
		status = write_bundle(j, path, &bytes, error);
	if (status != STATUS_OK && lighten(j, error->text)) {
		*error = (struct error){0};
		status = record(j, error);
		if (status == STATUS_OK)
			status = write_bundle(j, path, &bytes, error);
	}
	if (status != STATUS_OK)
		return status;
	/* A command may stand elsewhere. */
	char *real = realpath(*path, NULL);
	if (real) {
		free(*path);
		*path = real;
	}
	watch_log_event(j->options.log, "saved",
	                json_pack("{s:o, s:I, s:I}", "bundle", watch_log_text(*path), "bytes",
	                          (json_int_t)bytes, "snapshots", (json_int_t)j->recent.n));
	return STATUS_OK;
}

/* --- the command ----------------------------------------------------------------------------- */

static void on_line(const char *line, void *arg)
{
	const struct job *j = arg;
	watch_log_event(j->options.log, "output", json_pack("{s:o}", "line", watch_log_text(line)));
}

static void run_command(struct job *j, const char *path)
{
	struct job_reason *reason = &j->options.reason;
	char *argv[RULE_WORDS_MAX + 1], shown[96];
	struct error error = {0};
	struct exec_result result;
	rule_command(&reason->rule, argv);
	text_clean(shown, sizeof shown, argv[0], strlen(argv[0]));
	char *variables[EXEC_VARIABLES_MAX] = {0};
	size_t n = 0;
	const struct {
		const char *name, *value;
	} strings[] = {
		{"SCHEDTOP_BUNDLE", path},
		{"SCHEDTOP_RULE", reason->rule.text},
		{"SCHEDTOP_VALUE", reason->value},
		{"SCHEDTOP_PROGRAM", reason->program},
	};
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		if (asprintf(&variables[n], "%s=%s", strings[i].name, strings[i].value) >= 0)
			n++;
	const struct target *target = &j->options.target;
	if ((target->pid > 0 ? asprintf(&variables[n], "SCHEDTOP_PID=%d", (int)target->pid)
	                     : asprintf(&variables[n], "SCHEDTOP_WHERE=%s", target->where)) >= 0)
		n++;
	variables[n] = NULL;
	const struct exec_options options = {
		.argv = argv,
		.variables = variables,
		.limit_ns = j->options.exec_ns,
		.stop = &j->stop,
		.line = on_line,
		.arg = j,
	};
	if (exec_run(&options, &result, &error) != STATUS_OK)
		watch_log_event(j->options.log, "failed",
		                json_pack("{s:o}", "why", watch_log_text(error.text)));
	else
		watch_log_event(j->options.log, "ran",
		                json_pack("{s:o, s:i, s:b, s:i}", "command", watch_log_text(shown),
		                          "status", result.status, "killed", result.killed, "lines_lost",
		                          (int)result.lines_lost));
	for (size_t i = 0; i < n; i++)
		free(variables[i]);
}

/* --- the thread ------------------------------------------------------------------------------ */

/* Where the bundle is, or why there is none; and what is not in it. */
static void tell_outcome(const struct job *j, const char *said, char *to, size_t size)
{
	text_clean(to, size, said, strlen(said));
	for (size_t i = 0; i < j->n; i++) {
		size_t used = strlen(to);
		if (!j->taken[i].ok)
			snprintf(to + used, size - used, ", without %s: %s", j->taken[i].kind, j->taken[i].why);
	}
}

static void *run(void *arg)
{
	struct job *j = arg;
	char *path = NULL, outcome[512];
	struct error error = {0};
	/* First, for a process in trouble may not live long. */
	target_build(&j->options.target, &j->build, NULL);
	for (size_t i = 0; i < CAPTURE_KINDS && !atomic_load(&j->stop); i++)
		if (j->options.reason.rule.kinds >> order[i] & 1)
			take(j, order[i]);
	if (!atomic_load(&j->stop))
		wait_for_snapshots(j);
	/* Also when it was stopped: a rule was broken, and often that is why somebody restarts things.
	 */
	bool saved = save(j, &path, &error) == STATUS_OK && path;
	if (!saved)
		watch_log_event(j->options.log, "failed",
		                json_pack("{s:o}", "why", watch_log_text(error.text)));
	if (saved && j->options.reason.rule.words && !atomic_load(&j->stop))
		run_command(j, path);
	tell_outcome(j, saved ? path : error.text, outcome, sizeof outcome);
	j->options.done(saved, outcome, j->options.arg);
	free(path);
	return NULL;
}

static void release(struct job *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->fd[i] >= 0)
			close(j->fd[i]);
	free(j->build);
	if (j->recording >= 0)
		close(j->recording);
	recent_copy_finish(&j->recent);
	free(j->url);
	free(j->directory);
	pthread_cond_destroy(&j->news);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

enum status job_start(struct job **out, const struct job_options *options, struct error *error)
{
	struct job *j = calloc(1, sizeof *j);
	if (!j || !thread_news_init(&j->lock, &j->news)) {
		free(j);
		return error_no_memory(error);
	}
	j->options = *options;
	j->recording = -1;
	j->url = options->url ? strdup(options->url) : NULL;
	j->directory = options->directory ? strdup(options->directory) : NULL;
	if ((options->url && !j->url) || (options->directory && !j->directory)) {
		release(j);
		return error_no_memory(error);
	}
	int failed = thread_start(&j->thread, run, j);
	if (failed) {
		release(j);
		return error_set(error, STATUS_FAILED, "no thread for it: %s", strerror(failed));
	}
	*out = j;
	return STATUS_OK;
}

void job_hurry(struct job *j)
{
	pthread_mutex_lock(&j->lock);
	atomic_store(&j->hurry, true);
	pthread_cond_signal(&j->news);
	pthread_mutex_unlock(&j->lock);
}

/* There is no more to wait for: a capture that runs is cancelled, what is there is saved. */
static void job_stop(struct job *j)
{
	pthread_mutex_lock(&j->lock);
	atomic_store(&j->stop, true);
	if (j->capture)
		capture_cancel(j->capture);
	pthread_cond_signal(&j->news);
	pthread_mutex_unlock(&j->lock);
}

void job_destroy(struct job *j)
{
	if (!j)
		return;
	job_stop(j);
	pthread_join(j->thread, NULL);
	release(j);
}
