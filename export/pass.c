#include "export/pass.h"

#include <string.h>

#include "trace/tasks.h"

enum { FIRST_FORMAT_2 = 22 };

static bool is_format_1(struct input *in)
{
	return input_need(in, TRACE_HEADER_SIZE) && in->have >= TRACE_HEADER_SIZE &&
	       trace_header_version(in->data, TRACE_HEADER_SIZE) < FIRST_FORMAT_2;
}

enum status export_pass_read_input(struct export_pass *pass, struct input *in,
                                   const struct pass_options *options,
                                   const struct trace_visitor *visitor, struct error *error)
{
	memset(pass, 0, sizeof *pass);
	pass->options = *options;
	const struct trace_options trace = {.one_thread = options->one_thread,
	                                    .reference_clock =
	                                        options->reference_clock ||
	                                        (options->as_reference && is_format_1(in)),
	                                    .names = &pass->names,
	                                    .progress = options->progress};
	enum status status = trace_read(in, &trace, visitor, 1, &pass->summary, error);
	if (status == STATUS_DAMAGED && pass->summary.damages)
		return STATUS_OK;
	return trace_name_error(error, status, options->path);
}

enum status export_pass_read(struct export_pass *pass, const struct pass_options *options,
                             const struct trace_visitor *visitor, struct error *error)
{
	struct input in;
	memset(pass, 0, sizeof *pass);
	enum status status = input_open(&in, options->path, error);
	if (status != STATUS_OK)
		return trace_name_error(error, status, options->path);
	status = export_pass_read_input(pass, &in, options, visitor, error);
	input_finish(&in);
	return status;
}

enum status export_pass_verdict(const struct export_pass *pass, struct error *error)
{
	return trace_name_error(error, trace_verdict(&pass->summary, error), pass->options.path);
}

void export_pass_finish(struct export_pass *pass)
{
	names_finish(&pass->names);
}

/* --- tasks by what their logs hold ----------------------------------------------------------- */

struct search {
	struct idmap *found;
	bool no_memory;
};

static void on_concluded(void *self, const struct tasks *tasks, const struct open_user_task *task)
{
	struct search *search = self;
	if (!tasks_is_wanted(tasks, task) || idmap_get(search->found, task->id) != IDMAP_NONE)
		return;
	if (!idmap_put(search->found, task->id, 0))
		search->no_memory = true;
}

enum status export_pass_find_tasks(const struct pass_options *options, const char *trace_id,
                                   struct idmap *found, struct error *error)
{
	if (strcmp(options->path, "-") == 0)
		return error_set(error, STATUS_USAGE,
		                 "--trace-id needs a file, which is read twice: standard input can't be");
	struct search search = {.found = found};
	struct stacks stacks = {0};
	struct tasks tasks = {.stacks = &stacks,
	                      .filter = {.trace_id = trace_id},
	                      .concluded = on_concluded,
	                      .concluded_self = &search};
	struct export_pass pass;
	const struct trace_visitor visitor = tasks_visitor(&tasks);
	enum status status = export_pass_read(&pass, options, &visitor, error);
	export_pass_finish(&pass);
	tasks_finish(&tasks);
	stacks_finish(&stacks);
	return search.no_memory ? error_no_memory(error) : status;
}
