/*
 * What an analysis found, for people and for programs. Any thread.
 */
#ifndef SCHEDTOP_REPORT_REPORT_H
#define SCHEDTOP_REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "report/analysis.h"

#define REPORT_SCHEMA 1

/* The kinds that were asked for, one section each, at most 80 columns wide. `ascii`: without any
   other character. */
/* false: a part is missing, for want of memory. */
bool report_print(const struct analysis *analysis, FILE *out, bool ascii);
/* The same and more as one JSON object, see doc/schema.md. The caller frees it; NULL: no memory. */
char *report_json(const struct analysis *analysis);

#endif
