#include <math.h>
#include <string.h>

#include "doctor/show.h"
#include "report/json.h"

const char *const measure_suffixes[UNIT_KINDS] = {
	[UNIT_NS] = "_ns",       [UNIT_BYTES] = "_bytes", [UNIT_COUNT] = "",
	[UNIT_RATIO] = "_ratio", [UNIT_PER_S] = "_per_s",
};

static json_t *json_words(const char *text)
{
	return json_text(text ? text : "", text ? strlen(text) : 0);
}

/* Whole numbers as such: times and bytes are counted. A mean, or a quota of CPUs, may be none. */
static json_t *json_measure(const struct measure *m)
{
	bool is_whole = m->unit == UNIT_NS || m->unit == UNIT_BYTES ||
	                (m->unit == UNIT_COUNT && m->value == trunc(m->value));
	if (is_whole && fabs(m->value) < 0x1p53)
		return json_integer((json_int_t)llround(m->value));
	return json_real(m->value);
}

static json_t *json_measures(const struct finding *f)
{
	json_t *object = json_object();
	for (size_t i = 0; i < f->measures; i++) {
		char key[96];
		snprintf(key, sizeof key, "%s%s", f->measure[i].name, measure_suffixes[f->measure[i].unit]);
		json_put(&object, key, json_measure(&f->measure[i]));
	}
	return object;
}

static json_t *json_frames(const struct evidence *e)
{
	json_t *all = json_array();
	for (size_t i = 0; i < e->frames; i++) {
		json_t *row = json_object();
		json_put(&row, "function", json_words(e->frame[i].function));
		json_put(&row, "file", json_words(e->frame[i].file));
		json_put(&row, "line", json_integer(e->frame[i].line));
		json_push(&all, row);
	}
	return all;
}

static json_t *json_evidence(const struct evidence *e)
{
	const struct {
		const char *key;
		uint64_t id;
	} ids[] = {{"goroutine", e->goroutine}, {"task", e->task}, {"thread", e->thread}};
	json_t *object = json_object();
	json_put(&object, "kind", json_string(evidence_words[e->kind]));
	json_put(&object, "text", json_words(e->text));
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		if (ids[i].id)
			json_put(&object, ids[i].key, json_count(ids[i].id));
	if (e->begin_ns >= 0) {
		json_put(&object, "begin_ns", json_integer(e->begin_ns));
		json_put(&object, "end_ns", json_integer(e->end_ns));
	}
	if (e->frames)
		json_put(&object, "stack", json_frames(e));
	return object;
}

static json_t *json_finding(const struct finding *f)
{
	const struct advice *advice = advice_of(f->slug);
	json_t *object = json_object(), *evidence = json_array();
	for (size_t i = 0; i < f->evidences; i++)
		json_push(&evidence, json_evidence(&f->evidence[i]));
	json_put(&object, "slug", json_string(slug_word(f->slug)));
	json_put(&object, "severity", json_string(severity_words[f->severity]));
	if (advice)
		json_put(&object, "title", json_string(advice->title));
	json_put(&object, "summary", json_words(f->summary));
	json_put(&object, "impact_ratio", json_real(f->impact));
	json_put(&object, "measures", json_measures(f));
	json_put(&object, "evidence", evidence);
	json_put(&object, "remedy", json_words(finding_remedy_text(f)));
	if (advice)
		json_put(&object, "refuted_by", json_string(advice->refuted));
	return object;
}

char *findings_json(const struct findings_shown *shown)
{
	json_t *all = json_array();
	for (size_t i = 0; i < shown->findings->n; i++)
		json_push(&all, json_finding(shown->findings->finding[i]));
	char *text = all ? json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(all);
	return text;
}
