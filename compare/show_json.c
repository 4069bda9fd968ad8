#include <math.h>
#include <string.h>

#include "compare/show.h"
#include "report/json.h"

/* Keys of the numbers, with their units. */
static const char *const metric_keys[METRICS] = {[METRIC_COUNT] = "count_per_s",
                                                 [METRIC_TOTAL] = "total_ns_per_s",
                                                 [METRIC_MEDIAN] = "median_ns",
                                                 [METRIC_P99] = "p99_ns"};
static const char *const side_keys[SIDES] = {"before", "after"};

/* JSON has no number for what is none. */
static void put_real(json_t **object, const char *key, double value)
{
	if (isfinite(value))
		json_put(object, key, json_real(value));
}

static json_t *json_side(const struct side *side)
{
	json_t *object = json_object(), *traces = json_array();
	for (size_t i = 0; i < side->runs; i++) {
		const struct run *run = &side->run[i];
		json_t *trace = json_object();
		json_put(&trace, "path", json_text(run->path, strlen(run->path)));
		json_put(&trace, "format", json_integer(run->version));
		json_put(&trace, "events", json_count(run->events));
		json_put(&trace, "length_ns", json_integer(run->length_ns));
		json_put(&trace, "slices", json_count(run->slices));
		json_put(&trace, "damaged", json_boolean(run->damaged));
		json_push(&traces, trace);
	}
	put_real(&object, "seconds", side_seconds(side));
	json_put(&object, "traces", traces);
	return object;
}

static json_t *json_measured(const struct row *row, int side)
{
	const struct series *s = &row->item->series[side];
	json_t *object = json_object();
	json_put(&object, "count", json_count((uint64_t)s->count));
	/* All digits of it: a sum of whole nanoseconds. */
	json_put(&object, "total_ns", json_count((uint64_t)fmin(s->ns, 0x1p62)));
	json_put(&object, "instances", json_count(s->instances));
	json_put(&object, "durations_kept", json_count(s->samples));
	for (size_t m = 0; m < METRICS; m++)
		if (row->side[side][m].known)
			put_real(&object, metric_keys[m], row->side[side][m].value);
	return object;
}

static json_t *json_change(const struct change *change)
{
	json_t *object = json_object();
	put_real(&object, "ratio", change->ratio);
	put_real(&object, "impact_ns_per_s", change->impact_ns);
	json_put(&object, "judged", json_boolean(change->judged));
	json_put(&object, "significant", json_boolean(change->significant));
	if (!change->judged)
		return object;
	put_real(&object, "p", change->p);
	if (change->ratio > 0 && isfinite(change->ratio)) {
		put_real(&object, "low", change->low);
		put_real(&object, "high", change->high);
	}
	return object;
}

static json_t *json_row(const struct comparison *c, const struct row *row)
{
	json_t *object = json_object(), *changes = json_object();
	json_put(&object, "kind", json_string(item_words[row->item->kind]));
	json_put(&object, "name", json_name(&c->items->names, row->item->name));
	put_real(&object, "impact_ns_per_s", row->impact_ns);
	json_put(&object, "significant", json_boolean(row->significant));
	for (int side = 0; side < SIDES; side++)
		json_put(&object, side_keys[side], json_measured(row, side));
	for (size_t m = 0; m < METRICS; m++)
		if (row->change[m].known)
			json_put(&changes, metric_words[m], json_change(&row->change[m]));
	json_put(&object, "changes", changes);
	return object;
}

static json_t *json_limits(const struct shown *shown)
{
	json_t *all = json_array();
	for (size_t i = 0; i < shown->gates; i++) {
		const struct gate_result *result = &shown->result[i];
		json_t *object = json_object();
		json_put(&object, "limit", json_text(shown->gate[i].text, strlen(shown->gate[i].text)));
		json_put(&object, "verdict", json_string(gate_words[result->verdict]));
		json_put(&object, "matched", json_count(result->matched));
		json_put(&object, "broken", json_count(result->broken));
		if (result->worst)
			json_put(&object, "worst",
			         json_name(&shown->comparison->items->names, result->worst->item->name));
		json_push(&all, object);
	}
	return all;
}

static json_t *json_left_out(const struct items *items)
{
	json_t *all = json_array();
	for (size_t i = 0; i < ITEM_KINDS; i++)
		if (items->left_out[i])
			json_push(&all, json_string(item_words[i]));
	return all;
}

char *show_json(const struct shown *shown)
{
	const struct comparison *c = shown->comparison;
	json_t *object = json_object(), *rows = json_array();
	for (size_t i = 0; i < c->rows; i++)
		json_push(&rows, json_row(c, &c->row[i]));
	json_put(&object, "schema", json_integer(COMPARE_SCHEMA));
	for (int side = 0; side < SIDES; side++)
		json_put(&object, side_keys[side], json_side(c->side[side]));
	json_put(&object, "judged", json_count(c->judged));
	json_put(&object, "significant", json_count(c->significant));
	json_put(&object, "rows", rows);
	json_put(&object, "left_out", json_left_out(c->items));
	json_put(&object, "limits", json_limits(shown));
	char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(object);
	return text;
}
