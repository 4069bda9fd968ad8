/*
 * Places in the program as reports show them; a part of the sections, not meant for others.
 */
#ifndef SCHEDTOP_REPORT_SITES_H
#define SCHEDTOP_REPORT_SITES_H

#include <jansson.h>

#include "report/analysis.h"
#include "report/page.h"

/* The innermost function that is the program's own, with its line: "main.serve:42". */
void site_where(const struct analysis *analysis, const struct page *page, char cell[PAGE_CELL],
                uint32_t stack);
/* The sites for which `key` is not 0, the largest first; the caller frees. false: no memory. */
bool sites_by(const struct analysis *analysis, int64_t (*key)(const struct block_site *site),
              const struct block_site ***out, size_t *n);

#endif
