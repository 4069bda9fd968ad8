#include "export/report.h"

#include <stdlib.h>
#include <string.h>

#include "export/redact.h"
#include "report/report.h"
#include "util/text.h"

/* Text of a log in the place that it had: what stands for a secret may be longer. */
static void redact_log(const struct redactor *redactor, struct task_log *log)
{
	enum { CUT = TASK_LOG_TEXT - TEXT_TAIL /* what is that long may have been longer */ };
	char text[TASK_LOG_TEXT];
	size_t n = redactor_text(redactor, text, sizeof text, log->text, log->length, CUT);
	memcpy(log->text, text, n);
	log->length = (uint32_t)n;
}

static bool redact_task(struct redactor *redactor, struct names *names, struct task_instance *task)
{
	for (size_t i = 0; i < task->kept_logs; i++) {
		task->log[i].category = redactor_name(redactor, names, task->log[i].category);
		if (task->log[i].category == NAME_ERROR)
			return false;
		redact_log(redactor, &task->log[i]);
	}
	return true;
}

/* All that users named: types of tasks and regions, and what was logged. */
static bool redact(struct redactor *redactor, struct analysis *a)
{
	for (size_t i = 0; i < a->tasks.types; i++) {
		struct task_type *type = &a->tasks.type[i];
		type->name = redactor_name(redactor, &a->names, type->name);
		if (type->name == NAME_ERROR)
			return false;
		for (size_t k = 0; k < type->kept; k++)
			if (!redact_task(redactor, &a->names, type->slowest[k]))
				return false;
	}
	for (size_t i = 0; i < a->regions.types; i++) {
		a->regions.type[i].name = redactor_name(redactor, &a->names, a->regions.type[i].name);
		if (a->regions.type[i].name == NAME_ERROR)
			return false;
	}
	return true;
}

static enum status put(struct analysis *a, enum redact_level level, struct sink *sink,
                       struct error *error)
{
	struct redactor redactor = {.level = level};
	char *text = redact(&redactor, a) ? report_json(a) : NULL;
	redactor_finish(&redactor);
	if (!text)
		return error_no_memory(error);
	sink_text(sink, text);
	sink_text(sink, "\n");
	free(text);
	return analysis_verdict(a, error);
}

enum status export_report(const char *path, const struct export_options *o, struct sink *sink,
                          bool *nothing, struct error *error)
{
	struct analysis a;
	const struct analysis_options options = {
		.kinds = report_kinds_about(o->goroutine, o->task.id || o->task.type || o->task.trace_id),
		.from_ns = o->from_ns,
		.to_ns = o->to_ns,
		.goroutine = o->goroutine,
		.task = o->task,
		.progress = o->progress,
	};
	enum status status = analysis_read(&a, path, &options, error);
	*nothing = status != STATUS_OK;
	if (status == STATUS_OK)
		status = put(&a, o->redact, sink, error);
	analysis_finish(&a);
	return status;
}
