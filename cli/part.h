/*
 * The part of a trace that the options ask for: --from, --to, --goroutine, --task and --trace-id.
 * Texts stay the options'.
 */
#ifndef SCHEDTOP_CLI_PART_H
#define SCHEDTOP_CLI_PART_H

#include "cli/options.h"
#include "report/analysis.h"

/* Options of an analysis with nothing set but that. */
struct analysis_options part_of(const struct options *o);

#endif
