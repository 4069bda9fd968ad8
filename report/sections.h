/*
 * The sections of a report; a part of report.c, not meant for others. Each prints itself and makes
 * its member of the JSON object (a new reference, NULL: no memory).
 */
#ifndef SCHEDTOP_REPORT_SECTIONS_H
#define SCHEDTOP_REPORT_SECTIONS_H

#include <jansson.h>

#include "report/analysis.h"
#include "report/page.h"

void health_print(const struct analysis *analysis, struct page *page);
json_t *health_json(const struct analysis *analysis);
void utilization_print(const struct analysis *analysis, struct page *page);
json_t *utilization_json(const struct analysis *analysis);
void goroutines_print(const struct analysis *analysis, struct page *page);
json_t *goroutines_json(const struct analysis *analysis);
void waits_print(const struct analysis *analysis, struct page *page);
json_t *waits_json(const struct analysis *analysis);
void blocked_print(const struct analysis *analysis, struct page *page);
json_t *blocked_json(const struct analysis *analysis);
void gc_print(const struct analysis *analysis, struct page *page);
json_t *gc_json(const struct analysis *analysis);
void tasks_print(const struct analysis *analysis, struct page *page);
json_t *tasks_json(const struct analysis *analysis);
void samples_print(const struct analysis *analysis, struct page *page);
json_t *samples_json(const struct analysis *analysis);

#endif
