#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collect/agent_reply.h"
#include "util/clock.h"

static json_t *parse(const char *text, struct error *error)
{
	return agent_reply_parse(text, strlen(text), error);
}

static void another_schema_is_refused_with_both_numbers(void **state)
{
	(void)state;
	struct error error = {0};
	assert_null(parse("{\"schema\":7,\"pid\":1}", &error));
	assert_non_null(strstr(error.text, "schema 7"));
	assert_non_null(strstr(error.text, "knows 1"));
}

static void what_is_no_answer_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "x", "[1]", "{}", "{\"schema\":\"1\"}", "{\"schema\":1", "null"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct error error = {0};
		assert_null(parse(bad[i], &error));
		assert_string_not_equal(error.text, "");
	}
	assert_null(agent_reply_parse(NULL, 0, NULL));
}

static void names_lose_their_escape_sequences(void **state)
{
	(void)state;
	json_t *root = parse("{\"schema\":1,\"pid\":42,\"program\":\"a\\u001b[31mb\"}", NULL);
	struct agent_info info;
	agent_reply_info(root, &info);
	assert_int_equal(info.pid, 42);
	assert_null(strchr(info.program, 0x1b));
	assert_int_equal(info.start_ticks, -1);
	json_decref(root);
}

static const char metrics[] =
	"{\"schema\":1,\"values\":{\"/sched/gomaxprocs:threads\":4,\"/gc/cycles/"
	"total:gc-cycles\":\"x\","
	"\"/sync/mutex/wait/total:seconds\":1.5,\"/sched/goroutines:goroutines\":-3},"
	"\"bounds\":{\"b\":[\"-Inf\",0,6.4e-08,\"+Inf\"]},"
	"\"histograms\":{\"/gc/pauses:seconds\":{\"bounds\":\"b\",\"counts\":[[1,5],[2,7]]},"
	"\"/sched/latencies:seconds\":{\"bounds\":\"b\",\"counts\":[[3,5]]},"
	"\"/sched/pauses/total/other:seconds\":{\"bounds\":\"?\",\"counts\":[]}}}";

static void metrics_become_fields_and_what_does_not_fit_stays_unknown(void **state)
{
	(void)state;
	struct agent_bounds known = {0};
	struct agent_metrics out = {0};
	json_t *root = parse(metrics, NULL);
	assert_int_equal(agent_reply_metrics(root, &known, &out, NULL), STATUS_OK);
	int64_t value;
	assert_true(fields_get(&out.runtime, RUNTIME_GOMAXPROCS, &value));
	assert_int_equal(value, 4);
	assert_true(fields_get(&out.runtime, RUNTIME_MUTEX_WAIT_NS, &value));
	assert_int_equal(value, 1500000000);
	assert_false(fields_has(&out.runtime, RUNTIME_GC_CYCLES));
	assert_false(fields_has(&out.runtime, RUNTIME_GOROUTINES));
	assert_int_equal(out.histogram[HISTOGRAM_GC_PAUSE].total, 12);
	assert_null(out.histogram[HISTOGRAM_OTHER_PAUSE].bounds);
	/* A bucket that does not exist makes the whole histogram unknown. */
	assert_null(out.histogram[HISTOGRAM_SCHED_LATENCY].bounds);
	assert_int_equal(known.n, 1);
	/* 64 ns, exactly: the runtime's float seconds are rounded back. */
	assert_true(histogram_bounds_ns(known.known[0].bounds)[2] == 64);
	json_decref(root);

	root = parse("{\"schema\":1,\"values\":{},\"histograms\":{\"/gc/pauses:seconds\":"
	             "{\"bounds\":\"b\",\"counts\":[[1,6]]}}}",
	             NULL);
	assert_int_equal(agent_reply_metrics(root, &known, &out, NULL), STATUS_OK);
	assert_int_equal(out.histogram[HISTOGRAM_GC_PAUSE].total, 6); /* bounds remembered */
	json_decref(root);
	agent_metrics_finish(&out);
	agent_bounds_finish(&known);
}

static void sched_rows_are_read_and_an_unknown_lane_word_is_unknown(void **state)
{
	(void)state;
	json_t *root = parse("{\"schema\":1,\"sched\":{\"gomaxprocs\":2,\"gcwaiting\":false},"
	                     "\"p\":[{\"id\":0,\"m\":null,\"lane\":\"idle\"},{\"id\":1,\"m\":3,"
	                     "\"lane\":\"?\",\"running\":\"main.x\"}],"
	                     "\"m\":[{\"id\":3,\"preemptoff\":\"gcing\",\"spinning\":true}]}",
	                     NULL);
	struct snapshot *s = snapshot_create();
	assert_int_equal(agent_reply_sched(root, s, NULL), STATUS_OK);
	assert_int_equal(s->np, 2);
	assert_int_equal(s->p[0].f.value[P_M], FIELD_NIL);
	assert_int_equal(s->p[0].f.value[P_LANE], LANE_IDLE);
	assert_false(fields_has(&s->p[1].f, P_LANE));
	assert_string_equal(s->p[1].running, "main.x");
	assert_string_equal(s->m[0].preemptoff, "gcing");
	assert_int_equal(s->m[0].f.value[M_SPINNING], 1);
	assert_false(fields_has(&s->sched, SCHED_IDLEPROCS));
	snapshot_unref(s);
	json_decref(root);
}

static void an_implausible_clock_is_replaced_by_ours(void **state)
{
	(void)state;
	int64_t now = 1000 * NS_PER_S;
	json_t *root = parse("{\"schema\":1,\"monotonic_ns\":999000000000}", NULL);
	assert_int_equal(agent_reply_time(root, now), 999 * NS_PER_S);
	json_decref(root);
	root = parse("{\"schema\":1,\"monotonic_ns\":1001000000000}", NULL);
	assert_int_equal(agent_reply_time(root, now), now);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_schema_is_refused_with_both_numbers),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(names_lose_their_escape_sequences),
		cmocka_unit_test(metrics_become_fields_and_what_does_not_fit_stays_unknown),
		cmocka_unit_test(sched_rows_are_read_and_an_unknown_lane_word_is_unknown),
		cmocka_unit_test(an_implausible_clock_is_replaced_by_ours),
	};
	return cmocka_run_group_tests_name("agent_reply", tests, NULL, NULL);
}
