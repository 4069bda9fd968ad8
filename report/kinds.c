#include "report/kinds.h"

#include <string.h>

const char *const report_kind_words[REPORT_KINDS] = {
	[REPORT_HEALTH] = "health",         [REPORT_UTILIZATION] = "utilization",
	[REPORT_GOROUTINES] = "goroutines", [REPORT_WAITS] = "waits",
	[REPORT_BLOCKED] = "blocked",       [REPORT_GC] = "gc",
	[REPORT_TASKS] = "tasks",           [REPORT_SAMPLES] = "samples",
};

static int find(const char *word, size_t length)
{
	for (int i = 0; i < REPORT_KINDS; i++)
		if (strlen(report_kind_words[i]) == length &&
		    memcmp(report_kind_words[i], word, length) == 0)
			return i;
	return -1;
}

bool report_kinds_parse(const char *words, unsigned *kinds)
{
	for (;;) {
		size_t length = strcspn(words, ",");
		int kind = find(words, length);
		if (kind < 0)
			return false;
		*kinds |= 1U << kind;
		if (!words[length])
			return true;
		words += length + 1;
	}
}

unsigned report_kinds_about(bool goroutine, bool tasks)
{
	unsigned kinds = 0;
	if (goroutine)
		kinds |= 1U << REPORT_HEALTH | 1U << REPORT_GOROUTINES | 1U << REPORT_WAITS |
		         1U << REPORT_BLOCKED | 1U << REPORT_SAMPLES;
	if (tasks)
		kinds |= 1U << REPORT_HEALTH | 1U << REPORT_TASKS;
	return kinds ? kinds : REPORT_ALL;
}
