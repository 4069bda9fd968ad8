/*
 * What the runtime itself prints with GODEBUG=schedtrace. Of a program that is known by its text
 * alone, each print becomes a snapshot, when it comes, and is told once; beside a process, the
 * newest print is told until it is too old to be true.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "collect/source.h"
#include "collect/tail.h"
#include "util/clock.h"
#include "util/text.h"

#define SOON_MS    5  /* to the next look at a text that has just told something */
#define QUIET_MS   50 /* else */
#define AT_ONCE    16 /* pieces, before others on the loop have their turn */
#define PACE       32 /* snapshots, likewise: who takes them from the feed keeps up */
#define OLD        3  /* intervals, until the newest print is none of now */
#define OLD_MIN_NS (2 * NS_PER_S)
#define PATIENCE   2 /* intervals without a line, until that is told */
#define PERIOD_NS  NS_PER_S

struct schedtrace_source {
	struct source base;
	struct tail *tail;
	uv_timer_t timer;
	char where[512];
	bool alone; /* nothing else is known of the target */
	bool closing, ended;
	struct error failure;
	struct snapshot *newest; /* NULL: none yet, or it was taken */
	int64_t opened_ns, arrived_ns;
	int64_t own_ns; /* of the newest print, by the program's clock */
	int paced;      /* snapshots since the loop had its turn */
	bool silence_told;
	struct lane_sink *sink; /* the collector's; NULL: it wants no samples */
	void (*closed)(void *arg);
	void *arg;
};

/* --- opening -------------------------------------------------------------------------------- */

/* The target's standard error can be followed when it is a file. What else it may be has a reader
   of its own, which could print it as well. */
static enum status check_stderr(pid_t pid, const char *path, struct error *error)
{
	static const struct {
		mode_t type;
		const char *what;
	} kinds[] = {
		{S_IFIFO, "a pipe, which only its reader can read: put schedtop there (PROG 2>&1 | "
	              "schedtop --schedtrace -), or send it to a file"},
		{S_IFSOCK, "a socket, as of the journal: journalctl -f -o cat _PID=%d | schedtop "
	               "--schedtrace - reads from there"},
		{S_IFCHR, "a terminal or a device, which can't be read back: send it to a file"},
	};
	struct stat info;
	char advice[200];
	if (stat(path, &info) != 0)
		return error_set(error, errno == EACCES ? STATUS_PERMISSION : STATUS_NO_TARGET,
		                 "the standard error of process %d can't be looked at: %s", (int)pid,
		                 errno == ENOENT ? "it is closed" : strerror(errno));
	if (S_ISREG(info.st_mode))
		return STATUS_OK;
	if (S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3))
		return error_set(error, STATUS_NO_TARGET,
		                 "the standard error of process %d goes to /dev/null: send it to a file",
		                 (int)pid);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if ((info.st_mode & S_IFMT) == kinds[i].type) {
			const char *at = strstr(kinds[i].what, "%d");
			if (at)
				snprintf(advice, sizeof advice, "%.*s%d%s", (int)(at - kinds[i].what),
				         kinds[i].what, (int)pid, at + 2);
			else
				snprintf(advice, sizeof advice, "%s", kinds[i].what);
			return error_set(error, STATUS_NO_TARGET, "the standard error of process %d is %s",
			                 (int)pid, advice);
		}
	return error_set(error, STATUS_NO_TARGET, "the standard error of process %d is no file",
	                 (int)pid);
}

static void on_snapshot(struct snapshot *s, void *arg)
{
	struct schedtrace_source *source = arg;
	snapshot_unref(source->newest);
	source->newest = s;
	source->arrived_ns = clock_monotonic_ns();
	source->paced++;
	if (source->sink)
		lane_sink_add_rows(source->sink, s);
	source->own_ns = s->sched.value[SCHED_TRACE_MS] * NS_PER_MS;
	if (source->base.ready)
		source->base.ready(source->own_ns, source->base.ready_arg);
}

static void on_timer(uv_timer_t *timer);

static void wait_for_more(struct schedtrace_source *source, uint64_t ms)
{
	if (!source->closing)
		uv_timer_start(&source->timer, on_timer, ms, 0);
}

/* That nothing comes is worth a snapshot of its own, once. */
static bool is_silent(const struct schedtrace_source *source)
{
	return tail_count(source->tail) == 0 &&
	       clock_monotonic_ns() - source->opened_ns > PATIENCE * NS_PER_S;
}

static void on_timer(uv_timer_t *timer)
{
	struct schedtrace_source *source = timer->data;
	enum tail_news news = TAIL_MORE;
	source->paced = 0;
	for (int i = 0; i < AT_ONCE && news == TAIL_MORE && source->paced < PACE && !source->closing;
	     i++)
		news = tail_read(source->tail, &source->failure);
	if (source->closing)
		return;
	source->ended = news == TAIL_ENDED;
	bool silent = source->alone && !source->silence_told && is_silent(source);
	source->silence_told |= silent;
	if (!source->ended)
		wait_for_more(source, news == TAIL_MORE ? SOON_MS : QUIET_MS);
	if ((silent || (source->ended && source->alone)) && source->base.ready)
		source->base.ready(source->own_ns, source->base.ready_arg);
}

static enum status schedtrace_open(struct source **out, const struct target *target,
                                   uv_loop_t *loop, struct error *error)
{
	char path[64];
	struct schedtrace_source *source = calloc(1, sizeof *source);
	if (!source)
		return error_no_memory(error);
	source->base.ops = &source_schedtrace;
	source->alone = target->place == TARGET_TEXT;
	source->opened_ns = clock_monotonic_ns();
	struct tail_options options = {
		.path = target->text,
		.past = source->alone ? TAIL_PAST_SOME : TAIL_PAST_NONE,
		.follow = true,
		.snapshot = on_snapshot,
		.arg = source,
	};
	enum status status = STATUS_OK;
	if (!options.path) {
		snprintf(path, sizeof path, "/proc/%d/fd/2", (int)target->pid);
		status = check_stderr(target->pid, path, error);
		options.path = path;
		snprintf(source->where, sizeof source->where, "the standard error of process %d",
		         (int)target->pid);
	} else if (source->alone) {
		snprintf(source->where, sizeof source->where, "%s", target->where);
	} else {
		text_clean(source->where, sizeof source->where, target->text, strlen(target->text));
	}
	if (status == STATUS_OK)
		status = tail_open(&source->tail, &options, error);
	if (status != STATUS_OK) {
		free(source);
		return status;
	}
	uv_timer_init(loop, &source->timer);
	source->timer.data = source;
	wait_for_more(source, 0);
	*out = &source->base;
	return STATUS_OK;
}

static void on_closed(uv_handle_t *handle)
{
	struct schedtrace_source *source = handle->data;
	tail_close(source->tail);
	snapshot_unref(source->newest);
	source->closed(source->arg);
	free(source);
}

static void schedtrace_close(struct source *base, void (*closed)(void *arg), void *arg)
{
	struct schedtrace_source *source = (struct schedtrace_source *)base;
	source->closing = true;
	source->closed = closed;
	source->arg = arg;
	uv_close((uv_handle_t *)&source->timer, on_closed);
}

/* --- telling -------------------------------------------------------------------------------- */

/* The prints bring the samples. */
static enum status schedtrace_sample(struct source *base, struct lane_sink *sink,
                                     struct error *error)
{
	(void)error;
	((struct schedtrace_source *)base)->sink = sink;
	return STATUS_OK;
}

static enum status give(const struct snapshot *from, struct snapshot *s, struct error *error)
{
	if (snapshot_reserve(s, from->np, from->nm) != STATUS_OK)
		return error_no_memory(error);
	s->sched = from->sched;
	s->sched_at = from->sched_at;
	if (s->np)
		memcpy(s->p, from->p, s->np * sizeof *s->p);
	if (s->nm)
		memcpy(s->m, from->m, s->nm * sizeof *s->m);
	if (!s->goroutines && from->goroutines) {
		s->goroutines = goroutine_set_ref(from->goroutines);
		s->goroutines_at = from->goroutines_at;
	}
	return STATUS_OK;
}

static enum status tell_silence(const struct schedtrace_source *source, int64_t waited_ns,
                                struct error *error)
{
	char text[sizeof error->text];
	tail_explain_silence(source->where, waited_ns, text, sizeof text);
	return error_set(error, STATUS_FAILED, "%s", text);
}

static enum status fill_alone(struct schedtrace_source *source, struct snapshot *s,
                              struct error *error)
{
	struct snapshot *newest = source->newest;
	if (newest) {
		source->newest = NULL;
		s->interval_ns = newest->interval_ns > 0 ? newest->interval_ns : s->interval_ns;
		s->life = newest->life;
		enum status status = give(newest, s, error);
		snapshot_unref(newest);
		return status;
	}
	if (source->failure.text[0])
		return error_set(error, STATUS_EXITED, "%s", source->failure.text);
	if (source->ended && tail_count(source->tail) > 0)
		return error_set(error, STATUS_EXITED, "%.200s has ended", source->where);
	if (source->ended) {
		char text[sizeof error->text];
		tail_explain_silence(source->where, 0, text, sizeof text);
		return error_set(error, STATUS_EXITED, "%s", text);
	}
	return is_silent(source) ? tell_silence(source, PATIENCE * NS_PER_S, error) : STATUS_OK;
}

/* Others have told better, or the newest print is told once more, with its age. */
static enum status fill_beside(const struct schedtrace_source *source, struct snapshot *s,
                               struct error *error)
{
	const struct snapshot *newest = source->newest;
	int64_t now_ns = clock_monotonic_ns(), silent_ns = PATIENCE * s->interval_ns;
	if (source->failure.text[0])
		return error_set(error, STATUS_FAILED, "%s", source->failure.text);
	if (!newest)
		return now_ns - source->opened_ns > silent_ns ? tell_silence(source, silent_ns, error)
		                                              : STATUS_OK;
	int64_t old_ns = OLD * newest->interval_ns;
	if (old_ns < OLD * s->interval_ns)
		old_ns = OLD * s->interval_ns;
	if (old_ns < OLD_MIN_NS)
		old_ns = OLD_MIN_NS;
	if (now_ns - source->arrived_ns > old_ns)
		return tell_silence(source, old_ns, error);
	return s->sched_at.origin == ORIGIN_NONE ? give(newest, s, error) : STATUS_OK;
}

static enum status schedtrace_fill(struct source *base, struct snapshot *s, struct error *error)
{
	struct schedtrace_source *source = (struct schedtrace_source *)base;
	return source->alone ? fill_alone(source, s, error) : fill_beside(source, s, error);
}

const struct source_ops source_schedtrace = {
	.name = "schedtrace",
	.origin = ORIGIN_SCHEDTRACE,
	.sample_period_ns = PERIOD_NS,
	.open = schedtrace_open,
	.close = schedtrace_close,
	.sample = schedtrace_sample,
	.fill = schedtrace_fill,
};
