#include "browse/load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "browse/assists.h"
#include "browse/leaders.h"
#include "browse/timeline_source.h"
#include "doctor/trace_doctor.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/thread.h"

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
	struct extra extra;
	struct leaders leaders;
	struct assists assists;
	struct trace_doctor *doctor; /* NULL: nobody looks for findings */
	struct findings findings;
	struct window_member member[EXTRA_MEMBERS + 1];
	struct trace_summary summary;
	struct trace_data data;
	enum status status; /* of the reading */
	struct error error;

	/* Of the thread that shows. */
	struct trace_visitor visitor[2]; /* the analyses, and the index of the timeline */
	size_t visitors;
	uint64_t blocks;
	int64_t woken_ns;
	bool begun; /* an event was seen */
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
	if (!load->begun)
		data->first_ns = block->event[0].time_ns;
	data->last_ns = block->event[block->events - 1].time_ns;
	load->begun = true;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct load *load = self;
	bool ok = !atomic_load(&load->cancelled);
	enter(load);
	note_span(load, block);
	for (size_t i = 0; i < load->visitors && ok; i++)
		ok = load->visitor[i].events(load->visitor[i].self, block);
	leave(load);
	wake_now_and_then(load);
	return ok;
}

static bool on_generation_end(void *self, const struct trace_block *block)
{
	struct load *load = self;
	bool ok = !atomic_load(&load->cancelled);
	enter(load);
	for (size_t i = 0; i < load->visitors && ok; i++)
		ok = load->visitor[i].generation_end(load->visitor[i].self, block);
	leave(load);
	return ok;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct load *load = self;
	enter(load);
	for (size_t i = 0; i < load->visitors; i++)
		load->visitor[i].gap(load->visitor[i].self, time_ns);
	leave(load);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct load *load = self;
	enter(load);
	for (size_t i = 0; i < load->visitors; i++)
		load->visitor[i].end(load->visitor[i].self, block, time_ns);
	leave(load);
}

static struct trace_visitor wrap(void *self, const struct trace_visitor *inner)
{
	struct load *load = self;
	load->visitor[load->visitors++] = *inner;
	/* It sees the whole trace, whatever part of it is counted. */
	if (load->data.timeline)
		load->visitor[load->visitors++] = timeline_source_visitor(load->data.timeline);
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

/* What the rules have seen by now is all there is. */
static void examine(struct load *load)
{
	if (!load->doctor)
		return;
	if (trace_doctor_conclude(load->doctor, &load->findings))
		load->data.findings = &load->findings;
	else
		load->status = error_no_memory(&load->error);
	trace_doctor_destroy(load->doctor);
	load->doctor = NULL;
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
	if (status == STATUS_OK)
		examine(load);
	if (load->status != STATUS_OK)
		load->data.failure = load->error.text;
	leave(load);
	load->options.wake(load->options.arg);
	return NULL;
}

enum status load_start(struct load *load, struct error *error)
{
	load->running = thread_start(&load->thread, read_trace, load) == 0;
	return load->running ? STATUS_OK
	                     : error_set(error, STATUS_FAILED, "no thread can be started to read it");
}

/* Exact spans come from reading parts again; and who opens a pipe waits for its writer. */
static enum status check_file(const char *path, struct error *error)
{
	struct stat st;
	char shown[256];
	text_clean(shown, sizeof shown, path, strlen(path));
	if (strcmp(path, "-") != 0 &&
	    (stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return STATUS_OK; /* or analysis_open tells */
	return error_set(
		error, STATUS_USAGE,
		"%s can't be browsed, because it can be read but once: save it to a file first, "
		"or see what schedtop stat tells",
		strcmp(path, "-") == 0 ? "standard input" : shown);
}

/* Whoever asks for one goroutine or for some tasks has taken away what rules compare with. false:
   no memory. */
static bool want_findings(struct load *load)
{
	struct analysis_options *o = &load->options.analysis;
	struct limits_set limits;
	limits_init(&limits);
	if (o->goroutine || o->task.id || o->task.type || o->task.trace_id)
		return true;
	load->doctor =
		trace_doctor_create(&load->analysis, load->options.limits ? load->options.limits : &limits);
	if (!load->doctor)
		return false;
	o->spells = trace_doctor_spells(load->doctor);
	return true;
}

static bool want_all(struct load *load)
{
	struct analysis_options *o = &load->options.analysis;
	o->kinds = REPORT_ALL;
	o->task_rows = true;
	extra_init(&load->extra, &load->analysis.stacks, o->goroutine);
	extra_members(&load->extra, load->member);
	load->assists.goroutines = &load->analysis.goroutines;
	load->member[EXTRA_MEMBERS] =
		(struct window_member){assists_visitor(&load->assists), assists_restart};
	o->also = load->member;
	o->alsos = EXTRA_MEMBERS + 1;
	leaders_attach(&load->leaders, o);
	return want_findings(load);
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
	bool has_memory = options->analysis.kinds || want_all(load);
	load->options.analysis.progress = (struct trace_progress){on_progress, load};
	load->options.analysis.wrap = wrap;
	load->options.analysis.wrap_self = load;
	load->data = (struct trace_data){.path = options->path,
	                                 .part = &load->options.analysis,
	                                 .analysis = &load->analysis,
	                                 .extra = &load->extra,
	                                 .leaders = &load->leaders,
	                                 .assists = &load->assists,
	                                 .summary = &load->summary,
	                                 .loading = true,
	                                 .progress = -1,
	                                 .keys = options->keys,
	                                 .wake = options->wake,
	                                 .wake_arg = options->arg};
	enum status status = has_memory ? check_file(options->path, error) : error_no_memory(error);
	if (status == STATUS_OK)
		status = analysis_open(&load->input, options->path, error);
	load->input.stop = &load->cancelled;
	if (status == STATUS_OK && !options->analysis.kinds) {
		const struct timeline_source_options timeline = {.wake = options->wake,
		                                                 .wake_self = options->arg};
		load->data.timeline = timeline_source_create(options->path, &timeline);
		status = load->data.timeline ? STATUS_OK : error_no_memory(error);
	}
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
	extra_finish(&load->extra);
	leaders_finish(&load->leaders);
	assists_finish(&load->assists);
	timeline_source_destroy(load->data.timeline);
	trace_doctor_destroy(load->doctor);
	findings_finish(&load->findings);
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
