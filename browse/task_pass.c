#include "browse/task_pass.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "trace/reader.h"
#include "util/clock.h"
#include "util/thread.h"

enum { WAKE_EVERY_NS = 100 * 1000 * 1000 };

enum { VISITORS = 2 };

struct task_pass {
	struct task_pass_options options;
	pthread_t thread;
	bool running;
	atomic_bool cancelled;
	/* Who draws goes before, see load.c. */
	pthread_mutex_t turn, lock;

	/* Under the lock. */
	struct names names;
	struct stacks stacks;
	struct task_story story;
	struct tasks tasks;
	bool reading;
	double progress;
	struct error error;

	/* Of the thread that shows. */
	struct trace_visitor visitor[VISITORS];
	int64_t woken_ns;
};

static void enter(struct task_pass *pass)
{
	pthread_mutex_lock(&pass->turn);
	pthread_mutex_lock(&pass->lock);
	pthread_mutex_unlock(&pass->turn);
}

/* --- the visitor around the two ------------------------------------------------------------- */

static bool on_events(void *self, const struct trace_block *block)
{
	struct task_pass *pass = self;
	bool ok = !atomic_load(&pass->cancelled);
	enter(pass);
	for (size_t i = 0; i < VISITORS && ok; i++)
		ok = pass->visitor[i].events(pass->visitor[i].self, block);
	pthread_mutex_unlock(&pass->lock);
	return ok;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct task_pass *pass = self;
	enter(pass);
	for (size_t i = 0; i < VISITORS; i++)
		pass->visitor[i].gap(pass->visitor[i].self, time_ns);
	pthread_mutex_unlock(&pass->lock);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct task_pass *pass = self;
	enter(pass);
	for (size_t i = 0; i < VISITORS; i++)
		pass->visitor[i].end(pass->visitor[i].self, block, time_ns);
	pthread_mutex_unlock(&pass->lock);
}

/* --- the reading ---------------------------------------------------------------------------- */

static void on_progress(void *self, uint64_t done, uint64_t size)
{
	struct task_pass *pass = self;
	enter(pass);
	pass->progress = size ? (double)done / (double)size : -1;
	pthread_mutex_unlock(&pass->lock);
	int64_t now = clock_monotonic_ns();
	if (now - pass->woken_ns < WAKE_EVERY_NS)
		return;
	pass->woken_ns = now;
	pass->options.wake(pass->options.arg);
}

static enum status read_all(struct task_pass *pass, struct error *error)
{
	struct input in;
	struct trace_summary summary;
	const struct trace_visitor visitor = {.self = pass,
	                                      .events = on_events,
	                                      .gap = on_gap,
	                                      .end = on_end};
	const struct trace_options options = {.names = &pass->names, .progress = {on_progress, pass}};
	enum status status = input_open(&in, pass->options.path, error);
	if (status != STATUS_OK)
		return status;
	in.stop = &pass->cancelled;
	status = trace_read(&in, &options, &visitor, 1, &summary, error);
	input_finish(&in);
	/* What was read before the damage is there to be told, and the header tells of the damage. */
	return status == STATUS_DAMAGED && summary.damages ? STATUS_OK : status;
}

static void *read_trace(void *self)
{
	struct task_pass *pass = self;
	struct error error = {0};
	enum status status = read_all(pass, &error);
	enter(pass);
	pass->reading = false;
	pass->progress = 1;
	if (status != STATUS_OK)
		pass->error = error;
	pthread_mutex_unlock(&pass->lock);
	pass->options.wake(pass->options.arg);
	return NULL;
}

static bool start(struct task_pass *pass)
{
	pass->running = thread_start(&pass->thread, read_trace, pass) == 0;
	return pass->running;
}

struct task_pass *task_pass_create(const struct task_pass_options *options)
{
	struct task_pass *pass = calloc(1, sizeof *pass);
	if (!pass)
		return NULL;
	pthread_mutex_init(&pass->turn, NULL);
	pthread_mutex_init(&pass->lock, NULL);
	pass->options = *options;
	pass->options.path = strdup(options->path);
	pass->story.id = pass->tasks.filter.id = options->task;
	pass->tasks.stacks = &pass->stacks;
	pass->visitor[0] = task_story_visitor(&pass->story);
	pass->visitor[1] = tasks_visitor(&pass->tasks);
	pass->reading = true;
	pass->progress = -1;
	if (pass->options.path && start(pass))
		return pass;
	task_pass_destroy(pass);
	return NULL;
}

void task_pass_destroy(struct task_pass *pass)
{
	if (!pass)
		return;
	atomic_store(&pass->cancelled, true);
	if (pass->running)
		pthread_join(pass->thread, NULL);
	task_story_finish(&pass->story);
	tasks_finish(&pass->tasks);
	stacks_finish(&pass->stacks);
	names_finish(&pass->names);
	pthread_mutex_destroy(&pass->turn);
	pthread_mutex_destroy(&pass->lock);
	free((char *)(uintptr_t)pass->options.path);
	free(pass);
}

/* --- for who draws -------------------------------------------------------------------------- */

/* The only task that is wanted. */
static const struct task_instance *instance_of(const struct tasks *tasks)
{
	for (size_t i = 0; i < tasks->types; i++)
		if (tasks->type[i].kept)
			return tasks->type[i].slowest[0];
	return NULL;
}

struct task_report task_pass_lock(struct task_pass *pass)
{
	enter(pass);
	return (struct task_report){
		.story = &pass->story,
		.instance = instance_of(&pass->tasks),
		.reasons = &pass->tasks.reasons,
		.names = &pass->names,
		.reading = pass->reading,
		.progress = pass->progress,
		.problem = pass->error.text[0] ? pass->error.text : NULL,
	};
}

void task_pass_unlock(struct task_pass *pass)
{
	pthread_mutex_unlock(&pass->lock);
}
