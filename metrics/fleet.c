#include "metrics/fleet.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/fleet_usual.h"
#include "util/text.h"

#define NAME_MAX_BYTES 256 /* of each label, with its terminator */

#define GO_COLLECTOR "collectors.NewGoCollector"
#define SCHEDULER \
	GO_COLLECTOR "(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsScheduler))"

const struct fleet_metric_info fleet_metric_info[FLEET_METRICS] = {
	[FLEET_CPU] = {"cpu_ratio", "CPU", "CPU", FLEET_SHARE, 0.1, NULL, NULL},
	[FLEET_CORES] = {"cpu_cores", "CORES", "cores", FLEET_NUMBER, 0, "process_cpu_seconds_total",
                     "collectors.NewProcessCollector"},
	[FLEET_PROCS] = {"gomaxprocs", "PROCS", "GOMAXPROCS", FLEET_COUNT, 0.5,
                     "go_sched_gomaxprocs_threads", "client_golang v1.20 and newer"},
	[FLEET_GOROUTINES] = {"goroutines", "GOROUTINES", "goroutines", FLEET_COUNT, 50,
                          "go_goroutines", GO_COLLECTOR},
	[FLEET_WAIT_P50] = {"wait_p50_ns", "WAIT p50", "wait to run p50", FLEET_TIME, 1e6, NULL, NULL},
	[FLEET_WAIT_P99] = {"wait_p99_ns", "WAIT p99", "wait to run p99", FLEET_TIME, 1e6,
                        "go_sched_latencies_seconds", SCHEDULER},
	[FLEET_PAUSE_P99] = {"gc_pause_p99_ns", "GC PAUSE", "GC pause p99", FLEET_TIME, 1e6,
                         "go_gc_duration_seconds", GO_COLLECTOR},
	[FLEET_HEAP] = {"heap_bytes", "HEAP", "heap", FLEET_BYTES, 16 << 20, NULL, NULL},
	[FLEET_RSS] = {"rss_bytes", "RSS", "resident memory", FLEET_BYTES, 16 << 20, NULL, NULL},
	[FLEET_THREADS] = {"threads", "THREADS", "threads", FLEET_COUNT, 20, NULL, NULL},
	[FLEET_IDLE] = {"idle_ratio", "IDLE", "idle", FLEET_SHARE, 0.1, NULL, NULL},
	[FLEET_QUEUED] = {"queued", "QUEUED", "queued goroutines", FLEET_COUNT, 5, NULL, NULL},
	[FLEET_UPTIME] = {"uptime_ns", "UP FOR", "uptime", FLEET_TIME, 0, NULL, NULL},
};

const char *const fleet_state_name[FLEET_STATES] = {
	[FLEET_UP] = "up",     [FLEET_DOWN] = "down",       [FLEET_STALE] = "stale",
	[FLEET_GONE] = "gone", [FLEET_UNKNOWN] = "unknown",
};

/* Open addressing; a slot is a row + 1. References are kept beside, for a fleet is read as const.
 */
struct fleet_index {
	atomic_size_t references;
	size_t slots, room;
	uint32_t *slot;
};

/* --- life ------------------------------------------------------------------------------------- */

struct fleet *fleet_create(void)
{
	struct fleet *fleet = calloc(1, sizeof *fleet);
	struct fleet_index *index = calloc(1, sizeof *index);
	if (!fleet || !index) {
		free(fleet);
		free(index);
		return NULL;
	}
	atomic_init(&index->references, 1);
	fleet->index = index;
	return fleet;
}

struct fleet *fleet_ref(struct fleet *fleet)
{
	atomic_fetch_add(&fleet->index->references, 1);
	return fleet;
}

static void destroy(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->n; i++)
		free(fleet->instance[i].text);
	free(fleet->instance);
	free(fleet->index->slot);
	free(fleet->index);
	free((void *)fleet);
}

void fleet_unref(const struct fleet *fleet)
{
	if (fleet && atomic_fetch_sub(&fleet->index->references, 1) == 1)
		destroy(fleet);
}

/* The three names in one piece of memory. */
static bool set_names(struct fleet_instance *instance, const struct fleet_labels *labels)
{
	const char *const from[] = {labels->name, labels->job, labels->more};
	const char **const to[] = {&instance->name, &instance->job, &instance->more};
	char clean[3][NAME_MAX_BYTES];
	size_t size = 0;
	for (size_t i = 0; i < 3; i++) {
		const char *text = from[i] ? from[i] : "";
		text_clean(clean[i], sizeof clean[i], text, strlen(text));
		size += strlen(clean[i]) + 1;
	}
	char *at = instance->text = malloc(size);
	if (!at)
		return false;
	for (size_t i = 0; i < 3; i++) {
		size_t length = strlen(clean[i]) + 1;
		*to[i] = memcpy(at, clean[i], length);
		at += length;
	}
	return true;
}

static bool copy_instance(struct fleet_instance *to, const struct fleet_instance *from)
{
	*to = *from;
	return set_names(to, &(struct fleet_labels){from->name, from->job, from->more});
}

struct fleet *fleet_copy(const struct fleet *fleet)
{
	struct fleet *copy = fleet_create();
	if (!copy)
		return NULL;
	struct fleet_index *index = copy->index;
	*copy = *fleet;
	copy->index = index;
	copy->n = 0;
	copy->instance = calloc(fleet->n + 1, sizeof *copy->instance);
	for (; copy->instance && copy->n < fleet->n; copy->n++)
		if (!copy_instance(&copy->instance[copy->n], &fleet->instance[copy->n]))
			break;
	if (copy->instance && copy->n == fleet->n)
		return copy;
	destroy(copy);
	return NULL;
}

/* --- filling ---------------------------------------------------------------------------------- */

uint64_t fleet_id(const struct siphash_key *key, const struct fleet_labels *labels)
{
	const char *const part[] = {labels->name, labels->job, labels->more};
	uint64_t hash[3];
	for (size_t i = 0; i < 3; i++)
		hash[i] = siphash(key, part[i] ? part[i] : "", part[i] ? strlen(part[i]) : 0);
	return siphash(key, hash, sizeof hash);
}

/* Where it is, or the empty slot where it belongs. */
static uint32_t *slot_of(const struct fleet *fleet, uint64_t id)
{
	const struct fleet_index *index = fleet->index;
	size_t at = (size_t)id & (index->slots - 1);
	while (index->slot[at] && fleet->instance[index->slot[at] - 1].id != id)
		at = (at + 1) & (index->slots - 1);
	return &index->slot[at];
}

/* At most half of the slots are taken. */
static bool grow(struct fleet *fleet)
{
	struct fleet_index *index = fleet->index;
	size_t room = index->room ? 2 * index->room : 64;
	struct fleet_instance *instance = realloc(fleet->instance, room * sizeof *instance);
	if (!instance)
		return false;
	fleet->instance = instance;
	uint32_t *slot = calloc(2 * room, sizeof *slot);
	if (!slot)
		return false;
	free(index->slot);
	index->slot = slot;
	index->slots = 2 * room;
	index->room = room;
	for (size_t i = 0; i < fleet->n; i++)
		*slot_of(fleet, instance[i].id) = (uint32_t)i + 1;
	return true;
}

struct fleet_instance *fleet_find(struct fleet *fleet, uint64_t id,
                                  const struct fleet_labels *labels)
{
	uint32_t *slot = fleet->index->slots ? slot_of(fleet, id) : NULL;
	if (slot && *slot)
		return &fleet->instance[*slot - 1];
	if (fleet->n >= FLEET_INSTANCES_MAX) {
		fleet->left_out++;
		return NULL;
	}
	if (fleet->n == fleet->index->room && !grow(fleet))
		return NULL;
	struct fleet_instance *instance = &fleet->instance[fleet->n];
	*instance =
		(struct fleet_instance){.id = id, .state = FLEET_UNKNOWN, .seen_ns = fleet->monotonic_ns};
	if (!set_names(instance, labels))
		return NULL;
	*slot_of(fleet, id) = (uint32_t)++fleet->n;
	return instance;
}

void fleet_set(struct fleet_instance *instance, enum fleet_metric metric, double lo, double hi)
{
	if (isnan(lo) || isnan(hi))
		return;
	instance->value[metric] = (struct fleet_range){lo, hi};
	instance->known |= FLEET_BIT(metric);
}

enum status fleet_remember(struct fleet *fleet, const struct fleet *before, enum fleet_state state,
                           int64_t keep_ns)
{
	for (size_t i = 0; before && i < before->n; i++) {
		const struct fleet_instance *old = &before->instance[i];
		const struct fleet_labels labels = {old->name, old->job, old->more};
		size_t n = fleet->n;
		if (fleet->monotonic_ns - old->seen_ns >= keep_ns || n >= FLEET_INSTANCES_MAX)
			continue;
		struct fleet_instance *found = fleet_find(fleet, old->id, &labels);
		if (!found)
			return STATUS_FAILED;
		if (fleet->n > n) {
			found->state = state;
			found->seen_ns = old->seen_ns;
			snprintf(found->version, sizeof found->version, "%s", old->version);
		}
	}
	return STATUS_OK;
}

static int by_name(const void *a, const void *b)
{
	return fleet_compare_names(a, b);
}

/* CPU as share of what it may use. What both sides say may be a little apart in time. */
static void derive(struct fleet_instance *instance)
{
	const struct fleet_range *procs = &instance->value[FLEET_PROCS];
	const struct fleet_range *cores = &instance->value[FLEET_CORES];
	if (fleet_known(instance, FLEET_CORES) && fleet_known(instance, FLEET_PROCS) && procs->lo >= 1)
		fleet_set(instance, FLEET_CPU, cores->lo / procs->lo, cores->hi / procs->lo);
}

enum status fleet_finish(struct fleet *fleet)
{
	memset(fleet->in_state, 0, sizeof fleet->in_state);
	for (size_t i = 0; i < fleet->n; i++) {
		struct fleet_instance *instance = &fleet->instance[i];
		fleet->in_state[instance->state]++;
		if (instance->state == FLEET_UP || instance->state == FLEET_UNKNOWN)
			derive(instance);
		else
			instance->known = 0; /* its last values are no news of it */
	}
	if (fleet->n)
		qsort(fleet->instance, fleet->n, sizeof *fleet->instance, by_name);
	free(fleet->index->slot);
	fleet->index->slot = NULL;
	fleet->index->slots = fleet->index->room = 0;
	return fleet_find_outliers(fleet);
}

/* --- reading ---------------------------------------------------------------------------------- */

double fleet_point(struct fleet_range range)
{
	return isinf(range.hi) ? range.lo : range.hi;
}

bool fleet_known(const struct fleet_instance *instance, enum fleet_metric metric)
{
	return instance->known & FLEET_BIT(metric);
}

/* Names that end in numbers in the order of these: api-2 before api-10. */
int fleet_compare_names(const struct fleet_instance *a, const struct fleet_instance *b)
{
	int order = strverscmp(a->job, b->job);
	if (order == 0)
		order = strverscmp(a->name, b->name);
	if (order == 0)
		order = strverscmp(a->more, b->more);
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

int fleet_compare(const struct fleet_instance *a, const struct fleet_instance *b,
                  enum fleet_metric metric, bool reversed)
{
	bool has_a = fleet_known(a, metric), has_b = fleet_known(b, metric);
	if (!has_a || !has_b)
		return has_a == has_b ? 0 : has_a ? -1 : 1;
	double one = fleet_point(a->value[metric]), other = fleet_point(b->value[metric]);
	int order = (one < other) - (one > other);
	/* Of two that may reach as high, the one that begins higher. */
	if (order == 0)
		order = (a->value[metric].lo < b->value[metric].lo) -
		        (a->value[metric].lo > b->value[metric].lo);
	return reversed ? -order : order;
}

/* Counts of a fleet are sums of what servers say: any double. */
static int64_t whole_number(double value)
{
	return value >= 9e18 ? INT64_MAX : value <= -9e18 ? INT64_MIN : (int64_t)llround(value);
}

void fleet_text(char *to, size_t size, enum fleet_metric metric, struct fleet_range range,
                bool ascii)
{
	double point = fleet_point(range);
	switch (fleet_metric_info[metric].unit) {
	case FLEET_COUNT:
		text_count(to, size, whole_number(point));
		return;
	case FLEET_SHARE:
		text_percent(to, size, point);
		return;
	case FLEET_NUMBER:
		if (point >= 1000)
			text_count(to, size, whole_number(point));
		else
			snprintf(to, size, "%.*f", point < 10 ? 2 : point < 100 ? 1 : 0, point);
		return;
	case FLEET_BYTES:
		text_bytes(to, size, whole_number(point));
		return;
	case FLEET_TIME:
		/* One that is certain is written as one; NAN is unequal to itself and never known. */
		if (!(range.lo < range.hi))
			text_duration(to, size, point, ascii);
		else
			text_duration_range(to, size, range.lo, range.hi, ascii);
		return;
	}
}

bool fleet_missing(const struct fleet *fleet, enum fleet_metric *metric)
{
	size_t up = fleet->in_state[FLEET_UP] + fleet->in_state[FLEET_UNKNOWN];
	for (int i = (int)*metric; up > 0 && fleet->whole && i < FLEET_METRICS; i++)
		if (fleet_metric_info[i].source && fleet->usual[i].n == 0) {
			*metric = (enum fleet_metric)i;
			return true;
		}
	return false;
}
