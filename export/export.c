#include "export/export.h"

#include <string.h>
#include <unistd.h>

#include "export/chrome.h"
#include "export/csv.h"
#include "export/perfetto.h"
#include "export/report.h"
#include "export/sink.h"
#include "export/story.h"
#include "trace/window.h"

/* Formats that tell the story; the others have a way of their own. */
static const struct {
	bool (*open)(struct sink *sink, const struct story *story, struct story_narrator *narrator);
	bool binary;
} formats[EXPORT_FORMATS] = {
	[EXPORT_PERFETTO] = {perfetto_open, true},
	[EXPORT_CHROME] = {chrome_open, false},
	[EXPORT_CSV] = {csv_open, false},
};

/* One pass; `names` outlive it, if wanted. *nothing: it is no trace, and there is nothing to write.
   STATUS_DAMAGED otherwise means that all that could be read was shown. */
static enum status read_trace(const char *path, const struct export_options *o,
                              const struct trace_visitor *visitor, struct names *names,
                              bool *nothing, struct error *error)
{
	struct input in;
	struct trace_summary summary;
	const struct trace_options trace = {.reference_clock = o->reference_clock,
	                                    .progress = o->progress,
	                                    .names = names};
	*nothing = true;
	enum status status = input_open(&in, path, error);
	if (status == STATUS_OK) {
		status = trace_read(&in, &trace, visitor, 1, &summary, error);
		input_finish(&in);
	}
	if (status == STATUS_OK) {
		*nothing = false;
		status = trace_verdict(&summary, error);
	}
	return trace_name_error(error, status, path);
}

/* --- tasks by their trace ID ----------------------------------------------------------------- */

/* Which tasks have the ID in a log is known when they are over: so that takes a pass of its own. */
struct search {
	struct idmap found; /* IDs of tasks */
	bool no_memory;
};

static void on_task(void *self, const struct tasks *tasks, const struct open_user_task *task)
{
	struct search *search = self;
	(void)tasks;
	if (task->matches && idmap_get(&search->found, task->told.id) == IDMAP_NONE &&
	    !idmap_put(&search->found, task->told.id, 0))
		search->no_memory = true;
}

/* Damage is told after the second pass, which finds it again. */
static enum status search_tasks(const char *path, const struct export_options *o,
                                struct search *search, struct error *error)
{
	bool nothing;
	struct stacks stacks = {0};
	struct tasks tasks = {.stacks = &stacks,
	                      .filter = {.trace_id = o->task.trace_id},
	                      .concluded = on_task,
	                      .concluded_self = search};
	const struct trace_visitor visitor = tasks_visitor(&tasks);
	if (strcmp(path, "-") == 0)
		return error_set(error, STATUS_USAGE,
		                 "--trace-id needs a file: its tasks are looked for first, and standard "
		                 "input can't be read twice");
	enum status status = read_trace(path, o, &visitor, NULL, &nothing, error);
	tasks_finish(&tasks);
	stacks_finish(&stacks);
	if (search->no_memory)
		return error_no_memory(error);
	return nothing ? status : STATUS_OK;
}

/* --- the story ------------------------------------------------------------------------------- */

static enum status tell(const char *path, const struct export_options *o, const struct idmap *tasks,
                        struct sink *sink, bool *nothing, struct error *error)
{
	struct names names = {0};
	struct story story = {.options = {.goroutine = o->goroutine,
	                                  .task = o->task,
	                                  .tasks = tasks,
	                                  .part = o->from_ns > 0,
	                                  .redact = o->redact}};
	if (!formats[o->format].open(sink, &story, &story.narrator))
		return error_no_memory(error);
	const struct window_member member = {story_visitor(&story), story_restart};
	struct window window = {.member = &member,
	                        .members = 1,
	                        .from_ns = o->from_ns,
	                        .to_ns = o->to_ns};
	const struct trace_visitor visitor = window_visitor(&window);
	enum status status = read_trace(path, o, &visitor, &names, nothing, error);
	story.names = &names; /* those of the blocks are gone */
	if (story.narrator.finish && !sink_failed(sink))
		story.narrator.finish(story.narrator.self);
	story.narrator.destroy(story.narrator.self);
	story_finish(&story);
	names_finish(&names);
	return status;
}

static enum status tell_tasks(const char *path, const struct export_options *o, struct sink *sink,
                              bool *nothing, struct error *error)
{
	struct search search = {0};
	enum status status = STATUS_OK;
	*nothing = true;
	if (o->task.trace_id)
		status = search_tasks(path, o, &search, error);
	if (status == STATUS_OK)
		status = tell(path, o, o->task.trace_id ? &search.found : NULL, sink, nothing, error);
	idmap_finish(&search.found);
	return status;
}

/* --- from file to file ----------------------------------------------------------------------- */

/* What could be read is committed, and then the damage counts. A visitor that could not write has
   ended the pass: then the sink knows why. */
static enum status conclude(struct sink *sink, enum status status, bool nothing,
                            struct error *error)
{
	struct error other;
	if (!sink_failed(sink) && (nothing || (status != STATUS_OK && status != STATUS_DAMAGED)))
		return status;
	enum status written = sink_commit(sink, &other);
	if (written == STATUS_OK)
		return status;
	*error = other;
	return written;
}

enum status export_trace(const char *path, const char *output, const struct export_options *o,
                         struct error *error)
{
	struct sink sink;
	bool nothing;
	if (formats[o->format].binary && strcmp(output, "-") == 0 && isatty(STDOUT_FILENO))
		return error_set(error, STATUS_USAGE,
		                 "%s is not for a terminal: name a file with -o, or send it to a program",
		                 export_format_words[o->format]);
	enum status status = sink_open(&sink, output, false, error);
	if (status != STATUS_OK)
		return status;
	if (formats[o->format].open)
		status = tell_tasks(path, o, &sink, &nothing, error);
	else
		status = export_report(path, o, &sink, &nothing, error);
	status = conclude(&sink, status, nothing, error);
	sink_finish(&sink);
	return status;
}
