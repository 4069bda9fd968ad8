#include "tests/unit/metrics_fixture.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/json.h"
#include "metrics/json_tasks.h"

/* --- what goes out -------------------------------------------------------------------------- */

static struct history *make_history(int64_t seconds)
{
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	for (int64_t second = 1; second <= seconds; second++)
		assert_int_equal(history_add(h, make_full_snapshot(second, 4, 6)), STATUS_OK);
	return h;
}

/* Encodes, makes sure that it is one line of valid JSON, and hands back what it says. */
static json_t *encode(const struct history *h)
{
	char *line = json_encode(h);
	assert_non_null(line);
	assert_null(strchr(line, '\n'));
	json_error_t error;
	json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("%s at %d of %s", error.text, error.position, line);
	free(line);
	return root;
}

/* "derived.idle.ratio", "p.3.schedtick" */
static const json_t *at(const json_t *value, const char *path)
{
	char copy[128], *rest = copy;
	snprintf(copy, sizeof copy, "%s", path);
	for (const char *key; value && (key = strsep(&rest, ".")) != NULL;) {
		if (json_is_array(value))
			value = json_array_get(value, strtoul(key, NULL, 10));
		else
			value = json_object_get(value, key);
	}
	return value;
}

static double number_at(const json_t *root, const char *path)
{
	const json_t *value = at(root, path);
	if (!json_is_number(value))
		fail_msg("%s is no number", path);
	return json_number_value(value);
}

static const char *string_at(const json_t *root, const char *path)
{
	const char *text = json_string_value(at(root, path));
	if (!text)
		fail_msg("%s is no string", path);
	return text;
}

static void assert_fields_equal(const json_t *object, const struct field_info *info, int count,
                                const struct fields *expected, int but)
{
	struct fields fields = {0};
	json_read_fields(object, info, count, &fields);
	uint64_t skip = but < 0 ? 0 : UINT64_C(1) << but;
	assert_true((fields.valid | skip) == (expected->valid | skip));
	for (int i = 0; i < count; i++) {
		if (i != but && fields_has(expected, i))
			assert_int_equal(fields.value[i], expected->value[i]);
	}
}

static void every_field_comes_back_as_it_went_out(void **state)
{
	(void)state;
	struct history *h = make_history(3);
	const struct snapshot *s = history_get(h, 0);
	json_t *root = encode(h);
	assert_int_equal(json_integer_value(at(root, "schema")), SNAPSHOT_SCHEMA);
	assert_int_equal(json_integer_value(at(root, "pid")), 4321);
	assert_int_equal(json_integer_value(at(root, "monotonic_ns")), 3 * NS_PER_S);
	assert_string_equal(string_at(root, "state"), "live");
	assert_string_equal(string_at(root, "program"), "orders-api");
	assert_string_equal(string_at(root, "sources.sched.origin"), "memory");
	assert_fields_equal(at(root, "sched"), sched_field_info, SCHED_FIELD_COUNT, &s->sched, -1);
	assert_fields_equal(at(root, "runtime"), runtime_field_info, RUNTIME_FIELD_COUNT, &s->runtime,
	                    -1);
	assert_fields_equal(at(root, "os"), os_field_info, OS_FIELD_COUNT, &s->os, -1);
	assert_int_equal(json_array_size(at(root, "p")), 4);
	assert_int_equal(json_array_size(at(root, "m")), 6);
	for (size_t i = 0; i < 4; i++) /* the lane is told by its name */
		assert_fields_equal(json_array_get(at(root, "p"), i), p_field_info, P_FIELD_COUNT,
		                    &s->p[i].f, P_LANE);
	for (size_t i = 0; i < 6; i++)
		assert_fields_equal(json_array_get(at(root, "m"), i), m_field_info, M_FIELD_COUNT,
		                    &s->m[i].f, -1);
	assert_string_equal(string_at(root, "p.2.lane"), "running");
	assert_string_equal(string_at(root, "p.2.running"), "main.(*Server).handle");
	assert_true(json_is_null(at(root, "m.1.lockedg")));
	assert_true(json_is_true(at(root, "sched.gcwaiting")));
	json_decref(root);
	history_destroy(h);
}

static void threads_come_back_as_they_went_out(void **state)
{
	(void)state;
	struct history *h = make_history(3);
	const struct snapshot *s = history_get(h, 0);
	json_t *root = encode(h);
	struct snapshot *back = make_snapshot(s->monotonic_ns);
	assert_int_equal(json_read_tasks(at(root, "tasks"), back), STATUS_OK);
	assert_int_equal(back->ntasks, 6);
	for (size_t i = 0; i < 6; i++) {
		const struct snapshot_task *a = &s->task[i], *b = &back->task[i];
		assert_true(a->tid == b->tid && a->inner_tid == b->inner_tid && a->read_ns == b->read_ns);
		assert_true(a->cpu_ns == b->cpu_ns && a->state == b->state && a->syscall == b->syscall);
		assert_string_equal(a->name, b->name);
		assert_string_equal(a->wait, b->wait);
	}
	assert_string_equal(string_at(root, "tasks.1.syscall_name"), "futex");
	assert_null(json_object_get(json_array_get(at(root, "tasks"), 3), "cpu_ns"));
	assert_string_equal(string_at(root, "sources.tasks.origin"), "os");
	/* Every M of this fixture spins, whatever else it does: the first that fits. */
	assert_string_equal(string_at(root, "derived.tasks.0.use"), "spinning");
	assert_true(fabs(number_at(root, "derived.tasks.0.cpu_ratio") - 0.1) < 1e-9);
	snapshot_unref(back);
	json_decref(root);
	history_destroy(h);
}

static void hostile_threads_are_refused(void **state)
{
	(void)state;
	static const char *const text[] = {
		"[{}]",
		"[{\"tid\": 0}]",
		"[{\"tid\": 2147483648}]",
		"[{\"tid\": \"1\"}]",
		"[1]",
		"[{\"tid\": 2}, {\"tid\": 1}]",
		"[{\"tid\": 2}, {\"tid\": 2}]",
	};
	struct snapshot *s = make_snapshot(NS_PER_S);
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		json_t *array = json_loads(text[i], 0, NULL);
		assert_non_null(array);
		assert_int_equal(json_read_tasks(array, s), STATUS_DAMAGED);
		assert_int_equal(s->ntasks, 0);
		json_decref(array);
	}
	json_t *array =
		json_loads("[{\"tid\": 7, \"age_ns\": -1, \"cpu_ns\": -5, \"syscall\": 99999,"
	               " \"state\": \"\\u001b\", \"name\": \"a\\u001b[2Jaaaaaaaaaaaaaaaaaaaaa\"}]",
	               0, NULL);
	assert_non_null(array);
	assert_int_equal(json_read_tasks(array, s), STATUS_OK);
	assert_int_equal(s->task[0].read_ns, 0);
	assert_int_equal(s->task[0].cpu_ns, -1);
	assert_int_equal(s->task[0].syscall, TASK_SYSCALL_UNKNOWN);
	assert_int_equal(s->task[0].state, '?');
	assert_string_equal(s->task[0].name, "a?[2Jaaaaaaaaaa");
	json_decref(array);
	assert_int_equal(json_read_tasks(NULL, s), STATUS_OK);
	assert_int_equal(s->ntasks, 0);
	snapshot_unref(s);
}

static void histograms_can_be_rebuilt_from_their_line(void **state)
{
	(void)state;
	struct history *h = make_history(2);
	const struct histogram *ours = &history_get(h, 0)->histogram[HISTOGRAM_GC_PAUSE];
	json_t *root = encode(h);
	const json_t *counts = at(root, "histograms.gc_pause.counts");
	const json_t *bound_ns = at(root, "histograms.gc_pause.bounds_ns");
	size_t n = json_array_size(counts);
	assert_int_equal(json_array_size(bound_ns), n + 1);
	double *bounds = calloc(n + 1, sizeof *bounds);
	uint64_t *count = calloc(n, sizeof *count);
	for (size_t i = 0; i < n; i++)
		count[i] = (uint64_t)json_integer_value(json_array_get(counts, i));
	for (size_t i = 0; i <= n; i++)
		assert_true(json_read_bound(json_array_get(bound_ns, i), &bounds[i]));
	struct histogram_bounds *shared = histogram_bounds_create(bounds, n + 1);
	struct histogram theirs;
	assert_int_equal(histogram_init(&theirs, shared, count), STATUS_OK);
	assert_int_equal(theirs.total, ours->total);
	assert_int_equal(json_integer_value(at(root, "histograms.gc_pause.total")), ours->total);
	static const double quantiles[] = {0, 0.1, 0.5, 0.9, 0.99, 1};
	for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
		struct percentile a = histogram_percentile(ours, quantiles[i]);
		struct percentile b = histogram_percentile(&theirs, quantiles[i]);
		assert_true(a.lo_ns == b.lo_ns && a.hi_ns == b.hi_ns);
	}
	histogram_finish(&theirs);
	histogram_bounds_unref(shared);
	free(bounds);
	free(count);
	json_decref(root);
	history_destroy(h);
}

static void what_is_derived_stands_beside_the_raw_values(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	for (int64_t second = 1; second <= 3; second++) {
		struct snapshot *s = make_full_snapshot(second, 4, 6);
		s->sched.valid &= ~(UINT64_C(1) << SCHED_IDLE_AT_GC_NS);
		assert_int_equal(history_add(h, s), STATUS_OK);
	}
	json_t *root = encode(h);
	assert_true(number_at(root, "derived.span_ns") == 1e9);
	assert_string_equal(string_at(root, "derived.idle.method"),
	                    "sampled"); /* cycles were counted */
	assert_true(fabs(number_at(root, "derived.idle.ratio") - 0.3) < 1e-6);
	assert_true(number_at(root, "derived.idle.last_30s.span_ns") == 2e9);
	assert_true(fabs(number_at(root, "derived.p.3.utilization") - 0.7) < 1e-6);
	assert_true(fabs(number_at(root, "derived.p.3.shares.idle") - 0.3) < 1e-6);
	assert_true(number_at(root, "derived.p.0.schedticks_per_s") == 1);
	assert_true(number_at(root, "derived.rates.gc_cycles_per_s") == 1);
	assert_true(number_at(root, "derived.cpu_limit.cpus") > 0);
	double sum = 0;
	const char *parts[] = {"running", "syscall", "cgo", "spinning", "idle", "locked", "other"};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		sum += json_number_value(json_object_get(at(root, "derived.threads"), parts[i]));
	assert_true(sum == number_at(root, "derived.threads.total"));
	/* Each second adds one event to bucket 20, two to 21 …: the same quantiles at every span. */
	static const char *const spans[] = {"interval", "minute", "start"};
	static const double seconds[] = {1, 2, 3};
	for (size_t i = 0; i < 3; i++) {
		char path[96];
		snprintf(path, sizeof path, "derived.percentiles.sched_latency.%s.events", spans[i]);
		assert_true(number_at(root, path) == 1580 * seconds[i]);
		snprintf(path, sizeof path, "derived.percentiles.sched_latency.%s.max.lo_ns", spans[i]);
		assert_true(number_at(root, path) ==
		            histogram_bounds_ns(histogram_bounds_of_time_histogram(false))[59]);
	}
	json_decref(root);
	history_destroy(h);
}

static void lanes_are_told_as_runs_of_samples(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	struct snapshot *s = make_snapshot(100);
	static const char *const rows[] = {"rriiiiiiiiiiiig", "sf-rirgsf-rirgs"};
	set_lanes(s, 0, 10, 2, rows);
	assert_int_equal(history_add(h, s), STATUS_OK);
	json_t *root = encode(h);
	assert_string_equal(string_at(root, "lanes.p.0"), "r2i12g");
	assert_string_equal(string_at(root, "lanes.p.1"), "sf-rirgsf-rirgs");
	assert_int_equal(json_integer_value(at(root, "lanes.samples")), 15);
	assert_int_equal(json_integer_value(at(root, "lanes.end_ns")), 150);
	json_decref(root);
	history_destroy(h);
}

static void what_is_unknown_is_absent(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	assert_null(json_encode(h));
	struct snapshot *s = snapshot_create();
	s->monotonic_ns = 5;
	assert_int_equal(history_add(h, s), STATUS_OK);
	json_t *root = encode(h);
	static const char *const always[] = {"schema", "monotonic_ns", "wall_ns", "interval_ns",
	                                     "state"};
	assert_int_equal(json_object_size(root), sizeof always / sizeof *always);
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		assert_non_null(json_object_get(root, always[i]));
	json_decref(root);
	/* One field alone of a part. */
	s = make_snapshot(6);
	fields_set(&s->sched, SCHED_RUNQUEUE, 0);
	assert_int_equal(history_add(h, s), STATUS_OK);
	root = encode(h);
	assert_int_equal(json_object_size(at(root, "sched")), 1);
	assert_true(json_is_integer(at(root, "sched.runqueue")));
	assert_null(at(root, "derived.idle"));
	assert_null(at(root, "derived.rates"));
	json_decref(root);
	history_destroy(h);
}

static void infinite_bounds_are_strings(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	struct snapshot *s = make_snapshot(NS_PER_S);
	uint64_t count[162] = {[0] = 1, [161] = 1};
	s->histogram_at[HISTOGRAM_GC_PAUSE] = (struct stamp){ORIGIN_MEMORY, NS_PER_S};
	assert_int_equal(histogram_init(&s->histogram[HISTOGRAM_GC_PAUSE],
	                                histogram_bounds_of_time_histogram(false), count),
	                 STATUS_OK);
	assert_int_equal(history_add(h, s), STATUS_OK);
	json_t *root = encode(h);
	assert_string_equal(string_at(root, "histograms.gc_pause.bounds_ns.0"), "-Inf");
	assert_string_equal(string_at(root, "histograms.gc_pause.bounds_ns.162"), "+Inf");
	assert_string_equal(string_at(root, "derived.percentiles.gc_pause.start.p50.lo_ns"), "-Inf");
	assert_string_equal(string_at(root, "derived.percentiles.gc_pause.start.max.hi_ns"), "+Inf");
	json_decref(root);
	history_destroy(h);
}

/* Names come from the target. Whatever they are, a line stays one line of UTF-8. */
static void hostile_strings_do_not_break_the_line(void **state)
{
	(void)state;
	uint32_t random = 99;
	for (int round = 0; round < 500; round++) {
		struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
		struct snapshot *s = make_full_snapshot(1, 1, 1);
		struct {
			char *text;
			size_t size;
		} texts[] = {
			{s->program, sizeof s->program},
			{s->module, sizeof s->module},
			{s->go_version, sizeof s->go_version},
			{s->p[0].running, sizeof s->p[0].running},
			{s->m[0].preemptoff, sizeof s->m[0].preemptoff},
			{s->trouble[ORIGIN_AGENT], sizeof s->trouble[ORIGIN_AGENT]},
		};
		for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
			for (size_t i = 0; i + 1 < texts[t].size; i++)
				texts[t].text[i] = (char)((random = random * 1664525 + 1013904223) >> 24);
			texts[t].text[0] = '"'; /* not empty */
			texts[t].text[texts[t].size - 1] = '\0';
		}
		assert_int_equal(history_add(h, s), STATUS_OK);
		json_t *root = encode(h);
		assert_int_equal(string_at(root, "program")[0], '"');
		assert_string_equal(string_at(root, "trouble.0.source"), "agent");
		json_decref(root);
		history_destroy(h);
	}
}

static size_t allocations_left;

static void *limited_malloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

static void without_memory_there_is_no_line_and_no_leak(void **state)
{
	(void)state;
	struct history *h = make_history(2);
	char *line = NULL;
	json_set_alloc_funcs(limited_malloc, free);
	/* Every place at the beginning, then some on the way: a line takes thousands. */
	for (size_t limit = 0; !line; limit += limit < 300 ? 1 : 97) {
		allocations_left = limit;
		line = json_encode(h);
		assert_true(limit < 100000);
	}
	json_set_alloc_funcs(malloc, free);
	free(line);
	for (long n = 0; n < 20; n++) { /* our own: windows and runs of lanes */
		fail_allocation(n);
		line = json_encode(h);
		fail_allocation(-1);
		assert_null(line);
	}
	history_destroy(h);
}

static void a_line_stays_reasonable(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	for (int64_t second = 1; second <= 3; second++)
		assert_int_equal(history_add(h, make_full_snapshot(second, 8, 20)), STATUS_OK);
	char *line = json_encode(h);
	print_message(
		"8 Ps, 20 Ms and threads, 5 groups, 5 histograms, 100 samples: a line of %zu bytes\n",
		strlen(line));
	assert_true(strlen(line) < 25000);
	free(line);
	history_destroy(h);
}

/* --- what comes in -------------------------------------------------------------------------- */

static struct fields read_m(const char *text)
{
	struct fields fields = {0};
	json_t *object = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_non_null(object);
	json_read_fields(object, m_field_info, M_FIELD_COUNT, &fields);
	json_decref(object);
	return fields;
}

static void members_of_the_right_kind_are_read(void **state)
{
	(void)state;
	struct fields m = read_m("{\"id\":3,\"p\":null,\"locks\":-1,\"spinning\":true,"
	                         "\"blocked\":false,\"future\":[1,{}],\"tid\":9223372036854775807}");
	assert_int_equal(m.valid, UINT64_C(1) << M_ID | UINT64_C(1) << M_P | UINT64_C(1) << M_LOCKS |
	                              UINT64_C(1) << M_SPINNING | UINT64_C(1) << M_BLOCKED |
	                              UINT64_C(1) << M_TID);
	assert_int_equal(m.value[M_ID], 3);
	assert_int_equal(m.value[M_P], FIELD_NIL);
	assert_int_equal(m.value[M_LOCKS], -1);
	assert_int_equal(m.value[M_SPINNING], 1);
	assert_int_equal(m.value[M_BLOCKED], 0);
	assert_int_equal(m.value[M_TID], INT64_MAX);
}

static void members_of_another_kind_are_unknown(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{\"id\":-1}",
		"{\"id\":1.0}",
		"{\"id\":\"3\"}",
		"{\"id\":true}",
		"{\"id\":[3]}",
		"{\"locks\":null}",
		"{\"locks\":1e3}",
		"{\"spinning\":1}",
		"{\"spinning\":null}",
		"{\"ID\":3}",
		"{}",
		"[3]",
		"3",
		"null",
		"\"id\"",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (read_m(texts[i]).valid != 0)
			fail_msg("%s told something", texts[i]);
	}
	struct fields sched = {0};
	json_t *object = json_loads("{\"idle_ns\":-5,\"goroutines_created\":5}", 0, NULL);
	json_read_fields(object, sched_field_info, SCHED_FIELD_COUNT, &sched);
	assert_int_equal(sched.valid, UINT64_C(1) << SCHED_GOROUTINES_CREATED);
	json_decref(object);
	json_read_fields(NULL, sched_field_info, SCHED_FIELD_COUNT, &sched);
}

static void bounds_are_numbers_or_the_two_infinities(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool known;
		double value;
	} rows[] = {
		{"0", true, 0},
		{"6.4e-08", true, 6.4e-08},
		{"-3", true, -3},
		{"\"-Inf\"", true, -INFINITY},
		{"\"+Inf\"", true, INFINITY},
		{"\"Inf\"", false, 0},
		{"\"+inf\"", false, 0},
		{"\"+Infinity\"", false, 0},
		{"\"+Inf\\u0000\"", false, 0},
		{"\"NaN\"", false, 0},
		{"\"1\"", false, 0},
		{"\"\"", false, 0},
		{"null", false, 0},
		{"true", false, 0},
		{"[]", false, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *value = json_loads(rows[i].text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(value);
		double bound = 77;
		if (json_read_bound(value, &bound) != rows[i].known)
			fail_msg("%s is taken wrongly", rows[i].text);
		assert_true(bound == (rows[i].known ? rows[i].value : 77));
		json_decref(value);
	}
	double bound;
	assert_false(json_read_bound(NULL, &bound));
}

/* --- the document ----------------------------------------------------------------------------- */

static char *read_document(void)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	snprintf(path, sizeof path, "%s/doc/schema.md", srcdir ? srcdir : ".");
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	char *text = NULL;
	size_t size = 0;
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

/* As a word in a code span: `a`, `a.b`, `x.a`. */
static bool is_documented(const char *document, const char *key)
{
	size_t length = strlen(key);
	for (const char *at = document; (at = strstr(at, key)) != NULL; at += length) {
		if (at > document && strchr("`.", at[-1]) && strchr("`.[", at[length]))
			return true;
	}
	return false;
}

static void assert_keys_documented(const char *document, json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;
	json_object_foreach(value, key, member)
	{
		if (!is_documented(document, key))
			fail_msg("doc/schema.md does not tell of `%s`", key);
		assert_keys_documented(document, member);
	}
	json_array_foreach(value, i, member)
	{
		assert_keys_documented(document, member);
	}
}

static void every_member_is_documented(void **state)
{
	(void)state;
	char *document = read_document();
	struct history *h = make_history(2);
	struct snapshot *s = make_full_snapshot(3, 4, 6);
	strcpy(s->trouble[ORIGIN_AGENT], "no agent");
	strcpy(s->m[0].preemptoff, "gcing");
	strcpy(s->goroutines_trouble, "no goroutines");
	assert_int_equal(history_add(h, s), STATUS_OK);
	json_t *root = encode(h);
	assert_keys_documented(document, root);
	json_decref(root);
	history_destroy(h);
	free(document);
}

static void assert_known(const json_t *example, const struct field_info *info, int count)
{
	const char *key;
	json_t *member;
	json_object_foreach((json_t *)example, key, member)
	{
		bool known = strcmp(key, "lane") == 0 || strcmp(key, "running") == 0;
		for (int i = 0; i < count && !known; i++)
			known = strcmp(key, info[i].name) == 0;
		if (!known)
			fail_msg("the example in doc/schema.md has a `%s`, which is no field", key);
	}
}

static void the_documents_example_can_be_read(void **state)
{
	(void)state;
	char *document = read_document();
	char *begin = strstr(document, "```json\n");
	assert_non_null(begin);
	begin += strlen("```json\n");
	char *end = strstr(begin, "```");
	assert_non_null(end);
	json_t *root = json_loadb(begin, (size_t)(end - begin), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_int_equal(json_integer_value(at(root, "schema")), SNAPSHOT_SCHEMA);
	assert_known(at(root, "sched"), sched_field_info, SCHED_FIELD_COUNT);
	assert_known(at(root, "p.1"), p_field_info, P_FIELD_COUNT);
	assert_known(at(root, "m.1"), m_field_info, M_FIELD_COUNT);
	assert_known(at(root, "runtime"), runtime_field_info, RUNTIME_FIELD_COUNT);
	assert_known(at(root, "os"), os_field_info, OS_FIELD_COUNT);
	assert_int_equal(json_array_size(at(root, "histograms.gc_pause.bounds_ns")),
	                 json_array_size(at(root, "histograms.gc_pause.counts")) + 1);
	struct snapshot *s;
	assert_int_equal(json_decode(begin, (size_t)(end - begin), &s, NULL), STATUS_OK);
	assert_int_equal(s->lanes.samples, json_integer_value(at(root, "lanes.samples")));
	snapshot_unref(s);
	json_decref(root);
	free(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_comes_back_as_it_went_out),
		cmocka_unit_test(threads_come_back_as_they_went_out),
		cmocka_unit_test(hostile_threads_are_refused),
		cmocka_unit_test(histograms_can_be_rebuilt_from_their_line),
		cmocka_unit_test(what_is_derived_stands_beside_the_raw_values),
		cmocka_unit_test(lanes_are_told_as_runs_of_samples),
		cmocka_unit_test(what_is_unknown_is_absent),
		cmocka_unit_test(infinite_bounds_are_strings),
		cmocka_unit_test(hostile_strings_do_not_break_the_line),
		cmocka_unit_test(without_memory_there_is_no_line_and_no_leak),
		cmocka_unit_test(a_line_stays_reasonable),
		cmocka_unit_test(members_of_the_right_kind_are_read),
		cmocka_unit_test(members_of_another_kind_are_unknown),
		cmocka_unit_test(bounds_are_numbers_or_the_two_infinities),
		cmocka_unit_test(every_member_is_documented),
		cmocka_unit_test(the_documents_example_can_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
