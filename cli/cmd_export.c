/* A trace for other programs. */
#include <signal.h>

#include "cli/commands.h"
#include "cli/narrow.h"
#include "cli/progress.h"
#include "export/export.h"

enum status command_export(const struct options *o, struct error *error)
{
	struct progress progress;
	const struct export_options options = {
		.format = o->format,
		.redact = o->redact,
		.from_ns = o->from_ns,
		.to_ns = o->to_ns,
		.goroutine = o->goroutine,
		.task = narrow_tasks(o),
		.progress = {progress_report, &progress},
	};
	/* A reader that goes away is told as a sentence, like a full disk. */
	signal(SIGPIPE, SIG_IGN);
	progress_init(&progress);
	enum status status = export_trace(o->file, o->output ? o->output : "-", &options, error);
	progress_finish(&progress);
	return status;
}
