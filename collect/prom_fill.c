#include "collect/prom_fill.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define BUCKETS_MAX ((size_t)2 << 20)
#define TIME_MAX    9e9 /* seconds since 1970: the year 2255 */

uint64_t prom_fill_labels(const struct promql *q, const struct siphash_key *key, const json_t *row,
                          struct fleet_labels *labels, char *more, size_t size)
{
	size_t used = 0;
	more[0] = '\0';
	for (size_t i = 2; i < q->bys && used < size; i++)
		used += (size_t)snprintf(more + used, size - used, "%s%s", i > 2 ? "/" : "",
		                         prom_label(row, q->by[i]));
	*labels = (struct fleet_labels){prom_label(row, "instance"), prom_label(row, "job"), more};
	return fleet_id(key, labels);
}

/* NULL: it belongs to none. */
static struct fleet_instance *instance_of(struct prom_fill *f, const json_t *row)
{
	struct fleet_labels labels;
	char more[256];
	uint64_t id = prom_fill_labels(f->q, &f->key, row, &labels, more, sizeof more);
	if (!*labels.name)
		return NULL;
	size_t left_out = f->fleet->left_out;
	struct fleet_instance *instance = fleet_find(f->fleet, id, &labels);
	f->failed |= !instance && f->fleet->left_out == left_out;
	return instance;
}

/* In the units of the fleet. What can't be true is unknown: nothing of all this is below zero. */
static void set_value(struct fleet_instance *instance, enum fleet_metric metric, double value)
{
	if (value >= 0 && value <= PROM_VALUE_MAX)
		fleet_set(instance, metric, value, value);
}

/* The time of its last scrape, below zero when that failed. */
bool prom_fill_health(const json_t *row, void *arg)
{
	struct prom_fill *f = arg;
	const json_t *at = json_array_get(json_object_get(row, "value"), 0);
	double scraped, asked = json_number_value(at);
	if (!prom_value(row, &scraped) || !(fabs(scraped) <= TIME_MAX))
		return true;
	if (asked > 0 && asked <= TIME_MAX)
		f->time = asked;
	struct fleet_instance *instance = instance_of(f, row);
	if (!instance)
		return !f->failed;
	instance->scraped_ns = (int64_t)(fabs(scraped) * 1e9);
	bool old = (f->time - fabs(scraped)) * 1e9 > (double)f->stale_ns;
	instance->state = scraped < 0 ? FLEET_DOWN : old ? FLEET_STALE : FLEET_UP;
	return true;
}

/* Is it the best of the names of its metric? */
static bool is_first(size_t name)
{
	for (size_t i = 0; i < name; i++)
		if (promql_names[i].metric == promql_names[name].metric)
			return false;
	return true;
}

bool prom_fill_gauge(const json_t *row, void *arg)
{
	struct prom_fill *f = arg;
	const char *name = prom_label(row, "__name__");
	double value;
	size_t i = 0;
	while (i < promql_name_count && strcmp(promql_names[i].name, name) != 0)
		i++;
	if (i == promql_name_count || !prom_value(row, &value) || !isfinite(value))
		return true;
	struct fleet_instance *instance = instance_of(f, row);
	if (!instance)
		return !f->failed;
	const struct promql_name *known = &promql_names[i];
	if (known->kind == PROMQL_START) {
		if (!(value > 0 && f->time > 0))
			return true;
		value = f->time > value ? f->time - value : 0;
	}
	if (is_first(i) || !fleet_known(instance, known->metric))
		set_value(instance, known->metric, value * known->scale);
	return true;
}

/* The lowest one when a program that was replaced is still within reach. */
bool prom_fill_version(const json_t *row, void *arg)
{
	struct prom_fill *f = arg;
	const char *version = prom_label(row, "version");
	struct fleet_instance *instance = instance_of(f, row);
	if (instance && *version &&
	    (!instance->version[0] || strverscmp(version, instance->version) < 0))
		text_clean(instance->version, sizeof instance->version, version, strlen(version));
	return !f->failed;
}

bool prom_fill_value(const json_t *row, void *arg)
{
	struct prom_fill *f = arg;
	const struct promql_name *name = &promql_names[f->name];
	double value;
	if (!prom_value(row, &value) || !isfinite(value))
		return true;
	struct fleet_instance *instance = instance_of(f, row);
	if (!instance || fleet_known(instance, name->metric))
		return !f->failed;
	set_value(instance, name->metric, value * name->scale);
	/* A summary's greatest value is a limit of its percentiles, and no more. */
	if (name->kind == PROMQL_SUMMARY && fleet_known(instance, name->metric))
		instance->value[name->metric].lo = -INFINITY;
	return true;
}

static void set_percentiles(struct fleet_instance *instance, const struct promql_name *name,
                            const struct fleet_bucket *bucket, size_t n)
{
	struct fleet_range range;
	bool waits = name->kind == PROMQL_WAITS;
	if (fleet_known(instance, name->metric))
		return;
	if (waits && fleet_percentile(bucket, n, 0.5, &range))
		fleet_set(instance, FLEET_WAIT_P50, range.lo * name->scale, range.hi * name->scale);
	if (fleet_percentile(bucket, n, 0.99, &range))
		fleet_set(instance, waits ? FLEET_WAIT_P99 : FLEET_PAUSE_P99, range.lo * name->scale,
		          range.hi * name->scale);
}

static bool add_bucket(struct prom_fill *f, const struct fleet_bucket *bucket)
{
	if (f->buckets == f->room) {
		size_t room = f->room ? 2 * f->room : 4096;
		struct fleet_bucket *more =
			room <= BUCKETS_MAX ? realloc(f->bucket, room * sizeof *more) : NULL;
		if (!more) {
			f->failed = true;
			return false;
		}
		f->bucket = more;
		f->room = room;
	}
	f->bucket[f->buckets++] = *bucket;
	return true;
}

bool prom_fill_bucket(const json_t *row, void *arg)
{
	struct prom_fill *f = arg;
	struct fleet_bucket bucket = {.row = 0};
	bool good = prom_number(prom_label(row, "le"), &bucket.hi) && !isnan(bucket.hi) &&
	            prom_value(row, &bucket.count) && isfinite(bucket.count);
	struct fleet_instance *instance = good ? instance_of(f, row) : NULL;
	if (!instance)
		return !f->failed;
	bucket.row = (uint32_t)(instance - f->fleet->instance);
	return add_bucket(f, &bucket);
}

/* [[how the ends belong to it, "from", "to", "count"], ...] */
bool prom_fill_native(const json_t *row, void *arg)
{
	struct prom_fill *f = arg;
	const json_t *list =
		json_object_get(json_array_get(json_object_get(row, "histogram"), 1), "buckets");
	size_t i;
	json_t *entry;
	struct fleet_instance *instance = json_is_array(list) ? instance_of(f, row) : NULL;
	if (!instance)
		return !f->failed;
	f->buckets = 0;
	double below = -INFINITY;
	json_array_foreach(list, i, entry)
	{
		struct fleet_bucket bucket = {.row = 0};
		if (!prom_number(json_string_value(json_array_get(entry, 1)), &bucket.lo) ||
		    !prom_number(json_string_value(json_array_get(entry, 2)), &bucket.hi) ||
		    !prom_number(json_string_value(json_array_get(entry, 3)), &bucket.count) ||
		    !(bucket.lo >= below) || !(bucket.hi >= bucket.lo) || !(bucket.count >= 0))
			return true; /* no histogram: it stays unknown */
		below = bucket.lo;
		if (!add_bucket(f, &bucket))
			return false;
	}
	set_percentiles(instance, &promql_names[f->name], f->bucket, f->buckets);
	f->buckets = 0;
	return true;
}

static int by_row(const void *a, const void *b)
{
	const struct fleet_bucket *one = a, *other = b;
	if (one->row != other->row)
		return one->row < other->row ? -1 : 1;
	return (one->hi > other->hi) - (one->hi < other->hi);
}

/* All buckets of all instances are here: make percentiles of them. */
void prom_fill_end_buckets(struct prom_fill *f)
{
	if (f->buckets)
		qsort(f->bucket, f->buckets, sizeof *f->bucket, by_row);
	for (size_t at = 0, n; at < f->buckets; at += n) {
		uint32_t row = f->bucket[at].row;
		for (n = 1; at + n < f->buckets && f->bucket[at + n].row == row; n++)
			;
		size_t kept = fleet_buckets_of_le(&f->bucket[at], n);
		if (kept)
			set_percentiles(&f->fleet->instance[row], &promql_names[f->name], &f->bucket[at], kept);
	}
	f->buckets = 0;
}
