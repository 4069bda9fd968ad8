/*
 * Numbers with their units as rules have them: "50ms", "1GiB", "70%", "412". Pure functions; any
 * thread.
 */
#ifndef SCHEDTOP_WATCH_AMOUNT_H
#define SCHEDTOP_WATCH_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "doctor/finding.h"

/* false: no number of that unit, negative, or a share of more than all. */
bool amount_parse(enum measure_unit unit, const char *text, double *value);
/* What may be written for it: "a time such as 50ms". */
const char *amount_example(enum measure_unit unit);
/* For a table: "time". */
const char *amount_unit_text(enum measure_unit unit);
/* Somewhere from lo to hi. */
void amount_show_range(enum measure_unit unit, double lo, double hi, char *to, size_t size);

#endif
