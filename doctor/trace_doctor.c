#include "doctor/trace_doctor.h"

#include <stdlib.h>
#include <string.h>

#include "doctor/rules.h"

static const struct trace_family *const families[] = {
	&rules_file,    &rules_cpu,     &rules_poll,        &rules_syscall, &rules_gc,
	&rules_stw,     &rules_capture, &rules_annotations, &rules_secrets, &rules_io,
	&rules_outlier, &rules_lock,    &rules_serial,      &rules_stuck,
};
enum { FAMILIES = sizeof families / sizeof families[0] };
_Static_assert((int)FAMILIES <= (int)WITNESS_FAMILIES, "the witness has room for every family");

struct trace_doctor {
	struct doctor doctor;
	struct limits_set limits;
	struct witness witness;
	struct situations situations;
	void *self[FAMILIES]; /* what each family knows */
};

struct trace_doctor *trace_doctor_create(struct analysis *analysis, const struct limits_set *limits)
{
	struct trace_doctor *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->limits = *limits;
	if (!witness_init(&d->witness, &analysis->stacks, &analysis->names, &d->situations)) {
		trace_doctor_destroy(d);
		return NULL;
	}
	situations_init(&d->situations, d->witness.stacks, &analysis->names);
	d->doctor = (struct doctor){analysis, &d->witness, &d->situations, &d->limits};
	for (size_t i = 0; i < FAMILIES; i++) {
		d->self[i] = families[i]->create(&d->doctor);
		if (!d->self[i]) {
			trace_doctor_destroy(d);
			return NULL;
		}
		witness_listen(&d->witness, families[i], d->self[i]);
	}
	return d;
}

struct spells *trace_doctor_spells(struct trace_doctor *d)
{
	return &d->witness.spells;
}

bool trace_doctor_conclude(struct trace_doctor *d, struct findings *findings)
{
	witness_settle(&d->witness);
	/* Of samples there is no saying what happened, only what there was: but for the file itself, no
	   rule can prove anything. */
	bool sampled = d->doctor.analysis->summary.sampled_hz > 0;
	for (size_t i = 0; i < FAMILIES; i++)
		if ((!sampled || families[i] == &rules_file) &&
		    !families[i]->conclude(d->self[i], &d->doctor, findings))
			findings->no_memory = true;
	findings_settle(findings);
	return !findings->no_memory;
}

void trace_doctor_destroy(struct trace_doctor *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < FAMILIES; i++)
		if (d->self[i])
			families[i]->destroy(d->self[i]);
	situations_finish(&d->situations);
	witness_finish(&d->witness);
	free(d);
}

/* --- a file ---------------------------------------------------------------------------------- */

/* Nothing of it could be read: that is a finding too, or a program that reads the list would take
   the file for a healthy one. */
static void find_unreadable(const struct analysis *a, struct findings *findings,
                            const struct error *error)
{
	bool is_empty = a->summary.bytes == 0 && a->file_bytes == 0;
	struct finding *f = findings_add(findings, is_empty ? SLUG_TRACE_EMPTY : SLUG_TRACE_TRUNCATED,
	                                 SEVERITY_CRITICAL, 1);
	finding_say(f, "Nothing of the trace could be read: %s.", error->text);
	finding_remedy(
		f, "Name a file that runtime/trace has written to its end, as it is or packed with gzip "
		   "or zstd.");
	finding_measure(f, "trace", UNIT_BYTES, (double)a->file_bytes);
	finding_show(f, EVIDENCE_TEXT, "%s", error->text);
}

enum status trace_doctor_examine(struct analysis *a, const char *path,
                                 const struct analysis_options *options,
                                 const struct limits_set *limits, struct findings *findings,
                                 struct error *error)
{
	struct trace_doctor *d = trace_doctor_create(a, limits);
	memset(a, 0, sizeof *a); /* to be finished, whatever comes */
	if (!d)
		return error_no_memory(error);
	struct analysis_options all = *options;
	all.kinds = TRACE_DOCTOR_KINDS;
	all.no_activity = true; /* as no rule asks for it */
	all.mmu_ns = TRACE_DOCTOR_MMU_NS;
	all.spells = trace_doctor_spells(d);
	enum status status = analysis_read(a, path, &all, error);
	if (status == STATUS_OK && !trace_doctor_conclude(d, findings))
		status = error_no_memory(error);
	else if (status == STATUS_DAMAGED)
		find_unreadable(a, findings, error);
	trace_doctor_destroy(d);
	return status;
}
