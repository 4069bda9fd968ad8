/*
 * The parts of a report on a trace, in the order in which an expert reads them. Constant data; any
 * thread.
 */
#ifndef SCHEDTOP_REPORT_KINDS_H
#define SCHEDTOP_REPORT_KINDS_H

#include <stdbool.h>

enum report_kind {
	REPORT_HEALTH,
	REPORT_UTILIZATION,
	REPORT_GOROUTINES,
	REPORT_WAITS,
	REPORT_BLOCKED,
	REPORT_GC,
	REPORT_TASKS,
	REPORT_SAMPLES,
	REPORT_KINDS
};
#define REPORT_ALL ((1U << REPORT_KINDS) - 1)

/* The words of --kind and of the JSON. */
extern const char *const report_kind_words[REPORT_KINDS];
#define REPORT_KIND_WORDS \
	"some of health, utilization, goroutines, waits, blocked, gc, tasks and samples, with commas"

/* "gc,tasks" adds a bit for each to *kinds; false: something else is among the words. */
bool report_kinds_parse(const char *words, unsigned *kinds);
/* Who asks for one goroutine or for some tasks wants to read about those; else all. */
unsigned report_kinds_about(bool goroutine, bool tasks);

#endif
