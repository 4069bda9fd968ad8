#include "tests/unit/metrics_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/schedtrace.h"

/* What is printed about a snapshot taken 1004 ms after attaching; the caller frees it. */
static char *print(const struct snapshot *s, bool detail)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	schedtrace_print(out, s, s->sched_at.at_ns - 1004 * NS_PER_MS - 999999, detail);
	fclose(out);
	return text;
}

static void assert_printed(const struct snapshot *s, bool detail, const char *expected)
{
	char *text = print(s, detail);
	assert_string_equal(text, expected);
	free(text);
}

static void set_all(struct fields *f, const int64_t *values, int count)
{
	for (int i = 0; i < count; i++)
		fields_set(f, i, values[i]);
}

/* 4 Ps and 2 Ms, in the state that the goldens below show. */
static struct snapshot *make_known(void)
{
	static const int64_t sched[] = {4, 2, 7, 0, 0, 3, 0, 0, 0, 0, 0};
	static const int64_t ticks[] = {12, 4, 5, 4294967295};
	struct snapshot *s = make_snapshot(5 * NS_PER_S);
	set_all(&s->sched, sched, SCHED_SYSMONWAIT + 1);
	assert_int_equal(snapshot_reserve(s, 4, 2), STATUS_OK);
	for (size_t i = 0; i < 4; i++) {
		const int64_t p[] = {(int64_t)i, 0, ticks[i], 1, FIELD_NIL, 10 * (int64_t)i, 6, 2};
		set_all(&s->p[i].f, p, P_TIMERSLEN + 1);
	}
	fields_set(&s->p[1].f, P_M, 3);
	static const int64_t parked[] = {3, -1, -1, 0, 0, 0, 0, 0, 1, -1};
	static const int64_t running[] = {0, 1, 17, 1, 2, -1, 0, 1, 0, 17};
	set_all(&s->m[0].f, parked, M_LOCKEDG + 1);
	set_all(&s->m[1].f, running, M_LOCKEDG + 1);
	strcpy(s->m[1].preemptoff, "gcing");
	return s;
}

static void a_plain_line_is_as_go_126_prints_it(void **state)
{
	(void)state;
	struct snapshot *s = make_known();
	assert_printed(s, false,
	               "SCHED 1004ms: gomaxprocs=4 idleprocs=2 threads=7 spinningthreads=0 "
	               "needspinning=0 idlethreads=3 runqueue=0 [ 0 10 20 30 ] "
	               "schedticks=[ 12 4 5 4294967295 ]\n");
	s->np = 1;
	assert_printed(s, false,
	               "SCHED 1004ms: gomaxprocs=4 idleprocs=2 threads=7 spinningthreads=0 "
	               "needspinning=0 idlethreads=3 runqueue=0 [ 0 ] schedticks=[ 12 ]\n");
	snapshot_unref(s);
}

static void detail_is_as_go_126_prints_it(void **state)
{
	(void)state;
	struct snapshot *s = make_known();
	assert_printed(
		s, true,
		"SCHED 1004ms: gomaxprocs=4 idleprocs=2 threads=7 spinningthreads=0 needspinning=0 "
		"idlethreads=3 runqueue=0 gcwaiting=false nmidlelocked=0 stopwait=0 sysmonwait=false\n"
		"  P0: status=0 schedtick=12 syscalltick=1 m=nil runqsize=0 gfreecnt=6 timerslen=2\n"
		"  P1: status=0 schedtick=4 syscalltick=1 m=3 runqsize=10 gfreecnt=6 timerslen=2\n"
		"  P2: status=0 schedtick=5 syscalltick=1 m=nil runqsize=20 gfreecnt=6 timerslen=2\n"
		"  P3: status=0 schedtick=4294967295 syscalltick=1 m=nil runqsize=30 gfreecnt=6 "
		"timerslen=2\n"
		"  M3: p=nil curg=nil mallocing=0 throwing=0 preemptoff= locks=0 dying=0 "
		"spinning=false blocked=true lockedg=nil\n"
		"  M0: p=1 curg=17 mallocing=1 throwing=2 preemptoff=gcing locks=-1 dying=0 "
		"spinning=true blocked=false lockedg=17\n");
	fields_set(&s->sched, SCHED_GCWAITING, 1);
	fields_set(&s->sched, SCHED_SYSMONWAIT, 1);
	s->np = s->nm = 0;
	assert_printed(
		s, true,
		"SCHED 1004ms: gomaxprocs=4 idleprocs=2 threads=7 spinningthreads=0 needspinning=0 "
		"idlethreads=3 runqueue=0 gcwaiting=true nmidlelocked=0 stopwait=0 sysmonwait=true\n");
	snapshot_unref(s);
}

/* Takes one field after the other away: its line says so, whatever the line was. */
static void a_line_with_an_unknown_field_says_which_and_nothing_else(void **state)
{
	(void)state;
	struct snapshot *s = make_known();
	for (int field = 0; field <= SCHED_RUNQUEUE; field++) {
		char expected[64];
		snprintf(expected, sizeof expected, "# incomplete: %s\n", sched_field_info[field].name);
		uint64_t valid = s->sched.valid;
		s->sched.valid &= ~(UINT64_C(1) << field);
		assert_printed(s, false, expected);
		s->sched.valid = valid;
	}
	/* What only the detail needs does not spoil the plain line. */
	s->sched.valid &= ~(UINT64_C(1) << SCHED_STOPWAIT);
	s->p[2].f.valid &= ~(UINT64_C(1) << P_TIMERSLEN);
	char *plain = print(s, false), *detail = print(s, true);
	assert_true(strncmp(plain, "SCHED ", 6) == 0);
	assert_true(strncmp(detail, "# incomplete: stopwait\n  P0: ", 29) == 0);
	assert_non_null(strstr(detail, "\n# incomplete: P2 timerslen\n  P3: "));
	free(plain);
	free(detail);
	s->p[3].f.valid &= ~(UINT64_C(1) << P_SCHEDTICK);
	assert_printed(s, false, "# incomplete: schedtick\n");
	s->p[2].f.valid &= ~(UINT64_C(1) << P_RUNQSIZE);
	assert_printed(s, false, "# incomplete: runqsize\n");
	s->np = 0;
	assert_printed(s, false, "# incomplete: runqsize\n");
	snapshot_unref(s);
}

static void a_row_of_an_m_with_an_unknown_field_says_which(void **state)
{
	(void)state;
	struct snapshot *s = make_known();
	for (int field = M_P; field <= M_LOCKEDG; field++) {
		char expected[64];
		snprintf(expected, sizeof expected,
		         "\n# incomplete: M3 %s\n  M0: ", m_field_info[field].name);
		uint64_t valid = s->m[0].f.valid;
		s->m[0].f.valid &= ~(UINT64_C(1) << field);
		char *text = print(s, true);
		assert_non_null(strstr(text, expected));
		free(text);
		s->m[0].f.valid = valid;
	}
	s->m[0].f.valid &= ~(UINT64_C(1) << M_ID);
	char *text = print(s, true);
	assert_non_null(strstr(text, "\n# incomplete: M id\n  M0: "));
	free(text);
	snapshot_unref(s);
}

static void a_snapshot_that_knows_nothing_is_one_comment(void **state)
{
	(void)state;
	struct snapshot *s = snapshot_create();
	assert_printed(s, false, "# incomplete: gomaxprocs\n");
	assert_printed(s, true, "# incomplete: gomaxprocs\n");
	snapshot_unref(s);
}

static void a_string_of_the_target_can_not_forge_a_line(void **state)
{
	(void)state;
	struct snapshot *s = make_known();
	strcpy(s->m[1].preemptoff, "x\nSCHED \x1b[2J");
	char *text = print(s, true);
	assert_null(strstr(text, "\nSCHED"));
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, " preemptoff=x?SCHED ?[2J locks="));
	free(text);
	snapshot_unref(s);
}

static void a_comment_is_one_line_without_control_characters(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	schedtrace_comment(out, "process 4321 is gone\nSCHED 0ms:\x1b]0;");
	fclose(out);
	assert_string_equal(text, "# process 4321 is gone?SCHED 0ms:?]0;\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_line_is_as_go_126_prints_it),
		cmocka_unit_test(detail_is_as_go_126_prints_it),
		cmocka_unit_test(a_line_with_an_unknown_field_says_which_and_nothing_else),
		cmocka_unit_test(a_row_of_an_m_with_an_unknown_field_says_which),
		cmocka_unit_test(a_snapshot_that_knows_nothing_is_one_comment),
		cmocka_unit_test(a_string_of_the_target_can_not_forge_a_line),
		cmocka_unit_test(a_comment_is_one_line_without_control_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
