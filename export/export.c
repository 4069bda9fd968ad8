#include "export/export.h"

#include <string.h>
#include <unistd.h>

#include "export/chrome.h"
#include "export/csv.h"
#include "export/folded.h"
#include "export/pass.h"
#include "export/perfetto.h"
#include "export/report.h"
#include "export/sink.h"
#include "export/story.h"
#include "trace/window.h"

/* One pass for all that are told by a visitor. */
static enum status read_trace(const char *path, const struct export_options *o,
                              const struct trace_visitor *visitor, struct export_pass *pass,
                              struct error *error)
{
	const struct pass_options options = {.path = path,
	                                     .as_reference = o->format == EXPORT_FOLDED,
	                                     .reference_clock = o->reference_clock,
	                                     .progress = o->progress};
	return export_pass_read(pass, &options, visitor, error);
}

/* --- formats that tell the story ------------------------------------------------------------- */

typedef bool narrator_open(struct sink *sink, const struct story *story,
                           struct story_narrator *narrator);
static narrator_open *const narrators[EXPORT_FORMATS] = {
	[EXPORT_PERFETTO] = perfetto_open,
	[EXPORT_CHROME] = chrome_open,
	[EXPORT_CSV] = csv_open,
};

static enum status tell(const char *path, const struct export_options *o, struct sink *sink,
                        bool *nothing, struct error *error)
{
	struct export_pass pass;
	struct story story = {.options = {.goroutine = o->goroutine,
	                                  .task = o->task,
	                                  .part = o->from_ns > 0,
	                                  .redact = o->redact}};
	if (!narrators[o->format](sink, &story, &story.narrator))
		return error_no_memory(error);
	const struct window_member member = {story_visitor(&story), story_restart};
	struct window window = {.member = &member,
	                        .members = 1,
	                        .from_ns = o->from_ns,
	                        .to_ns = o->to_ns};
	const struct trace_visitor visitor = window_visitor(&window);
	enum status status = read_trace(path, o, &visitor, &pass, error);
	window_finish(&window);
	story.names = &pass.names; /* those of the blocks are gone */
	bool told = !story.failed;
	if (told && story.narrator.finish && !sink_failed(sink))
		told = story.narrator.finish(story.narrator.self);
	story.narrator.destroy(story.narrator.self);
	story_finish(&story);
	if (status == STATUS_OK && !told)
		status = error_no_memory(error);
	*nothing = status != STATUS_OK;
	if (status == STATUS_OK)
		status = export_pass_verdict(&pass, error);
	export_pass_finish(&pass);
	return status;
}

/* --- folded stacks --------------------------------------------------------------------------- */

static enum status fold(const char *path, const struct export_options *o, struct sink *sink,
                        bool *nothing, struct error *error)
{
	struct export_pass pass;
	struct profile profile = {.kind = o->profile,
	                          .still_blocked = o->still_blocked,
	                          .from_ns = o->from_ns,
	                          .to_ns = o->to_ns,
	                          .goroutine = o->goroutine,
	                          .of_tasks = o->task.id || o->task.type || o->task.among,
	                          .filter = o->task};
	const struct trace_visitor visitor = profile_visitor(&profile);
	enum status status = read_trace(path, o, &visitor, &pass, error);
	*nothing = status != STATUS_OK;
	if (status == STATUS_OK) {
		folded_write(sink, &profile, &pass.names);
		status = export_pass_verdict(&pass, error);
	}
	profile_finish(&profile);
	export_pass_finish(&pass);
	return status;
}

/* --- the table of formats -------------------------------------------------------------------- */

/* *nothing: there was nothing to write. STATUS_DAMAGED otherwise: all that could be read was. */
typedef enum status format_write(const char *path, const struct export_options *options,
                                 struct sink *sink, bool *nothing, struct error *error);
static const struct {
	format_write *write;
	bool binary;
	bool finds_tasks; /* by their trace ID, itself; else they are looked for first */
} formats[EXPORT_FORMATS] = {
	[EXPORT_PERFETTO] = {.write = tell, .binary = true},
	[EXPORT_CHROME] = {.write = tell},
	[EXPORT_FOLDED] = {.write = fold},
	[EXPORT_JSON] = {.write = export_report, .finds_tasks = true},
	[EXPORT_CSV] = {.write = tell},
};

static enum status write_format(const char *path, const struct export_options *wanted,
                                struct sink *sink, bool *nothing, struct error *error)
{
	struct idmap among = {0};
	struct export_options o = *wanted;
	const struct pass_options pass = {.path = path, .progress = o.progress};
	enum status status = STATUS_OK;
	*nothing = true;
	if (o.task.trace_id && !formats[o.format].finds_tasks) {
		status = export_pass_find_tasks(&pass, o.task.trace_id, &among, error);
		o.task.trace_id = NULL;
		o.task.among = &among;
	}
	if (status == STATUS_OK)
		status = formats[o.format].write(path, &o, sink, nothing, error);
	idmap_finish(&among);
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
	status = write_format(path, o, &sink, &nothing, error);
	status = conclude(&sink, status, nothing, error);
	sink_finish(&sink);
	return status;
}
