#include "report/analysis.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"

enum { VISITORS = 8 };

/* Names of files are data, too: nothing in them may reach a terminal unchecked. */
static enum status say(struct error *error, enum status status, const char *path)
{
	struct error raw = *error;
	char shown[256];
	bool named = status != STATUS_DAMAGED;
	text_clean(shown, sizeof shown, path, strlen(path));
	text_clean(error->text, sizeof error->text, raw.text, strlen(raw.text));
	if (named)
		return status;
	raw = *error;
	return error_set(error, status, "%s: %s", strcmp(path, "-") == 0 ? "standard input" : shown,
	                 raw.text);
}

static size_t choose(struct analysis *a, struct trace_visitor visitor[static VISITORS])
{
	size_t n = 0;
	if (analysis_wants(a, REPORT_GOROUTINES) || analysis_wants(a, REPORT_WAITS))
		visitor[n++] = goroutines_visitor(&a->goroutines);
	if (analysis_wants(a, REPORT_UTILIZATION))
		visitor[n++] = procs_visitor(&a->procs);
	if (analysis_wants(a, REPORT_GC))
		visitor[n++] = gc_visitor(&a->gc);
	return n;
}

enum status analysis_read(struct analysis *a, const char *path,
                          const struct analysis_options *options, struct error *error)
{
	struct trace_visitor visitor[VISITORS];
	struct input in;
	*a = (struct analysis){.path = path, .options = *options};
	gc_init(&a->gc);
	enum status status = input_open(&in, path, error);
	if (status != STATUS_OK)
		return say(error, status, path);
	const struct trace_options trace = {.strict = options->strict,
	                                    .names = &a->names,
	                                    .progress = options->progress};
	status = trace_read(&in, &trace, visitor, choose(a, visitor), &a->summary, error);
	a->file_bytes = in.size;
	a->packing = in.packing;
	input_finish(&in);
	/* What was read before the damage is there to be told. */
	if (status == STATUS_DAMAGED && a->summary.damages)
		return STATUS_OK;
	return status == STATUS_OK ? status : say(error, status, path);
}

enum status analysis_verdict(const struct analysis *a, struct error *error)
{
	const struct trace_summary *s = &a->summary;
	if (s->verdict != TRACE_DAMAGED)
		return STATUS_OK;
	error_set(error, STATUS_DAMAGED, "damaged at byte %llu: %s",
	          (unsigned long long)s->damage[0].offset, s->damage[0].text);
	return say(error, STATUS_DAMAGED, a->path);
}

void analysis_finish(struct analysis *a)
{
	goroutines_finish(&a->goroutines);
	procs_finish(&a->procs);
	gc_finish(&a->gc);
	names_finish(&a->names);
}
