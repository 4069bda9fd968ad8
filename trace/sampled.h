/*
 * How a trace that was put together from samples says so: its first string, with ID 1, which
 * nothing in it refers to. Shared by who writes such traces and who reads them.
 */
#ifndef SCHEDTOP_TRACE_SAMPLED_H
#define SCHEDTOP_TRACE_SAMPLED_H

/* Followed by the rate. */
#define SAMPLED_LABEL  "sampled by schedtop, Hz: "
#define SAMPLED_HZ_MAX 1000000

/* What one can't tell. */
#define SAMPLED_CAVEAT                                                                  \
	"it shows what there was and for how long, not the order of what happened between " \
	"two samples"

#endif
