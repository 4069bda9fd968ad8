#include "report/report.h"

#include "report/json.h"
#include "report/sections.h"

static const struct section {
	void (*print)(const struct analysis *analysis, struct page *page);
	json_t *(*json)(const struct analysis *analysis);
} sections[REPORT_KINDS] = {
	[REPORT_HEALTH] = {health_print, health_json},
	[REPORT_UTILIZATION] = {utilization_print, utilization_json},
	[REPORT_GOROUTINES] = {goroutines_print, goroutines_json},
	[REPORT_WAITS] = {waits_print, waits_json},
	[REPORT_BLOCKED] = {blocked_print, blocked_json},
	[REPORT_GC] = {gc_print, gc_json},
	[REPORT_TASKS] = {tasks_print, tasks_json},
	[REPORT_SAMPLES] = {samples_print, samples_json},
};

bool report_print(const struct analysis *a, FILE *out, bool ascii)
{
	struct page page = {.out = out, .ascii = ascii, .sampled = a->summary.sampled_hz > 0};
	for (unsigned i = 0; i < REPORT_KINDS; i++)
		if (analysis_wants(a, i))
			sections[i].print(a, &page);
	return !page.torn;
}

char *report_json(const struct analysis *a)
{
	json_t *object = json_object();
	json_put(&object, "schema", json_integer(REPORT_SCHEMA));
	for (unsigned i = 0; i < REPORT_KINDS; i++)
		if (analysis_wants(a, i))
			json_put(&object, report_kind_words[i], sections[i].json(a));
	char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(object);
	return text;
}
