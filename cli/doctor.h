/*
 * What the two halves of `schedtop doctor` share: findings on stdout in the form that was asked
 * for, and the status that they end in.
 */
#ifndef SCHEDTOP_CLI_DOCTOR_H
#define SCHEDTOP_CLI_DOCTOR_H

#include "cli/options.h"
#include "doctor/show.h"

enum status doctor_show(const struct options *o, const struct findings_shown *shown,
                        struct error *error);
/* STATUS_FOUND with a sentence where there is one of the severity that --fail-on names. */
enum status doctor_judge(const struct options *o, const struct findings_shown *shown,
                         struct error *error);

/* schedtop doctor -p PID, or --replay FILE (cmd_doctor_live.c). */
enum status doctor_live(const struct options *o, struct error *error);

#endif
