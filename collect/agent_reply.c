#include "collect/agent_reply.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/json.h"
#include "util/clock.h"
#include "util/text.h"

/* More than any process has; less than what would hurt us. */
#define PROCS_MAX      4096
#define THREADS_MAX    65536
#define BUCKETS_MAX    4096
#define GROUPS_MAX     4096
#define REASONS_MAX    256
#define GOROUTINES_MAX ((size_t)2 << 20)

json_t *agent_reply_parse(const char *body, size_t size, struct error *error)
{
	json_error_t where;
	json_t *root = body ? json_loadb(body, size, 0, &where) : NULL;
	const json_t *schema = json_object_get(root, "schema");
	if (!json_is_object(root)) {
		error_set(error, STATUS_FAILED, "its agent sent something that is not JSON");
	} else if (!json_is_integer(schema)) {
		error_set(error, STATUS_FAILED, "its agent's answer names no schema: is it an agent?");
	} else if (json_integer_value(schema) != AGENT_SCHEMA) {
		error_set(error, STATUS_FAILED,
		          "its agent speaks schema %lld, this schedtop knows %d: use releases that belong "
		          "together",
		          (long long)json_integer_value(schema), AGENT_SCHEMA);
	} else {
		return root;
	}
	json_decref(root);
	return NULL;
}

static void copy_string(const json_t *object, const char *key, char *to, size_t size)
{
	const json_t *value = json_object_get(object, key);
	to[0] = '\0';
	if (json_is_string(value))
		text_clean(to, size, json_string_value(value), json_string_length(value));
}

static int64_t integer(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_integer(value) ? json_integer_value(value) : -1;
}

void agent_reply_info(const json_t *root, struct agent_info *info)
{
	*info = (struct agent_info){
		.pid = integer(root, "pid"),
		.pid_namespace = integer(root, "pid_namespace"),
		.start_ticks = integer(root, "start_ticks"),
		.sched = json_is_true(json_object_get(root, "sched")),
	};
	const json_t *flight = json_object_get(root, "flight");
	if (json_is_true(json_object_get(flight, "on"))) {
		info->flight_since_ns = integer(flight, "since_ns");
		info->flight_age_ns = integer(flight, "min_age_ns");
		info->flight_bytes = integer(flight, "max_bytes");
	}
	copy_string(root, "program", info->program, sizeof info->program);
	copy_string(root, "go_version", info->go_version, sizeof info->go_version);
	copy_string(root, "module", info->module, sizeof info->module);
	copy_string(root, "agent", info->version, sizeof info->version);
	copy_string(root, "sched_error", info->sched_error, sizeof info->sched_error);
}

int64_t agent_reply_time(const json_t *root, int64_t now_ns)
{
	int64_t at_ns = integer(root, "monotonic_ns");
	return at_ns > now_ns - 60 * NS_PER_S && at_ns <= now_ns ? at_ns : now_ns;
}

/* Which runtime/metrics value is which field; values in seconds become nanoseconds. */
static const struct {
	const char *name;
	int field; /* enum runtime_field */
	bool seconds;
} metric_map[] = {
	{"/sched/goroutines:goroutines", RUNTIME_GOROUTINES, false},
	{"/sched/goroutines/running:goroutines", RUNTIME_GOROUTINES_RUNNING, false},
	{"/sched/goroutines/runnable:goroutines", RUNTIME_GOROUTINES_RUNNABLE, false},
	{"/sched/goroutines/waiting:goroutines", RUNTIME_GOROUTINES_WAITING, false},
	{"/sched/goroutines/not-in-go:goroutines", RUNTIME_GOROUTINES_NOT_IN_GO, false},
	{"/sched/goroutines-created:goroutines", RUNTIME_GOROUTINES_CREATED, false},
	{"/sched/threads/total:threads", RUNTIME_THREADS, false},
	{"/sched/gomaxprocs:threads", RUNTIME_GOMAXPROCS, false},
	{"/gc/cycles/total:gc-cycles", RUNTIME_GC_CYCLES, false},
	{"/gc/cycles/forced:gc-cycles", RUNTIME_GC_CYCLES_FORCED, false},
	{"/gc/heap/allocs:bytes", RUNTIME_ALLOC_BYTES, false},
	{"/gc/heap/allocs:objects", RUNTIME_ALLOC_OBJECTS, false},
	{"/memory/classes/heap/objects:bytes", RUNTIME_HEAP_OBJECTS_BYTES, false},
	{"/gc/heap/live:bytes", RUNTIME_HEAP_LIVE_BYTES, false},
	{"/gc/heap/goal:bytes", RUNTIME_HEAP_GOAL_BYTES, false},
	{"/memory/classes/total:bytes", RUNTIME_MEMORY_TOTAL_BYTES, false},
	{"/sync/mutex/wait/total:seconds", RUNTIME_MUTEX_WAIT_NS, true},
	{"/cgo/go-to-c-calls:calls", RUNTIME_CGO_CALLS, false},
	{"/cpu/classes/total:cpu-seconds", RUNTIME_CPU_TOTAL_AT_GC_NS, true},
	{"/cpu/classes/idle:cpu-seconds", RUNTIME_CPU_IDLE_AT_GC_NS, true},
	{"/cpu/classes/gc/total:cpu-seconds", RUNTIME_CPU_GC_AT_GC_NS, true},
	{"/cpu/classes/gc/mark/assist:cpu-seconds", RUNTIME_CPU_ASSIST_AT_GC_NS, true},
};

/* The first name that is there counts: Go 1.22 split /gc/pauses by kind. */
static const struct {
	const char *name;
	enum histogram_id id;
} histogram_map[] = {
	{"/sched/latencies:seconds", HISTOGRAM_SCHED_LATENCY},
	{"/sched/pauses/total/gc:seconds", HISTOGRAM_GC_PAUSE},
	{"/gc/pauses:seconds", HISTOGRAM_GC_PAUSE},
	{"/sched/pauses/stopping/gc:seconds", HISTOGRAM_GC_PAUSE_STOPPING},
	{"/sched/pauses/total/other:seconds", HISTOGRAM_OTHER_PAUSE},
	{"/sched/pauses/stopping/other:seconds", HISTOGRAM_OTHER_PAUSE_STOPPING},
};

static void read_values(const json_t *values, struct fields *out)
{
	for (size_t i = 0; i < sizeof metric_map / sizeof metric_map[0]; i++) {
		const json_t *value = json_object_get(values, metric_map[i].name);
		double scaled = json_number_value(value) * (double)NS_PER_S;
		if (metric_map[i].seconds && json_is_number(value) && scaled >= 0 && scaled < 9e18)
			fields_set(out, metric_map[i].field, (int64_t)scaled);
		else if (!metric_map[i].seconds && json_is_integer(value) && json_integer_value(value) >= 0)
			fields_set(out, metric_map[i].field, json_integer_value(value));
	}
}

/* Seconds to nanoseconds. The runtime divided whole nanoseconds by 1e9: rounding gives them back.
 */
static double bound_ns(double seconds)
{
	return isinf(seconds) ? seconds : round(seconds * (double)NS_PER_S);
}

static struct histogram_bounds *read_bounds(const json_t *list)
{
	size_t n = json_array_size(list);
	if (n < 2 || n > BUCKETS_MAX + 1)
		return NULL;
	double *ns = malloc(n * sizeof *ns);
	if (!ns)
		return NULL;
	bool good = true;
	for (size_t i = 0; i < n && good; i++) {
		double seconds = 0;
		good = json_read_bound(json_array_get(list, i), &seconds);
		ns[i] = bound_ns(seconds);
	}
	struct histogram_bounds *bounds = good ? histogram_bounds_create(ns, n) : NULL;
	free(ns);
	return bounds;
}

static void learn_bounds(const json_t *told, struct agent_bounds *known)
{
	const char *id;
	json_t *list;
	json_object_foreach((json_t *)told, id, list)
	{
		bool have = false;
		for (size_t i = 0; i < known->n && !have; i++)
			have = strcmp(known->known[i].id, id) == 0;
		if (have || known->n == AGENT_BOUNDS_MAX || strlen(id) >= sizeof known->known[0].id)
			continue;
		struct histogram_bounds *bounds = read_bounds(list);
		if (!bounds)
			continue;
		snprintf(known->known[known->n].id, sizeof known->known[0].id, "%s", id);
		known->known[known->n++].bounds = bounds;
	}
}

static struct histogram_bounds *find_bounds(const struct agent_bounds *known, const char *id)
{
	for (size_t i = 0; id && i < known->n; i++)
		if (strcmp(known->known[i].id, id) == 0)
			return known->known[i].bounds;
	return NULL;
}

static enum status read_histogram(const json_t *object, const struct agent_bounds *known,
                                  struct histogram *out)
{
	struct histogram_bounds *bounds =
		find_bounds(known, json_string_value(json_object_get(object, "bounds")));
	const json_t *pairs = json_object_get(object, "counts");
	if (!bounds || !json_is_array(pairs))
		return STATUS_OK;
	size_t buckets = histogram_bounds_count(bounds) - 1;
	uint64_t *count = calloc(buckets, sizeof *count);
	if (!count)
		return STATUS_FAILED;
	bool good = true;
	for (size_t i = 0; i < json_array_size(pairs) && good; i++) {
		const json_t *pair = json_array_get(pairs, i);
		const json_t *index = json_array_get(pair, 0), *value = json_array_get(pair, 1);
		good = json_is_integer(index) && json_is_integer(value) && json_integer_value(index) >= 0 &&
		       json_integer_value(index) < (json_int_t)buckets && json_integer_value(value) >= 0;
		if (good)
			count[json_integer_value(index)] = (uint64_t)json_integer_value(value);
	}
	enum status status = good ? histogram_init(out, bounds, count) : STATUS_OK;
	free(count);
	return status;
}

enum status agent_reply_metrics(const json_t *root, struct agent_bounds *known,
                                struct agent_metrics *out, struct error *error)
{
	agent_metrics_finish(out);
	const json_t *values = json_object_get(root, "values");
	if (!json_is_object(values))
		return error_set(error, STATUS_FAILED, "its agent's metrics hold no values");
	read_values(values, &out->runtime);
	learn_bounds(json_object_get(root, "bounds"), known);
	const json_t *histograms = json_object_get(root, "histograms");
	for (size_t i = 0; i < sizeof histogram_map / sizeof histogram_map[0]; i++) {
		struct histogram *h = &out->histogram[histogram_map[i].id];
		const json_t *object = json_object_get(histograms, histogram_map[i].name);
		if (object && !h->bounds && read_histogram(object, known, h) != STATUS_OK)
			return error_no_memory(error);
	}
	return STATUS_OK;
}

void agent_metrics_finish(struct agent_metrics *m)
{
	for (int i = 0; i < HISTOGRAM_COUNT; i++)
		histogram_finish(&m->histogram[i]);
	m->runtime = (struct fields){0};
}

void agent_bounds_finish(struct agent_bounds *b)
{
	for (size_t i = 0; i < b->n; i++)
		histogram_bounds_unref(b->known[i].bounds);
	b->n = 0;
}

/* "lane" is told as a word. */
static void read_lane(const json_t *row, struct fields *f)
{
	const char *word = json_string_value(json_object_get(row, "lane"));
	for (int i = 0; word && i < LANE_STATE_COUNT; i++)
		if (strcmp(word, lane_state_name[i]) == 0)
			fields_set(f, P_LANE, i);
}

enum status agent_reply_sched(const json_t *root, struct snapshot *s, struct error *error)
{
	const json_t *sched = json_object_get(root, "sched");
	const json_t *p = json_object_get(root, "p"), *m = json_object_get(root, "m");
	if (!json_is_object(sched) || !json_is_array(p) || !json_is_array(m))
		return error_set(error, STATUS_FAILED, "its agent's scheduler state is not complete");
	if (json_array_size(p) > PROCS_MAX || json_array_size(m) > THREADS_MAX)
		return error_set(error, STATUS_FAILED, "its agent tells of %zu Ps and %zu Ms: not believed",
		                 json_array_size(p), json_array_size(m));
	if (snapshot_reserve(s, json_array_size(p), json_array_size(m)) != STATUS_OK)
		return error_no_memory(error);
	json_read_fields(sched, sched_field_info, SCHED_FIELD_COUNT, &s->sched);
	for (size_t i = 0; i < s->np; i++) {
		const json_t *row = json_array_get(p, i);
		json_read_fields(row, p_field_info, P_FIELD_COUNT, &s->p[i].f);
		read_lane(row, &s->p[i].f);
		copy_string(row, "running", s->p[i].running, sizeof s->p[i].running);
	}
	for (size_t i = 0; i < s->nm; i++) {
		const json_t *row = json_array_get(m, i);
		json_read_fields(row, m_field_info, M_FIELD_COUNT, &s->m[i].f);
		copy_string(row, "preemptoff", s->m[i].preemptoff, sizeof s->m[i].preemptoff);
	}
	return STATUS_OK;
}

/* --- groups of goroutines -------------------------------------------------------------------- */

/* What is being read: numbers of places and reasons are their positions, from 1 on. */
struct told {
	const json_t *groups, *places, *reasons;
	struct goroutine_row *row;
	size_t rows;
};

static void name_place(void *arg, enum goroutine_place_id id, uint64_t number,
                       struct goroutine_where *out)
{
	(void)id;
	const struct told *told = arg;
	const json_t *place = json_array_get(told->places, (size_t)number - 1);
	const char *function = json_string_value(json_object_get(place, "function"));
	const char *file = json_string_value(json_object_get(place, "file"));
	int64_t line = integer(place, "line");
	*out = (struct goroutine_where){
		.function = function ? function : "",
		.file = file ? file : "",
		.line = line > 0 && line < INT32_MAX ? (int)line : 0,
	};
}

static const char *name_reason(void *arg, uint16_t number)
{
	const struct told *told = arg;
	const char *reason = json_string_value(json_array_get(told->reasons, (size_t)number - 1));
	return reason ? reason : "";
}

/* A position in the list, as the number that rows have; 0: none. */
static uint64_t number_in(const json_t *list, const json_t *group, const char *key)
{
	int64_t position = integer(group, key);
	return position >= 0 && position < (int64_t)json_array_size(list) ? (uint64_t)position + 1 : 0;
}

/* As many rows as the group has members; of a few their number is told. */
static void add_rows(struct told *told, const json_t *group, size_t count)
{
	const json_t *goids = json_object_get(group, "goids");
	enum goroutine_state state;
	if (!goroutine_state_of((uint32_t)integer(group, "status"), &state))
		return;
	const struct goroutine_row row = {
		.creator = number_in(told->places, group, "creator"),
		.start = number_in(told->places, group, "start"),
		.wait_ns = -1,
		.system = json_is_true(json_object_get(group, "system")),
		.state = (uint8_t)state,
		.reason = (uint16_t)number_in(told->reasons, group, "reason"),
	};
	for (size_t i = 0; i < count; i++) {
		const json_t *goid = json_array_get(goids, i);
		told->row[told->rows] = row;
		told->row[told->rows++].goid = json_is_integer(goid) ? json_integer_value(goid) : 0;
	}
}

static size_t count_of(const json_t *group)
{
	int64_t count = integer(group, "count");
	return count > 0 && (uint64_t)count <= GOROUTINES_MAX ? (size_t)count : 0;
}

/* Groups come with the names of what they have in common; ours are made of rows. */
static enum status regroup(struct told *told, size_t total, struct goroutine_set *set)
{
	const struct goroutine_names names = {name_place, name_reason, told};
	told->row = malloc((total + 1) * sizeof *told->row);
	if (!told->row)
		return STATUS_FAILED;
	for (size_t i = 0; i < json_array_size(told->groups); i++) {
		const json_t *group = json_array_get(told->groups, i);
		add_rows(told, group, count_of(group));
	}
	enum status status = goroutine_set_group(set, told->row, told->rows, &names, NULL);
	free(told->row);
	return status;
}

struct goroutine_set *agent_reply_groups(const json_t *root, int64_t *cost_ns, struct error *error)
{
	struct told told = {
		.groups = json_object_get(root, "groups"),
		.places = json_object_get(root, "places"),
		.reasons = json_object_get(root, "reasons"),
	};
	size_t n = json_array_size(told.groups), total = 0;
	for (size_t i = 0; i < n && i < GROUPS_MAX; i++)
		total += count_of(json_array_get(told.groups, i));
	if (!json_is_array(told.groups) || n > GROUPS_MAX || total > GOROUTINES_MAX ||
	    json_array_size(told.reasons) > REASONS_MAX) {
		error_set(error, STATUS_FAILED, "its agent's groups of goroutines are not believed");
		return NULL;
	}
	struct goroutine_set *set = goroutine_set_create();
	if (!set || regroup(&told, total, set) != STATUS_OK) {
		goroutine_set_unref(set);
		error_no_memory(error);
		return NULL;
	}
	int64_t dropped = integer(root, "dropped");
	set->dropped = dropped > 0 && dropped < UINT32_MAX ? (uint32_t)dropped : 0;
	set->at_ns = agent_reply_time(root, clock_monotonic_ns());
	*cost_ns = integer(root, "cost_ns");
	return set;
}
