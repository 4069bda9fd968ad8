/*
 * Looks for everything that can be found in an execution trace. The witness hears what happens in
 * the pass that makes the analyses; families of rules listen to it while the trace is read, and
 * say what they found when it is over. The caller owns the doctor, the analysis and the findings;
 * create, conclude and destroy are called on one thread, and the pass may run on another between
 * them.
 */
#ifndef SCHEDTOP_DOCTOR_TRACE_DOCTOR_H
#define SCHEDTOP_DOCTOR_TRACE_DOCTOR_H

#include "doctor/finding.h"
#include "doctor/limits.h"
#include "doctor/situations.h"
#include "doctor/witness.h"
#include "report/analysis.h"
#include "util/clock.h"

/* What rules may look at. */
struct doctor {
	/* Names and stacks grow during the pass; all else is whole when rules conclude. */
	struct analysis *analysis;
	const struct witness *witness;
	struct situations *situations; /* shared by all rules: each stack is looked at once */
	const struct limits_set *limits;
};

/* What the analysis of a pass has to look at for the rules. */
#define TRACE_DOCTOR_KINDS REPORT_ALL
/* The window of the curve of utilization that rules ask for: a tenth of a second is felt. */
#define TRACE_DOCTOR_MMU_NS (100 * NS_PER_MS)

struct trace_doctor;
/* For a pass that fills `analysis`. NULL: no memory. */
struct trace_doctor *trace_doctor_create(struct analysis *analysis,
                                         const struct limits_set *limits);
/* For analysis_options.spells. */
struct spells *trace_doctor_spells(struct trace_doctor *doctor);
/* The pass is over: what the rules have to say, settled. false: no memory. */
bool trace_doctor_conclude(struct trace_doctor *doctor, struct findings *findings);
void trace_doctor_destroy(struct trace_doctor *doctor);

/* All of that for one file, or "-". `analysis` is to be finished in any case. STATUS_OK also for a
   damaged trace, which is a finding then; otherwise as analysis_read, and where that is
   STATUS_DAMAGED there is a finding that says so. */
enum status trace_doctor_examine(struct analysis *analysis, const char *path,
                                 const struct analysis_options *options,
                                 const struct limits_set *limits, struct findings *findings,
                                 struct error *error);

#endif
