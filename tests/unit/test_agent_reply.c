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

static const char groups[] =
	"{\"schema\":1,\"monotonic_ns\":5,\"count\":6,\"system_count\":2,\"dropped\":1,\"cost_ns\":700,"
	"\"reasons\":[\"select\",\"chan \\u001b[31mreceive\"],"
	"\"places\":[{\"function\":\"main.make\",\"file\":\"/src/a.go\",\"line\":7},"
	"{\"function\":\"main.run\",\"file\":\"\",\"line\":0},\"x\"],"
	"\"groups\":[{\"status\":4,\"count\":5,\"system\":false,\"reason\":1,\"creator\":0,\"start\":1,"
	"\"goids\":[11,12]},"
	"{\"status\":4,\"count\":2,\"system\":true,\"reason\":9,\"creator\":-1,\"start\":2,\"goids\":["
	"3]},"
	"{\"status\":2,\"count\":1,\"system\":false,\"goids\":[\"y\"]},"
	"{\"status\":6,\"count\":1,\"system\":false},{\"status\":4,\"count\":-4},7]}";

static void groups_keep_what_they_have_in_common_and_their_times_are_unknown(void **state)
{
	(void)state;
	int64_t cost_ns = 0;
	json_t *root = parse(groups, NULL);
	struct goroutine_set *set = agent_reply_groups(root, &cost_ns, NULL);
	json_decref(root);
	assert_non_null(set);
	assert_int_equal(cost_ns, 700);
	assert_int_equal(set->dropped, 1);
	assert_int_equal(set->count, 6);
	assert_int_equal(set->system_count, 2);
	const struct goroutine_grouping *by = &set->by[GOROUTINES_BY_CREATOR];
	assert_int_equal(by->n, 3);
	const struct goroutine_group *group = &by->group[0];
	assert_int_equal(group->count, 5);
	assert_int_equal(group->state, GOROUTINE_WAITING);
	assert_string_equal(goroutine_text(set, group->creator.function), "main.make");
	assert_string_equal(goroutine_text(set, group->creator.file), "/src/a.go");
	assert_int_equal(group->creator.line, 7);
	assert_string_equal(goroutine_text(set, group->start.function), "main.run");
	assert_null(strchr(goroutine_text(set, group->reason), 0x1b));
	assert_int_equal(group->longest_ns, -1);
	assert_int_equal(group->median_ns, -1);
	assert_int_equal(group->at_known, 0);
	/* Positions that are none are unknown. */
	assert_true(by->group[1].system);
	assert_string_equal(goroutine_text(set, by->group[1].reason), "");
	assert_string_equal(goroutine_text(set, by->group[1].start.function), "");
	goroutine_set_unref(set);
}

static void groups_that_no_program_has_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"{\"schema\":1}",
		"{\"schema\":1,\"groups\":{}}",
		"{\"schema\":1,\"groups\":[{\"count\":2000000},{\"count\":2000000}]}",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		int64_t cost_ns;
		struct error error = {0};
		json_t *root = parse(bad[i], NULL);
		assert_null(agent_reply_groups(root, &cost_ns, &error));
		assert_non_null(strstr(error.text, "not believed"));
		json_decref(root);
	}
	/* Nothing at all is a set, if an odd one. */
	int64_t cost_ns;
	json_t *root = parse("{\"schema\":1,\"groups\":[]}", NULL);
	struct goroutine_set *set = agent_reply_groups(root, &cost_ns, NULL);
	assert_non_null(set);
	assert_int_equal(set->count, 0);
	assert_int_equal(cost_ns, -1);
	goroutine_set_unref(set);
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
		cmocka_unit_test(groups_keep_what_they_have_in_common_and_their_times_are_unknown),
		cmocka_unit_test(groups_that_no_program_has_are_refused),
	};
	return cmocka_run_group_tests_name("agent_reply", tests, NULL, NULL);
}
