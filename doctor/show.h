/*
 * Findings for people and for programs, and the catalogue for people. Input is constant, the stream
 * is the caller's; any thread.
 */
#ifndef SCHEDTOP_DOCTOR_SHOW_H
#define SCHEDTOP_DOCTOR_SHOW_H

#include <stdio.h>

#include "doctor/finding.h"
#include "doctor/limits.h"

struct findings_shown {
	const struct findings *findings;
	const char *name;    /* of the file or process, as it came */
	enum slug_source of; /* FROM_TRACE: moments are those of the trace */
	int64_t observed_ns; /* for how long was looked; 0: nothing could be */
};

/* At most 80 columns wide. `ascii`: without any other character. */
void findings_print(const struct findings_shown *shown, FILE *out, bool ascii);
/* An array of objects, see doc/schema.md. The caller frees it; NULL: no memory. */
char *findings_json(const struct findings_shown *shown);
/* The same as SARIF 2.1.0, for what shows warnings beside the code. */
char *findings_sarif(const struct findings_shown *shown);
/* All but nothing: "2 critical, 1 warning". */
void findings_tally(const struct findings *findings, enum severity least, char *to, size_t size);
/* What belongs behind a measure's name in a program's key: "_ns". */
extern const char *const measure_suffixes[UNIT_KINDS];
/* "1.2 s" */
void measure_show(const struct measure *measure, char *to, size_t size, bool ascii);
/* Text of a finding as it may be shown: clean, and ASCII if that is wanted. */
void finding_text(char *to, size_t size, const char *from, bool ascii);

/* What the catalogue says of one slug, and its limits. */
void advice_print(const struct advice *advice, const struct limits_set *limits, FILE *out,
                  bool ascii);
/* The middle of schedtop-findings(7), in mdoc. */
void catalogue_print_man(FILE *out);

#endif
