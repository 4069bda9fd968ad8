/*
 * How a program of tests/bench hands its figures on, as tests/bench/rows does for those in Go: a
 * line of tab-separated columns, appended to the file that $SCHEDTOP_BENCH_ROWS names. One thread.
 */
#ifndef SCHEDTOP_TESTS_BENCH_ROW_H
#define SCHEDTOP_TESTS_BENCH_ROW_H

#include <stdio.h>
#include <stdlib.h>

/* The goal is one of the value, "<=15"; empty: none. */
static inline void bench_row(const char *part, const char *figure, double value, const char *unit,
                             const char *goal)
{
	const char *path = getenv("SCHEDTOP_BENCH_ROWS");
	FILE *file = path && *path ? fopen(path, "a") : NULL;
	if (!file)
		return;
	fprintf(file, "%s\t%s\t%.6g\t%s\t\t\t\t%s\n", part, figure, value, unit, goal);
	fclose(file);
}

#endif
