#include "browse/load.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "util/clock.h"

enum { WAKE_EVERY_NS = 100 * 1000 * 1000, BLOCKS_A_LOOK = 16 };

struct load {
	struct load_options options;
	struct input input;
	pthread_t thread;
	bool running;
	atomic_bool cancelled;
	/* Who draws goes before: the reader takes `turn` for each block, and he who draws holds it
	   while he waits for `lock`. */
	pthread_mutex_t turn, lock;

	/* Under the lock. */
	struct analysis analysis;
	struct trace_summary summary;
	struct trace_data data;
	enum status status; /* of the reading */
	struct error error;

	/* Of the thread that shows. */
	struct trace_visitor inner;
	uint64_t blocks;
	int64_t woken_ns;
};

/* --- the lock ------------------------------------------------------------------------------- */

static void enter(struct load *load)
{
	pthread_mutex_lock(&load->turn);
	pthread_mutex_lock(&load->lock);
	pthread_mutex_unlock(&load->turn);
}

static void leave(struct load *load)
{
	pthread_mutex_unlock(&load->lock);
}

const struct trace_data *load_lock(struct load *load)
{
	enter(load);
	return &load->data;
}

void load_unlock(struct load *load)
{
	leave(load);
}

/* --- the visitor around all others ---------------------------------------------------------- */

static void wake_now_and_then(struct load *load)
{
	if (load->blocks++ % BLOCKS_A_LOOK)
		return;
	int64_t now = clock_monotonic_ns();
	if (now - load->woken_ns < WAKE_EVERY_NS)
		return;
	load->woken_ns = now;
	load->options.wake(load->options.arg);
}

static void note_span(struct load *load, const struct trace_block *block)
{
	struct trace_data *data = &load->data;
	if (block->events == 0)
		return;
	if (data->last_ns == data->first_ns)
		data->first_ns = block->event[0].time_ns;
	data->last_ns = block->event[block->events - 1].time_ns;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct load *load = self;
	if (atomic_load(&load->cancelled))
		return false;
	enter(load);
	note_span(load, block);
	bool ok = load->inner.events(load->inner.self, block);
	leave(load);
	wake_now_and_then(load);
	return ok;
}

static bool on_generation_end(void *self, const struct trace_block *block)
{
	struct load *load = self;
	enter(load);
	bool ok = load->inner.generation_end(load->inner.self, block);
	leave(load);
	return ok;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct load *load = self;
	enter(load);
	load->inner.gap(load->inner.self, time_ns);
	leave(load);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct load *load = self;
	enter(load);
	load->inner.end(load->inner.self, block, time_ns);
	leave(load);
}

static struct trace_visitor wrap(void *self, const struct trace_visitor *inner)
{
	struct load *load = self;
	load->inner = *inner;
	leave(load); /* read_trace entered */
	return (struct trace_visitor){.self = load,
	                              .events = on_events,
	                              .generation_end = on_generation_end,
	                              .gap = on_gap,
	                              .end = on_end};
}

/* --- the reading ---------------------------------------------------------------------------- */

/* Called by the thread that writes the summary. */
static void on_progress(void *self, uint64_t done, uint64_t size)
{
	struct load *load = self;
	enter(load);
	load->summary = load->analysis.summary;
	load->data.progress = size ? (double)done / (double)size : -1;
	leave(load);
}

static void *read_trace(void *self)
{
	struct load *load = self;
	struct error error = {0};
	enter(load); /* until the analyses are prepared */
	enum status status = analysis_read_input(&load->analysis, &load->input, load->options.path,
	                                         &load->options.analysis, &error);
	enter(load);
	load->status = status;
	load->error = error;
	load->summary = load->analysis.summary;
	load->data.loading = false;
	load->data.progress = 1;
	leave(load);
	load->options.wake(load->options.arg);
	return NULL;
}

/* Signals are for the thread of the screen. */
enum status load_start(struct load *load, struct error *error)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	load->running = pthread_create(&load->thread, NULL, read_trace, load) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return load->running ? STATUS_OK
	                     : error_set(error, STATUS_FAILED, "no thread can be started to read it");
}

enum status load_create(struct load **out, const struct load_options *options, struct error *error)
{
	struct load *load = calloc(1, sizeof *load);
	*out = NULL;
	if (!load)
		return error_no_memory(error);
	pthread_mutex_init(&load->turn, NULL);
	pthread_mutex_init(&load->lock, NULL);
	load->options = *options;
	load->options.analysis.kinds = REPORT_ALL;
	load->options.analysis.progress = (struct trace_progress){on_progress, load};
	load->options.analysis.wrap = wrap;
	load->options.analysis.wrap_self = load;
	load->data = (struct trace_data){.path = options->path,
	                                 .analysis = &load->analysis,
	                                 .summary = &load->summary,
	                                 .loading = true,
	                                 .progress = -1};
	enum status status = analysis_open(&load->input, options->path, error);
	if (status != STATUS_OK) {
		load_destroy(load);
		return status;
	}
	*out = load;
	return STATUS_OK;
}

void load_destroy(struct load *load)
{
	if (!load)
		return;
	atomic_store(&load->cancelled, true);
	if (load->running)
		pthread_join(load->thread, NULL);
	analysis_finish(&load->analysis);
	input_finish(&load->input);
	pthread_mutex_destroy(&load->turn);
	pthread_mutex_destroy(&load->lock);
	free(load);
}

enum status load_verdict(struct load *load, struct error *error)
{
	enum status status = STATUS_OK;
	enter(load);
	if (!load->data.loading) {
		status = load->status;
		if (status == STATUS_OK)
			status = analysis_verdict(&load->analysis, error);
		else
			*error = load->error;
	}
	leave(load);
	return status;
}
