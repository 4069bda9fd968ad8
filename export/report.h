/*
 * The report of `schedtop stat --json` as an export, with what is to be redacted taken out first.
 * The caller owns all that it passes; one thread.
 */
#ifndef SCHEDTOP_EXPORT_REPORT_H
#define SCHEDTOP_EXPORT_REPORT_H

#include "export/export.h"
#include "export/sink.h"

/* *nothing: it is no trace, and nothing was written. STATUS_DAMAGED otherwise: after the report. */
enum status export_report(const char *path, const struct export_options *options, struct sink *sink,
                          bool *nothing, struct error *error);

#endif
