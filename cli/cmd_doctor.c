/* What is wrong with a program, with the evidence, from an execution trace of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/part.h"
#include "cli/progress.h"
#include "doctor/trace_doctor.h"
#include "trace/elapsed.h"
#include "trace/sampled.h"
#include "util/text.h"

enum status doctor_show(const struct options *o, const struct findings_shown *shown,
                        struct error *error)
{
	if (!o->json && !o->sarif) {
		findings_print(shown, stdout, wants_ascii(o));
		return STATUS_OK;
	}
	char *text = o->json ? findings_json(shown) : findings_sarif(shown);
	if (!text)
		return error_no_memory(error);
	puts(text);
	free(text);
	return STATUS_OK;
}

enum status doctor_judge(const struct options *o, const struct findings_shown *shown,
                         struct error *error)
{
	char name[128], tally[96];
	if (findings_count(shown->findings, o->fail_severity) == 0)
		return STATUS_OK;
	finding_text(name, sizeof name, shown->name, false);
	findings_tally(shown->findings, o->fail_severity, tally, sizeof tally);
	return error_set(error, STATUS_FOUND, "%s: %s", name, tally);
}

static const char *name_of(const struct options *o)
{
	return strcmp(o->file, "-") == 0 ? "standard input" : o->file;
}

/* How much of the trace was looked at. */
static int64_t observed_ns(const struct analysis *a)
{
	int64_t all_ns = elapsed_ns(a->summary.first_ns, a->summary.last_ns);
	int64_t to_ns = a->options.to_ns < all_ns ? a->options.to_ns : all_ns;
	return to_ns > a->options.from_ns ? to_ns - a->options.from_ns : 0;
}

/* Of the findings that say that the trace can't be believed, the first. */
static const struct finding *doubt(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		for (size_t k = 0; k < chapter_file.n; k++)
			if (findings->finding[i]->slug == chapter_file.advice[k].slug)
				return findings->finding[i];
	return NULL;
}

/* Can what was read be believed? What could not be read is not healthy. */
static enum status check_whole(const struct options *o, const struct analysis *a,
                               const struct findings *findings, struct error *error)
{
	const struct finding *f = doubt(findings);
	char name[128];
	enum status status = analysis_verdict(a, error);
	if (status != STATUS_OK)
		return status;
	finding_text(name, sizeof name, name_of(o), false);
	if (f)
		return error_set(error, STATUS_DAMAGED, "%s: %s", name, f->summary ? f->summary : "");
	return STATUS_OK;
}

/* Shows what was found and judges it; damage counts first. A part that holds nothing is not healthy
   either, but where the trace is cut short nobody knows that it was over by then. */
static enum status conclude(const struct options *o, const struct analysis *a,
                            const struct findings *findings, struct error *error)
{
	const struct findings_shown shown = {.findings = findings,
	                                     .name = name_of(o),
	                                     .of = FROM_TRACE,
	                                     .observed_ns = observed_ns(a)};
	char name[128];
	struct error failed = {0};
	enum status whole = check_whole(o, a, findings, error);
	finding_text(name, sizeof name, shown.name, false);
	if (whole == STATUS_OK && shown.observed_ns == 0 && o->from_ns > 0)
		return error_set(error, STATUS_FAILED, "%s: the trace is over at that time", name);
	if (whole == STATUS_OK && a->summary.sampled_hz)
		return error_set(error, STATUS_FAILED,
		                 "%s: a sampled trace proves nothing to the doctor: " SAMPLED_CAVEAT
		                 "; ask it of the process (doctor -p PID) or of a recorded trace",
		                 name);
	enum status status = doctor_show(o, &shown, &failed);
	if (status != STATUS_OK)
		*error = failed;
	else
		status = whole == STATUS_OK ? doctor_judge(o, &shown, error) : whole;
	return status;
}

static enum status examine(const struct options *o, struct error *error)
{
	struct analysis a;
	struct progress progress;
	struct findings findings = {0};
	struct analysis_options options = part_of(o);
	progress_init(&progress);
	options.progress = (struct trace_progress){progress_report, &progress};
	enum status status = trace_doctor_examine(&a, o->file, &options, &o->limits, &findings, error);
	progress_finish(&progress);
	if (status == STATUS_OK) {
		status = conclude(o, &a, &findings, error);
	} else if (status == STATUS_DAMAGED) {
		const struct findings_shown shown = {.findings = &findings,
		                                     .name = name_of(o),
		                                     .of = FROM_TRACE};
		/* The sentence is the reading's, unless that can't be said either. */
		struct error why = *error;
		if (doctor_show(o, &shown, error) == STATUS_OK)
			*error = why;
		else
			status = error->status;
	}
	findings_finish(&findings);
	analysis_finish(&a);
	return status;
}

enum status command_doctor(const struct options *o, struct error *error)
{
	enum slug slug;
	if (!o->explain || !slug_parse(o->explain, &slug))
		return o->pid || o->url || o->replay ? doctor_live(o, error) : examine(o, error);
	advice_print(advice_of(slug), &o->limits, stdout, wants_ascii(o));
	return STATUS_OK;
}
