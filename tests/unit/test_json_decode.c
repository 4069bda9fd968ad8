#include "tests/unit/metrics_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/json.h"
#include "tests/unit/goroutine_fixture.h"

static struct snapshot *decode(const char *line)
{
	struct snapshot *s;
	struct error error = {0};
	if (json_decode(line, strlen(line), &s, &error) != STATUS_OK)
		fail_msg("%s: %s", error.text, line);
	return s;
}

/* --- there and back --------------------------------------------------------------------------- */

static uint64_t seed;

static uint64_t random_below(uint64_t n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (seed >> 20) % n;
}

static void random_fields(struct fields *f, const struct field_info *info, int count)
{
	for (int i = 0; i < count; i++) {
		if (random_below(4) == 0)
			continue;
		int64_t n = (int64_t)random_below(UINT64_C(1) << (1 + random_below(40)));
		if (info[i].kind == FIELD_BOOL)
			n &= 1;
		else if (info[i].kind == FIELD_ID && random_below(3) == 0)
			n = FIELD_NIL;
		fields_set(f, i, n);
	}
}

static void random_text(char *to, size_t size)
{
	size_t length = random_below(size);
	for (size_t i = 0; i < length; i++)
		to[i] = (char)(1 + random_below(255));
	to[length] = '\0';
}

static struct stamp random_stamp(int64_t now_ns)
{
	return (struct stamp){(enum origin)(1 + random_below(ORIGIN_COUNT - 1)),
	                      now_ns - (int64_t)random_below((uint64_t)now_ns)};
}

/* Counts that only rise from one snapshot to the next, so that windows are known. */
static void random_histogram(struct snapshot *s, int id, int64_t second)
{
	static const double own_ns[] = {-INFINITY, 0, 100.0 / 3, 1e9, INFINITY};
	struct histogram_bounds *bounds =
		id == 4 ? histogram_bounds_create(own_ns, sizeof own_ns / sizeof *own_ns)
				: histogram_bounds_of_time_histogram(id % 2);
	size_t buckets = histogram_bounds_count(bounds) - 1;
	uint64_t count[1024] = {0};
	size_t from = random_below(buckets), to = from + random_below(buckets - from + 1);
	for (size_t i = from; i < to; i++)
		count[i] = (uint64_t)second * random_below(50);
	assert_int_equal(histogram_init(&s->histogram[id], bounds, count), STATUS_OK);
	s->histogram_at[id] = random_stamp(s->monotonic_ns);
	histogram_bounds_unref(bounds);
}

static void random_lanes(struct snapshot *s)
{
	size_t samples = random_below(120), procs = samples ? random_below(9) : 0;
	assert_int_equal(lanes_reserve(&s->lanes, samples, procs), STATUS_OK);
	s->lanes.origin = (enum origin)random_below(ORIGIN_COUNT);
	int64_t at_ns = s->lanes.start_ns = s->monotonic_ns - NS_PER_S;
	for (size_t i = 0; i < samples; i++) {
		s->lanes.at_ns[i] = at_ns += 1 + (int64_t)random_below(8000000);
		for (size_t p = 0; p < procs; p++)
			s->lanes.state[i * procs + p] = i && random_below(3)
			                                    ? s->lanes.state[(i - 1) * procs + p]
			                                    : (uint8_t)random_below(LANE_STATE_COUNT);
	}
}

static void random_tasks(struct snapshot *s)
{
	s->tasks_at = random_stamp(s->monotonic_ns);
	assert_int_equal(snapshot_reserve_tasks(s, random_below(9)), STATUS_OK);
	for (size_t i = 0; i < s->ntasks; i++) {
		struct snapshot_task *task = &s->task[i];
		task->tid = (int32_t)(100 + 10 * i);
		task->inner_tid = random_below(2) ? task->tid : (int32_t)(1 + random_below(500));
		task->cpu_ns = -1;
		task->syscall = TASK_SYSCALL_UNKNOWN;
		if (random_below(5) == 0)
			continue;
		task->read_ns = s->monotonic_ns - (int64_t)random_below(NS_PER_S);
		task->cpu_ns = (int64_t)random_below(UINT64_C(1) << 40);
		task->syscall = (int16_t)((int)random_below(300) - 2);
		task->state = "RSDTZ"[random_below(5)];
		random_text(task->name, sizeof task->name);
		random_text(task->wait, sizeof task->wait);
	}
}

/* In groups of all sizes, one of them one by one. */
static void random_goroutines(struct snapshot *s)
{
	static const char *const function[] = {NULL, "main.(*Server).handle", "net/http.Serve",
	                                       "main.F[go.shape.int]", "\x1b[31m\xff\u202e"};
	static const char *const reason[] = {NULL, "chan send", "IO wait", "select (no cases)"};
	static struct goroutine_kinds kind[250];
	size_t kinds = random_below(3) ? random_below(9) : random_below(250);
	for (size_t i = 0; i < kinds; i++)
		kind[i] = (struct goroutine_kinds){
			.count = (uint32_t)(1 + random_below(20)),
			.state = (enum goroutine_state)random_below(GOROUTINE_STATE_COUNT),
			.reason = reason[random_below(4)],
			.creator = function[random_below(5)],
			.start = function[random_below(5)],
			.at = function[random_below(5)],
			.longest_ns = (int64_t)random_below(UINT64_C(1) << 40) - 1,
			.at_least = random_below(2),
			.system = random_below(4) == 0,
		};
	struct goroutine_set *set = make_goroutines(kind, kinds, kinds && random_below(2) ? 0 : -1);
	assert_non_null(set);
	set->dropped = (uint32_t)random_below(3);
	set->cost_ppm = (int64_t)random_below(9000) - 1;
	set->period_ns = (int64_t)random_below(9) * NS_PER_S;
	s->goroutines_at = random_stamp(s->monotonic_ns);
	set->at_ns = s->goroutines_at.at_ns;
	s->goroutines = set;
}

static struct snapshot *random_snapshot(int64_t second)
{
	struct snapshot *s = make_snapshot(second * NS_PER_S + (int64_t)random_below(NS_PER_S));
	s->state = (enum target_state)random_below(TARGET_STATE_COUNT);
	s->sched_at = random_stamp(s->monotonic_ns);
	s->runtime_at = random_stamp(s->monotonic_ns);
	s->os_at = random_stamp(s->monotonic_ns);
	random_text(s->program, sizeof s->program);
	random_text(s->go_version, sizeof s->go_version);
	random_text(s->module, sizeof s->module);
	random_text(s->trouble[random_below(ORIGIN_COUNT)], sizeof s->trouble[0]);
	random_fields(&s->sched, sched_field_info, SCHED_FIELD_COUNT);
	random_fields(&s->runtime, runtime_field_info, RUNTIME_FIELD_COUNT);
	random_fields(&s->os, os_field_info, OS_FIELD_COUNT);
	assert_int_equal(snapshot_reserve(s, random_below(6), random_below(12)), STATUS_OK);
	for (size_t i = 0; i < s->np; i++) {
		random_fields(&s->p[i].f, p_field_info, P_LANE);
		fields_set(&s->p[i].f, P_LANE, (int64_t)random_below(LANE_STATE_COUNT));
		random_text(s->p[i].running, sizeof s->p[i].running);
	}
	for (size_t i = 0; i < s->nm; i++) {
		random_fields(&s->m[i].f, m_field_info, M_FIELD_COUNT);
		random_text(s->m[i].preemptoff, sizeof s->m[i].preemptoff);
	}
	for (int id = 0; id < HISTOGRAM_COUNT; id++) {
		if (random_below(4))
			random_histogram(s, id, second);
	}
	random_tasks(s);
	if (random_below(3))
		random_goroutines(s);
	if (random_below(5) == 0)
		random_text(s->goroutines_trouble, sizeof s->goroutines_trouble);
	random_lanes(s);
	return s;
}

/* Lines are too long to be shown whole. */
static void assert_same_line(const char *got, const char *expected)
{
	size_t at = 0;
	while (got[at] && got[at] == expected[at])
		at++;
	size_t from = at > 100 ? at - 100 : 0;
	if (got[at] != expected[at])
		fail_msg("at %zu: expected ...%.200s, got ...%.200s", at, expected + from, got + from);
}

/* The line holds what is derived too, so equal lines are equal raw values and equal histories. */
static void a_line_decoded_and_encoded_again_is_the_same_line(void **state)
{
	(void)state;
	for (uint64_t round = 1; round <= 150; round++) {
		seed = round;
		struct history *ours = history_create(600 * NS_PER_S, SIZE_MAX);
		struct history *theirs = history_create(600 * NS_PER_S, SIZE_MAX);
		for (int64_t second = 1; second <= 5; second++) {
			assert_int_equal(history_add(ours, random_snapshot(second)), STATUS_OK);
			char *line = json_encode(ours);
			assert_non_null(line);
			assert_int_equal(history_add(theirs, decode(line)), STATUS_OK);
			char *again = json_encode(theirs);
			assert_same_line(again, line);
			free(again);
			free(line);
		}
		history_destroy(ours);
		history_destroy(theirs);
	}
}

/* Its PID is unknown, which is no number. */
static void what_is_no_process_of_ours_comes_back(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	struct snapshot *s = make_snapshot(NS_PER_S);
	s->pid = 0;
	s->life = 3;
	strcpy(s->where, "http://api:6060");
	s->sched_at = (struct stamp){ORIGIN_SCHEDTRACE, s->monotonic_ns};
	s->runtime_at = (struct stamp){ORIGIN_PPROF, s->monotonic_ns - 5};
	strcpy(s->trouble[ORIGIN_PPROF], "it takes too long");
	assert_int_equal(history_add(h, s), STATUS_OK);
	char *line = json_encode(h);
	assert_null(strstr(line, "\"pid\""));
	struct snapshot *back = decode(line);
	assert_int_equal(back->pid, 0);
	assert_int_equal(back->life, 3);
	assert_string_equal(back->where, s->where);
	assert_int_equal(back->sched_at.origin, ORIGIN_SCHEDTRACE);
	assert_int_equal(back->runtime_at.at_ns, s->runtime_at.at_ns);
	assert_string_equal(back->trouble[ORIGIN_PPROF], s->trouble[ORIGIN_PPROF]);
	assert_true(snapshot_same_process(back, s));
	snapshot_unref(back);
	free(line);
	history_destroy(h);
}

static void fields_that_say_the_most_come_back(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	struct snapshot *s = make_full_snapshot(7, 4, 6);
	fields_set(&s->runtime, RUNTIME_ALLOC_BYTES, INT64_MAX);
	assert_int_equal(history_add(h, s), STATUS_OK);
	char *line = json_encode(h);
	struct snapshot *back = decode(line);
	assert_memory_equal(&back->sched, &s->sched, sizeof s->sched);
	assert_memory_equal(&back->runtime, &s->runtime, sizeof s->runtime);
	assert_memory_equal(&back->os, &s->os, sizeof s->os);
	assert_memory_equal(back->p, s->p, s->np * sizeof *s->p);
	assert_memory_equal(back->m, s->m, s->nm * sizeof *s->m);
	assert_memory_equal(back->lanes.at_ns, s->lanes.at_ns, s->lanes.samples * sizeof(int64_t));
	assert_memory_equal(back->lanes.state, s->lanes.state, s->lanes.samples * s->lanes.procs);
	assert_memory_equal(back->histogram_at, s->histogram_at, sizeof s->histogram_at);
	assert_string_equal(back->module, s->module);
	assert_int_equal(back->wall_ns, s->wall_ns);
	assert_int_equal(back->pid, s->pid);
	snapshot_unref(back);
	free(line);
	history_destroy(h);
}

/* A line leaves out the buckets at both ends that are empty, and another line others. */
static void windows_can_be_taken_between_lines(void **state)
{
	(void)state;
	for (int old = 0; old < 2; old++) {
		struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
		struct snapshot *back[3];
		uint64_t count[721] = {0};
		for (int64_t i = 0; i < 3; i++) {
			struct snapshot *s = make_snapshot((i + 1) * NS_PER_S);
			if (i > 0) /* nothing at first, then ever more to the left */
				count[40 - i] = 10;
			assert_int_equal(histogram_init(&s->histogram[HISTOGRAM_GC_PAUSE],
			                                histogram_bounds_of_time_histogram(old), count),
			                 STATUS_OK);
			s->histogram_at[HISTOGRAM_GC_PAUSE] = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
			assert_int_equal(history_add(h, s), STATUS_OK);
			char *line = json_encode(h);
			back[i] = decode(line);
			free(line);
		}
		for (size_t i = 0; i < 2; i++) {
			struct histogram window;
			assert_int_equal(histogram_window(&window, &back[i + 1]->histogram[HISTOGRAM_GC_PAUSE],
			                                  &back[i]->histogram[HISTOGRAM_GC_PAUSE]),
			                 STATUS_OK);
			assert_non_null(window.bounds);
			assert_int_equal(window.total, 10);
			assert_int_equal(histogram_bucket(&window, 39 - i), 10);
			histogram_finish(&window);
		}
		for (size_t i = 0; i < 3; i++)
			snapshot_unref(back[i]);
		history_destroy(h);
	}
}

/* --- what is no snapshot ---------------------------------------------------------------------- */

#define HEAD                                                                         \
	"{\"schema\":1,\"monotonic_ns\":5000,\"wall_ns\":9,\"interval_ns\":7,\"pid\":3," \
	"\"state\":\"live\""
#define HISTOGRAM(members) \
	HEAD ",\"histograms\":{\"gc_pause\":{\"origin\":\"os\",\"age_ns\":1," members "}}}"
#define GOROUTINES(members) HEAD ",\"goroutines\":{\"origin\":\"memory\",\"age_ns\":1," members "}}"
#define LANES(members)      HEAD ",\"lanes\":{\"origin\":\"os\",\"start_ns\":10," members "}}"

static void hostile_lines_are_refused_in_one_sentence(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} rows[] = {
		{"", "no JSON"},
		{"{\"schema\":1", "no JSON from byte 11"},
		{"[]", "no snapshot"},
		{"{}", "no snapshot"},
		{"{\"schema\":\"1\"}", "no snapshot"},
		{"{\"schema\":2}", "schema 2, and this schedtop reads 1"},
		{HEAD ",\"goroutines\":{\"by_creator\":{}}}", "without its origin"},
		{GOROUTINES("\"count\":1,\"by_creator\":{},\"by_top\":{}"), "don't add up"},
		{GOROUTINES("\"by_creator\":{\"groups\":[{}]},\"by_top\":{}"), "don't add up"},
		{GOROUTINES("\"count\":3,\"by_creator\":{\"groups\":[{\"count\":3,\"at_known\":4}]}"),
	     "don't add up"},
		{GOROUTINES("\"count\":3,\"by_creator\":{\"groups\":[{\"count\":3,\"at_count\":-1}]},"
	                "\"by_top\":{\"other_count\":2,\"other_groups\":1}"),
	     "don't add up"},
		{GOROUTINES("\"count\":3,\"by_creator\":{\"other_count\":3},\"by_top\":{\"other_count\":3},"
	                "\"detail\":{\"by\":\"by_top\",\"group\":0}"),
	     "goroutines without a number"},
		{GOROUTINES("\"count\":3,\"by_creator\":{\"groups\":[{\"count\":3}]},"
	                "\"by_top\":{\"other_count\":3},\"detail\":{\"by\":\"by_creator\",\"group\":0,"
	                "\"members\":[{\"goid\":0}]}"),
	     "goroutines without a number"},
		{"{\"schema\":1,\"schema\":1}", "no JSON"},
		{"{\"schema\":1}", "times and state"},
		{"{\"schema\":1,\"monotonic_ns\":1,\"wall_ns\":9,\"interval_ns\":7,\"state\":\"live\"}",
	     "neither the PID nor where"},
		{"{\"schema\":1,\"monotonic_ns\":-1,\"wall_ns\":9,\"interval_ns\":7,\"pid\":3,"
	     "\"state\":\"live\"}",
	     "times"},
		{"{\"schema\":1,\"monotonic_ns\":9223372036854775807,\"wall_ns\":9,\"interval_ns\":7,"
	     "\"pid\":3,\"state\":\"live\"}",
	     "times"},
		{HEAD ",\"sources\":{\"sched\":{\"origin\":\"os\"}}}", "origin and age"},
		{HEAD ",\"sources\":{\"sched\":{\"origin\":\"moon\",\"age_ns\":1}}}", "origin and age"},
		{HEAD ",\"sources\":{\"os\":{\"origin\":\"os\",\"age_ns\":-9223372036854775807}}}", "age"},
		{HEAD ",\"trouble\":[{\"source\":\"moon\",\"text\":\"x\"}]}", "trouble"},
		{HISTOGRAM("\"total\":0,\"counts\":[],\"bounds_ns\":[]"), "bounds that can't be"},
		{HISTOGRAM("\"total\":0,\"layout\":\"go9\",\"counts\":[],\"bounds_ns\":[]"), "bounds"},
		{HISTOGRAM("\"total\":1,\"counts\":[1],\"bounds_ns\":[1]"), "don't fit"},
		{HISTOGRAM("\"total\":1,\"counts\":[1],\"bounds_ns\":[2,1]"), "can't be"},
		{HISTOGRAM("\"total\":1,\"layout\":\"go1.20\",\"counts\":[1],\"bounds_ns\":[64,129]"),
	     "can't be"},
		{HISTOGRAM("\"total\":1,\"layout\":\"go1.20\",\"counts\":[1],\"bounds_ns\":[\"+Inf\",1]"),
	     "can't be"},
		{HISTOGRAM("\"total\":2,\"layout\":\"go1.20\",\"counts\":[1],\"bounds_ns\":[64,128]"),
	     "don't add up"},
		{HISTOGRAM("\"total\":1,\"layout\":\"go1.20\",\"counts\":[-1],\"bounds_ns\":[64,128]"),
	     "no numbers"},
		{HISTOGRAM("\"total\":1,\"counts\":[1],\"bounds_ns\":[\"x\",128]"), "no numbers"},
		{HISTOGRAM("\"total\":1,\"counts\":[9223372036854775807,9223372036854775807,2],"
	               "\"bounds_ns\":[1,2,3,4]"),
	     "too many events"},
		{HEAD ",\"tasks\":[{\"tid\":5},{\"tid\":5}]}", "threads without numbers"},
		{HEAD ",\"tasks\":[{}]}", "threads without numbers"},
		{LANES("\"end_ns\":20,\"steps_ns\":[5,5],\"p\":[\"r3\"]"), "lanes"},
		{LANES("\"end_ns\":20,\"steps_ns\":[5,5],\"p\":[\"r\"]"), "lanes"},
		{LANES("\"end_ns\":20,\"steps_ns\":[5,5],\"p\":[\"x2\"]"), "lanes"},
		{LANES("\"end_ns\":20,\"steps_ns\":[5,5],\"p\":[\"r99999999999999999999\"]"), "lanes"},
		{LANES("\"end_ns\":20,\"steps_ns\":[5,5],\"p\":[2]"), "lanes"},
		{LANES("\"end_ns\":20,\"steps_ns\":[5,4],\"p\":[]"), "lanes"},
		{LANES("\"end_ns\":20,\"steps_ns\":[5,0],\"p\":[]"), "lanes"},
		{LANES("\"end_ns\":20,\"steps_ns\":[9223372036854775807],\"p\":[]"), "lanes"},
		{LANES("\"end_ns\":20,\"p\":[\"r\"]"), "lanes"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct snapshot *s;
		struct error error = {0};
		enum status status = json_decode(rows[i].line, strlen(rows[i].line), &s, &error);
		if (status != STATUS_DAMAGED || s || !strstr(error.text, rows[i].says))
			fail_msg("'%s' says '%s', not '%s'", rows[i].line, error.text, rows[i].says);
		assert_memory_equal(error.text, "it ", 3);
	}
}

/* Every beginning of a line is a line that a full disk leaves behind. */
static void a_line_that_was_cut_is_damaged_wherever_it_was_cut(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	assert_int_equal(history_add(h, make_full_snapshot(3, 2, 2)), STATUS_OK);
	char *line = json_encode(h);
	for (size_t size = 0; size < strlen(line); size += size % 50 ? 1 : 7) {
		struct snapshot *s;
		assert_int_equal(json_decode(line, size, &s, NULL), STATUS_DAMAGED);
		assert_null(s);
	}
	free(line);
	history_destroy(h);
}

static void members_of_another_kind_stay_unknown(void **state)
{
	(void)state;
	struct snapshot *s = decode(HEAD ",\"sched\":{\"runqueue\":\"5\",\"threads\":6},\"p\":[{},3],"
	                                 "\"m\":{},\"os\":[],\"program\":7,\"future\":[[]]}");
	assert_int_equal(s->sched.valid, UINT64_C(1) << SCHED_THREADS);
	assert_int_equal(s->np, 2);
	assert_int_equal(s->p[0].f.valid | s->p[1].f.valid, 0);
	assert_int_equal(s->nm, 0);
	assert_int_equal(s->os.valid, 0);
	assert_string_equal(s->program, "");
	assert_null(s->histogram[HISTOGRAM_GC_PAUSE].bounds);
	snapshot_unref(s);
}

static void names_are_made_harmless(void **state)
{
	(void)state;
	struct snapshot *s = decode(HEAD ",\"program\":\"a\\u001b[31mb\"}");
	assert_null(strchr(s->program, 0x1b));
	snapshot_unref(s);
}

/* Our own allocations alone: jansson's parser is not made for failing ones. */
static void without_memory_nothing_is_decoded_and_nothing_leaks(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, SIZE_MAX);
	assert_int_equal(history_add(h, make_full_snapshot(3, 2, 2)), STATUS_OK);
	char *line = json_encode(h);
	struct snapshot *s = NULL;
	for (long n = 0; !s; n++) {
		fail_allocation(n);
		enum status status = json_decode(line, strlen(line), &s, NULL);
		fail_allocation(-1);
		assert_int_equal(status, s ? STATUS_OK : STATUS_FAILED);
	}
	snapshot_unref(s);
	free(line);
	history_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_decoded_and_encoded_again_is_the_same_line),
		cmocka_unit_test(what_is_no_process_of_ours_comes_back),
		cmocka_unit_test(fields_that_say_the_most_come_back),
		cmocka_unit_test(windows_can_be_taken_between_lines),
		cmocka_unit_test(hostile_lines_are_refused_in_one_sentence),
		cmocka_unit_test(a_line_that_was_cut_is_damaged_wherever_it_was_cut),
		cmocka_unit_test(members_of_another_kind_stay_unknown),
		cmocka_unit_test(names_are_made_harmless),
		cmocka_unit_test(without_memory_nothing_is_decoded_and_nothing_leaks),
	};
	return cmocka_run_group_tests_name("json_decode", tests, NULL, NULL);
}
