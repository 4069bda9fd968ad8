/* What an execution trace tells, for people or as JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/part.h"
#include "cli/progress.h"
#include "report/report.h"

/* The report comes first: what could be read is worth having. Then the damage counts. */
static enum status show(const struct analysis *a, const struct options *o, struct error *error)
{
	if (o->json) {
		char *text = report_json(a);
		if (!text)
			return error_no_memory(error);
		puts(text);
		free(text);
	} else if (!report_print(a, stdout, wants_ascii(o))) {
		return error_no_memory(error);
	}
	return analysis_verdict(a, error);
}

static enum status analyse(const struct options *o, const struct analysis_options *wanted,
                           struct error *error)
{
	struct analysis a;
	struct progress progress;
	struct analysis_options options = *wanted;
	progress_init(&progress);
	options.progress = (struct trace_progress){progress_report, &progress};
	enum status status = analysis_read(&a, o->file, &options, error);
	progress_finish(&progress);
	if (status == STATUS_OK)
		status = show(&a, o, error);
	analysis_finish(&a);
	return status;
}

enum status command_stat(const struct options *o, struct error *error)
{
	struct analysis_options options = part_of(o);
	options.kinds = o->kinds ? o->kinds : report_kinds_about(o->goroutine, o->task || o->trace_id);
	return analyse(o, &options, error);
}

/* Everything is read and validated, and nothing but its health is told. */
enum status command_check(const struct options *o, struct error *error)
{
	const struct analysis_options options = {.kinds = 1U << REPORT_HEALTH,
	                                         .to_ns = INT64_MAX,
	                                         .strict = o->strict};
	return analyse(o, &options, error);
}
