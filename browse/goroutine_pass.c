#include "browse/goroutine_pass.h"

#include <stdlib.h>
#include <string.h>

#include "browse/load.h"
#include "trace/elapsed.h"

struct goroutine_pass {
	uint64_t id;
	char *path;
	struct load *load;
	/* Under the lock of the reading. */
	struct goroutine_time finished; /* all its lives that are over: a gap ends one */
	struct goroutine_time joined;   /* those, and the one that goes on */
	bool has_finished;
};

/* What it was before a gap counts on. */
static void join(struct goroutine_time *g, const struct goroutine_time *earlier)
{
	for (size_t i = 0; i < GO_STATUS_COUNT; i++)
		add_ns(&g->state_ns[i], earlier->state_ns[i]);
	g->starts += earlier->starts;
	if (earlier->latency_max_ns > g->latency_max_ns)
		g->latency_max_ns = earlier->latency_max_ns;
	g->first_ns = earlier->first_ns;
	g->created = earlier->created;
	if (g->function == NAME_NONE)
		g->function = earlier->function;
	if (g->creator == NAME_NONE)
		g->creator = earlier->creator;
}

static void on_finished(void *self, const struct goroutine_time *g)
{
	struct goroutine_pass *pass = self;
	struct goroutine_time now = *g;
	if (pass->has_finished)
		join(&now, &pass->finished);
	pass->finished = now;
	pass->has_finished = true;
}

static void on_restart(void *self)
{
	struct goroutine_pass *pass = self;
	pass->has_finished = false;
}

struct goroutine_pass *goroutine_pass_create(const struct trace_data *data, uint64_t goroutine,
                                             struct error *error)
{
	struct goroutine_pass *pass = calloc(1, sizeof *pass);
	if (!pass || !(pass->path = strdup(data->path))) {
		error_no_memory(error);
		free(pass);
		return NULL;
	}
	const struct load_options options = {
		.path = pass->path,
		.analysis = {.kinds = 1U << REPORT_GOROUTINES | 1U << REPORT_WAITS | 1U << REPORT_SAMPLES,
	                 .from_ns = data->part->from_ns,
	                 .to_ns = data->part->to_ns,
	                 .goroutine = goroutine,
	                 .finished = on_finished,
	                 .restarted = on_restart,
	                 .finished_self = pass},
		.wake = data->wake,
		.arg = data->wake_arg,
	};
	pass->id = goroutine;
	if (load_create(&pass->load, &options, error) == STATUS_OK &&
	    load_start(pass->load, error) == STATUS_OK)
		return pass;
	goroutine_pass_destroy(pass);
	return NULL;
}

void goroutine_pass_destroy(struct goroutine_pass *pass)
{
	if (!pass)
		return;
	load_destroy(pass->load);
	free(pass->path);
	free(pass);
}

/* While it lives; a goroutine's number is never given again. */
static const struct goroutine_time *find(const struct goroutines *g, uint64_t id)
{
	for (size_t i = 0; i < g->slots; i++)
		if (g->slot[i].id == id && g->slot[i].state != TRACE_NOT_EXIST)
			return &g->slot[i];
	return NULL;
}

struct goroutine_report goroutine_pass_lock(struct goroutine_pass *pass)
{
	struct goroutine_report report = {.data = load_lock(pass->load)};
	report.goroutine = find(&report.data->analysis->goroutines, pass->id);
	report.lives = report.goroutine != NULL;
	if (!pass->has_finished)
		return report;
	pass->joined = pass->finished;
	if (report.lives) {
		pass->joined = *report.goroutine;
		join(&pass->joined, &pass->finished);
	}
	report.goroutine = &pass->joined;
	return report;
}

void goroutine_pass_unlock(struct goroutine_pass *pass)
{
	load_unlock(pass->load);
}
