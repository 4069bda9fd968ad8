/* Whatever a metrics server may answer: cut anywhere, it is read to its end or refused, its rows
   are taken for each kind of question, and its histograms give a percentile that lies in one of
   their buckets. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collect/prom_fill.h"
#include "collect/prom_rows.h"
#include "metrics/fleet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BUCKETS 64

static const struct siphash_key key = {{1, 2}};

struct reading {
	struct fleet *fleet;
	struct fleet_bucket bucket[BUCKETS];
	size_t buckets, rows;
};

static bool take(const json_t *row, void *arg)
{
	struct reading *r = arg;
	const struct fleet_labels labels = {prom_label(row, "instance"), prom_label(row, "job"), ""};
	struct fleet_instance *instance = fleet_find(r->fleet, fleet_id(&key, &labels), &labels);
	double value, le;
	r->rows++;
	if (instance && prom_value(row, &value)) {
		instance->state = FLEET_UP;
		fleet_set(instance, (enum fleet_metric)(r->rows % FLEET_METRICS), value, value);
		if (r->buckets < BUCKETS && prom_number(prom_label(row, "le"), &le) && !isnan(le) &&
		    isfinite(value))
			r->bucket[r->buckets++] = (struct fleet_bucket){.hi = le, .count = value};
	}
	return r->rows < 10000;
}

static void read_percentile(struct reading *r)
{
	struct fleet_range range;
	size_t n = fleet_buckets_of_le(r->bucket, r->buckets);
	if (n && fleet_percentile(r->bucket, n, 0.99, &range) && !(range.lo <= range.hi))
		abort();
}

static void show(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n; i++)
		for (int m = 0; m < FLEET_METRICS; m++) {
			char text[40];
			if (fleet_known(&fleet->instance[i], (enum fleet_metric)m))
				fleet_text(text, sizeof text, (enum fleet_metric)m, fleet->instance[i].value[m],
				           m % 2);
		}
}

/* The same bytes as the answer to every kind of question, one after the other. */
static void fill(const uint8_t *data, size_t size)
{
	static prom_row_fn *const takers[] = {prom_fill_health, prom_fill_gauge,  prom_fill_version,
	                                      prom_fill_value,  prom_fill_bucket, prom_fill_native};
	struct promql q;
	struct error error = {0};
	char warning[64];
	if (promql_init(&q, "", NULL) != STATUS_OK)
		abort();
	struct prom_fill f = {.q = &q, .stale_ns = 1, .fleet = fleet_create()};
	for (size_t i = 0; f.fleet && i < sizeof takers / sizeof *takers; i++) {
		f.name = size ? data[0] % promql_name_count : 0;
		struct prom_rows *rows = prom_rows_create(takers[i], &f);
		if (!rows)
			abort();
		prom_rows_feed(rows, data, size);
		if (prom_rows_end(rows, warning, sizeof warning, &error) != STATUS_OK && !error.text[0])
			abort();
		prom_rows_destroy(rows);
		prom_fill_end_buckets(&f);
	}
	if (!f.fleet || fleet_finish(f.fleet) != STATUS_OK)
		abort();
	show(f.fleet);
	fleet_unref(f.fleet);
	free(f.bucket);
	promql_finish(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading *r = calloc(1, sizeof *r);
	struct prom_rows *rows = prom_rows_create(take, r);
	char warning[64];
	struct error error = {0};
	if (!r || !rows || !(r->fleet = fleet_create()))
		abort();
	size_t cut = size ? data[0] % size : 0;
	if (prom_rows_feed(rows, data, cut))
		prom_rows_feed(rows, data + cut, size - cut);
	if (prom_rows_end(rows, warning, sizeof warning, &error) != STATUS_OK && !error.text[0])
		abort();
	read_percentile(r);
	r->fleet->whole = true;
	if (fleet_finish(r->fleet) != STATUS_OK)
		abort();
	show(r->fleet);
	fleet_unref(r->fleet);
	prom_rows_destroy(rows);
	free(r);
	fill(data, size);
	return 0;
}
