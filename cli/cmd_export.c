/* A trace for other programs. */
#include <signal.h>

#include "cli/commands.h"
#include "cli/part.h"
#include "cli/progress.h"
#include "export/export.h"

enum status command_export(const struct options *o, struct error *error)
{
	struct progress progress;
	const struct analysis_options part = part_of(o);
	const struct export_options options = {
		.format = o->format,
		.redact = o->redact,
		.from_ns = part.from_ns,
		.to_ns = part.to_ns,
		.goroutine = part.goroutine,
		.task = part.task,
		.profile = o->profile,
		.still_blocked = o->still_blocked,
		.progress = {progress_report, &progress},
	};
	/* A reader that goes away is told as a sentence, like a full disk. */
	signal(SIGPIPE, SIG_IGN);
	progress_init(&progress);
	enum status status = export_trace(o->file, o->output ? o->output : "-", &options, error);
	progress_finish(&progress);
	return status;
}
