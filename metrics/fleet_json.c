#include "metrics/fleet_json.h"

#include <jansson.h>
#include <math.h>

#include "util/json.h"

#define SCHEMA 1

static json_t *end_of(double value)
{
	if (isinf(value))
		return json_string(value < 0 ? "-Inf" : "+Inf");
	return fabs(value) < 9e18 ? json_integer((json_int_t)llround(value)) : json_real(value);
}

static json_t *value_of(const struct fleet_instance *instance, enum fleet_metric metric)
{
	const struct fleet_range *range = &instance->value[metric];
	enum fleet_unit unit = fleet_metric_info[metric].unit;
	if (unit == FLEET_SHARE || unit == FLEET_NUMBER)
		return json_real(fleet_point(*range));
	if (unit == FLEET_TIME && metric != FLEET_UPTIME)
		return json_pack("[o, o]", end_of(range->lo), end_of(range->hi));
	return end_of(fleet_point(*range));
}

/* The names of metrics; nothing where there are none. */
static void add_names(json_t **object, const char *name, unsigned metrics)
{
	if (!metrics)
		return;
	json_t *list = json_array();
	for (int i = 0; i < FLEET_METRICS; i++)
		if (metrics & FLEET_BIT(i))
			json_push(&list, json_string(fleet_metric_info[i].name));
	json_put(object, name, list);
}

static void add_text(json_t **object, const char *name, const char *text)
{
	if (*text)
		json_put(object, name, json_string(text));
}

char *fleet_json(const struct fleet *fleet, const struct fleet_instance *instance)
{
	json_t *object =
		json_pack("{s:i, s:I, s:I, s:s}", "schema", SCHEMA, "wall_ns", (json_int_t)fleet->wall_ns,
	              "window_ns", (json_int_t)fleet->window_ns, "instance", instance->name);
	add_text(&object, "job", instance->job);
	add_text(&object, "labels", instance->more);
	if (instance->state != FLEET_UNKNOWN)
		add_text(&object, "state", fleet_state_name[instance->state]);
	if (instance->scraped_ns)
		json_put(&object, "scraped_ns", json_integer(instance->scraped_ns));
	add_text(&object, "go_version", instance->version);
	for (int i = 0; i < FLEET_METRICS; i++)
		if (fleet_known(instance, (enum fleet_metric)i))
			json_put(&object, fleet_metric_info[i].name, value_of(instance, (enum fleet_metric)i));
	add_names(&object, "above", instance->high);
	add_names(&object, "below", instance->low);
	char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6));
	json_decref(object);
	return line;
}
