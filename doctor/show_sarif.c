/* SARIF 2.1.0 (OASIS), as far as viewers beside the code read it: rules, results, places, stacks.
 */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "doctor/show.h"
#include "report/json.h"

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static const char *const levels[SEVERITY_COUNT] = {
	[SEVERITY_INFO] = "note",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_CRITICAL] = "error",
};

static json_t *json_words(const char *text)
{
	return json_text(text ? text : "", text ? strlen(text) : 0);
}

/* {"text": ...}, as SARIF wants all that people read. */
static json_t *message(const char *text)
{
	json_t *object = json_object();
	json_put(&object, "text", json_words(text));
	return object;
}

/* A path as a URI: RFC 3986. */
static json_t *uri(const char *path)
{
	char text[3 * 1024 + 16];
	size_t used = 0;
	if (path[0] == '/')
		used = (size_t)snprintf(text, sizeof text, "file://");
	for (const char *c = path; *c && used + 4 < sizeof text; c++)
		used +=
			(size_t)snprintf(text + used, sizeof text - used,
		                     isalnum((unsigned char)*c) || strchr("/-._~", *c) ? "%c" : "%%%02X",
		                     (unsigned char)*c);
	text[used] = '\0';
	return json_string(text);
}

static json_t *artifact(const char *path)
{
	json_t *object = json_object();
	json_put(&object, "uri", uri(path));
	return object;
}

static json_t *location(const struct evidence_frame *f, const char *text)
{
	json_t *object = json_object(), *physical = json_object(), *region = json_object();
	json_t *logical = json_object(), *logicals = json_array();
	if (f->line) {
		json_put(&region, "startLine", json_integer(f->line));
	}
	json_put(&physical, "artifactLocation", artifact(f->file ? f->file : ""));
	if (f->line)
		json_put(&physical, "region", region);
	else
		json_decref(region);
	json_put(&logical, "fullyQualifiedName", json_words(f->function));
	json_push(&logicals, logical);
	if (f->file && *f->file)
		json_put(&object, "physicalLocation", physical);
	else
		json_decref(physical);
	json_put(&object, "logicalLocations", logicals);
	if (text)
		json_put(&object, "message", message(text));
	return object;
}

static json_t *stack(const struct evidence *e)
{
	json_t *object = json_object(), *frames = json_array();
	for (size_t i = 0; i < e->frames; i++) {
		json_t *frame = json_object();
		json_put(&frame, "location", location(&e->frame[i], NULL));
		json_push(&frames, frame);
	}
	json_put(&object, "message", message(e->text));
	json_put(&object, "frames", frames);
	return object;
}

/* Where in the code: what each piece of evidence points at, or the file that was looked at. */
static json_t *locations(const struct findings_shown *shown, const struct finding *f)
{
	json_t *all = json_array();
	for (size_t i = 0; i < f->evidences; i++)
		if (f->evidence[i].frames)
			json_push(&all,
			          location(&f->evidence[i].frame[f->evidence[i].where], f->evidence[i].text));
	if (all && json_array_size(all) == 0 && shown->of == FROM_TRACE) {
		json_t *object = json_object(), *physical = json_object();
		json_put(&physical, "artifactLocation", artifact(shown->name));
		json_put(&object, "physicalLocation", physical);
		json_push(&all, object);
	}
	return all;
}

static json_t *properties(const struct finding *f)
{
	json_t *object = json_object(), *evidence = json_array();
	for (size_t i = 0; i < f->measures; i++) {
		char key[96];
		snprintf(key, sizeof key, "%s%s", f->measure[i].name, measure_suffixes[f->measure[i].unit]);
		json_put(&object, key, json_real(f->measure[i].value));
	}
	for (size_t i = 0; i < f->evidences; i++)
		json_push(&evidence, json_words(f->evidence[i].text));
	json_put(&object, "impact_ratio", json_real(f->impact));
	json_put(&object, "evidence", evidence);
	json_put(&object, "remedy", json_words(finding_remedy_text(f)));
	return object;
}

static json_t *result(const struct findings_shown *shown, const struct finding *f)
{
	json_t *object = json_object(), *stacks = json_array();
	for (size_t i = 0; i < f->evidences; i++)
		if (f->evidence[i].frames)
			json_push(&stacks, stack(&f->evidence[i]));
	json_put(&object, "ruleId", json_string(slug_word(f->slug)));
	json_put(&object, "level", json_string(levels[f->severity]));
	json_put(&object, "message", message(f->summary));
	json_put(&object, "locations", locations(shown, f));
	json_put(&object, "stacks", stacks);
	json_put(&object, "properties", properties(f));
	return object;
}

/* One for each slug that was found. */
static json_t *rules(const struct findings *findings)
{
	bool told[SLUG_COUNT] = {false};
	json_t *all = json_array();
	for (size_t i = 0; i < findings->n; i++) {
		enum slug slug = findings->finding[i]->slug;
		const struct advice *advice = advice_of(slug);
		if (told[slug] || !advice)
			continue;
		told[slug] = true;
		json_t *rule = json_object();
		json_put(&rule, "id", json_string(slug_word(slug)));
		json_put(&rule, "shortDescription", message(advice->title));
		json_put(&rule, "fullDescription", message(advice->means));
		json_put(&rule, "help", message(advice->remedy));
		json_push(&all, rule);
	}
	return all;
}

char *findings_sarif(const struct findings_shown *shown)
{
	json_t *object = json_object(), *runs = json_array(), *run = json_object();
	json_t *tool = json_object(), *driver = json_object(), *results = json_array();
	for (size_t i = 0; i < shown->findings->n; i++)
		json_push(&results, result(shown, shown->findings->finding[i]));
	json_put(&driver, "name", json_string(PACKAGE_NAME));
	json_put(&driver, "version", json_string(PACKAGE_VERSION));
	json_put(&driver, "rules", rules(shown->findings));
	json_put(&tool, "driver", driver);
	json_put(&run, "tool", tool);
	json_put(&run, "results", results);
	json_push(&runs, run);
	json_put(&object, "$schema", json_string(SARIF_SCHEMA));
	json_put(&object, "version", json_string("2.1.0"));
	json_put(&object, "runs", runs);
	char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(object);
	return text;
}
