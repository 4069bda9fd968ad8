/*
 * Asks everything that the timeline draws from the same questions in two ways: the index and totals
 * of the analyses, parts that are read again and one pass over the whole trace, the answers of the
 * worker and those counted by hand. For tests alone; one thread beside those of the source.
 */
#ifndef SCHEDTOP_TESTS_TRACE_LANES_CHECK_H
#define SCHEDTOP_TESTS_TRACE_LANES_CHECK_H

#include <stdbool.h>
#include <stdio.h>

/* Writes a line for each difference. Returns their number; negative: the file can't be read. */
int lanes_check(const char *path, FILE *log);

#endif
