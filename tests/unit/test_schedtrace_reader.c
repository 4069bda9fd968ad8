#include "metrics/schedtrace_reader.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/derive.h"
#include "metrics/schedtrace.h"
#include "tests/unit/metrics_fixture.h"

#define SNAPSHOTS_MAX 64

/* What a reader made of a text. */
struct read {
	struct snapshot *s[SNAPSHOTS_MAX];
	size_t n;
	char *other, *counted;
	size_t others, counts;
	FILE *to_other, *to_counted;
};

static void on_snapshot(struct snapshot *s, void *arg)
{
	struct read *read = arg;
	assert_true(read->n < SNAPSHOTS_MAX);
	read->s[read->n++] = s;
}

static void on_other(const char *bytes, size_t n, void *arg)
{
	struct read *read = arg;
	assert_int_equal(fwrite(bytes, 1, n, read->to_other), n);
}

static void on_counted(const char *bytes, size_t n, void *arg)
{
	struct read *read = arg;
	assert_int_equal(fwrite(bytes, 1, n, read->to_counted), n);
}

static struct schedtrace_reader *begin(struct read *read)
{
	*read = (struct read){.n = 0};
	read->to_other = open_memstream(&read->other, &read->others);
	read->to_counted = open_memstream(&read->counted, &read->counts);
	const struct schedtrace_sink sink = {NULL, on_snapshot, on_counted, on_other, read};
	return schedtrace_reader_create(&sink);
}

static void end(struct read *read, struct schedtrace_reader *r)
{
	assert_int_equal(schedtrace_reader_end(r), STATUS_OK);
	assert_false(schedtrace_reader_is_pending(r));
	schedtrace_reader_destroy(r);
	fclose(read->to_other);
	fclose(read->to_counted);
}

static void finish(struct read *read)
{
	for (size_t i = 0; i < read->n; i++)
		snapshot_unref(read->s[i]);
	free(read->other);
	free(read->counted);
}

/* In pieces of `piece` bytes. */
static void read_text(struct read *read, const char *text, size_t size, size_t piece)
{
	struct schedtrace_reader *r = begin(read);
	for (size_t at = 0; at < size; at += piece)
		assert_int_equal(schedtrace_reader_feed(r, text + at,
		                                        size - at < piece ? size - at : piece),
		                 STATUS_OK);
	end(read, r);
}

static void read_string(struct read *read, const char *text)
{
	read_text(read, text, strlen(text), strlen(text));
}

static char *load(const char *name, size_t *size)
{
	char path[512];
	const char *root = getenv("srcdir");
	snprintf(path, sizeof path, "%s/tests/data/schedtrace/%s", root ? root : ".", name);
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	char *text = calloc(1, 65536);
	*size = fread(text, 1, 65535, in);
	fclose(in);
	return text;
}

/* Prints what is known; the caller frees it. */
static char *print(const struct snapshot *s, bool detail)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	schedtrace_print(out, s, 0, detail);
	fclose(out);
	return text;
}

/* The words of today, and without the spaces inside of brackets. */
static void append_modern(FILE *out, const char *line, size_t size)
{
	static const struct {
		const char *was, *is;
	} words[] = {{"[ ", "["},
	             {" ]", "]"},
	             {" m=-1", " m=nil"},
	             {" p=-1", " p=nil"},
	             {" curg=-1", " curg=nil"},
	             {" lockedg=-1", " lockedg=nil"},
	             {"gcwaiting=0", "gcwaiting=false"},
	             {"gcwaiting=1", "gcwaiting=true"},
	             {"sysmonwait=0", "sysmonwait=false"},
	             {"sysmonwait=1", "sysmonwait=true"}};
	for (size_t at = 0; at < size;) {
		size_t i, n = 0;
		for (i = 0; i < sizeof words / sizeof *words; i++) {
			n = strlen(words[i].was);
			if (size - at >= n && memcmp(line + at, words[i].was, n) == 0)
				break;
		}
		if (i < sizeof words / sizeof *words) {
			fputs(words[i].is, out);
			at += n;
		} else {
			fputc(line[at++], out);
		}
	}
}

/* The lines of the runtime in a text but those of goroutines; the caller frees it. */
static char *modern(const char *text)
{
	char *out = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&out, &size);
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, "\n") + 1;
		if (strncmp(at, "SCHED", 5) == 0 || strncmp(at, "  P", 3) == 0 ||
		    strncmp(at, "  M", 3) == 0)
			append_modern(to, at, n);
		at += n;
	}
	fclose(to);
	return out;
}

static const char *const releases[] = {"go1.18", "go1.19", "go1.20", "go1.21", "go1.22",
                                       "go1.23", "go1.24", "go1.25", "go1.26", "go1.27"};
#define RELEASES (sizeof releases / sizeof *releases)

/* All that is printed of the snapshots, in the same words. */
static void assert_prints(const struct read *read, const char *text, bool detail)
{
	char *printed = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&printed, &size);
	for (size_t i = 0; i < read->n; i++) {
		char *one = print(read->s[i], detail);
		append_modern(to, one, strlen(one));
		free(one);
	}
	fclose(to);
	char *expected = modern(text);
	assert_string_equal(printed, expected);
	free(expected);
	free(printed);
}

static void what_every_go_prints_comes_back_number_by_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < RELEASES * 2; i++) {
		char name[32];
		size_t size;
		snprintf(name, sizeof name, "%s%s.txt", releases[i / 2], i % 2 ? "-detail" : "");
		char *text = load(name, &size);
		static const size_t pieces[] = {1, 7, 4096, 65536};
		for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
			struct read read;
			read_text(&read, text, size, pieces[p]);
			assert_true(read.n >= 3);
			assert_prints(&read, text, i % 2);
			/* What the program printed itself, and nothing else, is left. */
			assert_int_equal(read.others + read.counts, size);
			assert_null(strstr(read.other, "SCHED"));
			assert_null(strstr(read.other, "status="));
			assert_non_null(strstr(read.other, "a line of the program's own 0\n"));
			finish(&read);
		}
		free(text);
	}
}

static void a_field_that_a_release_does_not_print_is_unknown(void **state)
{
	(void)state;
	struct read read;
	size_t size;
	char *text = load("go1.18.txt", &size);
	read_text(&read, text, size, size);
	assert_false(fields_has(&read.s[0]->sched, SCHED_NEEDSPINNING));
	assert_false(fields_has(&read.s[0]->sched, SCHED_GCWAITING));
	assert_false(fields_has(&read.s[0]->sched, SCHED_GOROUTINES));
	assert_false(fields_has(&read.s[0]->p[0].f, P_SCHEDTICK));
	assert_false(fields_has(&read.s[0]->p[0].f, P_STATUS));
	assert_int_equal(read.s[0]->nm, 0);
	assert_null(read.s[0]->goroutines);
	finish(&read);
	free(text);
}

#define DETAIL                                                                                \
	"SCHED 50ms: gomaxprocs=2 idleprocs=1 threads=3 spinningthreads=0 needspinning=0 "        \
	"idlethreads=1 runqueue=0 gcwaiting=false nmidlelocked=0 stopwait=0 sysmonwait=false\n"   \
	"  P0: status=1 schedtick=1 syscalltick=0 m=2 runqsize=3 gfreecnt=0 timerslen=0\n"        \
	"  P1: status=0 schedtick=5 syscalltick=8 m=nil runqsize=0 gfreecnt=0 timerslen=1\n"      \
	"  M2: p=0 curg=20 mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false "    \
	"blocked=false lockedg=nil\n"                                                             \
	"  M1: p=nil curg=nil mallocing=0 throwing=0 preemptoff=GC worker init locks=-2 dying=0 " \
	"spinning=false blocked=false lockedg=nil\n"                                              \
	"  M0: p=nil curg=25 mallocing=0 throwing=0 preemptoff= locks=2 dying=0 spinning=false "  \
	"blocked=false lockedg=nil\n"                                                             \
	"  G1: status=4(sleep) m=nil lockedm=nil\n"                                               \
	"  G2: status=4(force gc (idle)) m=nil lockedm=nil\n"                                     \
	"  G20: status=%s(%s) m=2 lockedm=nil\n"                                                  \
	"  G21: status=1(sleep) m=nil lockedm=nil\n"                                              \
	"  G25: status=4099() m=0 lockedm=nil\n"                                                  \
	"  G26: status=6(chan receive) m=nil lockedm=nil\n"

static void what_a_p_does_follows_from_its_thread_and_its_goroutine(void **state)
{
	(void)state;
	static const struct {
		const char *status, *reason;
		enum lane_state lane;
	} rows[] = {{"2", "", LANE_RUNNING},
	            {"4098", "chan receive", LANE_RUNNING},
	            {"2", "GC worker (active)", LANE_GC},
	            {"3", "", LANE_SYSCALL}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[4096];
		struct read read;
		int64_t value;
		snprintf(text, sizeof text, DETAIL, rows[i].status, rows[i].reason);
		read_string(&read, text);
		assert_int_equal(read.n, 1);
		const struct snapshot *s = read.s[0];
		assert_true(fields_get(&s->p[0].f, P_LANE, &value));
		assert_int_equal(value, rows[i].lane);
		assert_true(fields_get(&s->p[1].f, P_LANE, &value));
		assert_int_equal(value, LANE_IDLE);
		assert_true(fields_get(&s->p[0].f, P_CURG, &value));
		assert_int_equal(value, 20);
		assert_int_equal(s->nm, 3);
		assert_string_equal(s->m[1].preemptoff, "GC worker init");
		assert_true(fields_get(&s->m[1].f, M_LOCKS, &value));
		assert_int_equal(value, -2);
		assert_true(fields_get(&s->m[2].f, M_CURG_STATUS, &value));
		assert_int_equal(value, 3);
		finish(&read);
	}
}

static void goroutines_are_grouped_by_what_they_wait_for(void **state)
{
	(void)state;
	char text[4096];
	struct read read;
	int64_t count;
	snprintf(text, sizeof text, DETAIL, "2", "");
	read_string(&read, text);
	const struct goroutine_set *set = read.s[0]->goroutines;
	assert_non_null(set);
	assert_int_equal(set->count, 4); /* G26 is dead, G2 the runtime's own */
	assert_int_equal(set->system_count, 1);
	assert_true(goroutine_set_count(set, GOROUTINE_WAITING, &count));
	assert_int_equal(count, 1);
	assert_true(goroutine_set_count(set, GOROUTINE_SYSCALL, &count));
	assert_int_equal(count, 1);
	for (size_t i = 0; i < set->by[GOROUTINES_BY_CREATOR].n; i++) {
		const struct goroutine_group *group = &set->by[GOROUTINES_BY_CREATOR].group[i];
		/* That of one that does not wait is stale. */
		assert_string_equal(goroutine_text(set, group->reason), group->state != GOROUTINE_WAITING
		                                                            ? ""
		                                                        : group->system ? "force gc (idle)"
		                                                                        : "sleep");
		assert_int_equal(group->longest_ns, -1);
	}
	finish(&read);
}

/* Is every field of `part` in `whole`, as it stands? */
static bool has_all(const char *whole, const char *part)
{
	char copy[1024], *rest = copy;
	snprintf(copy, sizeof copy, "%s", part);
	for (char *word; (word = strsep(&rest, " \n")) != NULL;)
		if (strchr(word, '=') && !strstr(whole, word))
			return false;
	return true;
}

static void what_falls_into_a_line_never_changes_a_number(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"SCHED 108ms: gomaxprocs=3 idleprocs=0 threads=7 spinningthreads=0 needspinning=1 "
		"idlethreads=0 runqueue=0 [ 1 2 3 ] schedticks=[ 33 42 48 ]\n",
		"SCHED 59ms: gomaxprocs=3 idleprocs=0 threads=8 spinningthreads=0 idlethreads=1 "
		"runqueue=0 [0 1 2]\n",
	};
	static const char *const words[] = {"oops\n", "oops", "\n", " ",   "SCHED ",
	                                    "]",      "[",    "=",  "x=1 "};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		for (size_t w = 0; w < sizeof words / sizeof *words; w++)
			for (size_t at = 0; at <= strlen(lines[i]); at++) {
				char text[1024];
				struct read read;
				snprintf(text, sizeof text, "%.*s%s%s%s", (int)at, lines[i], words[w],
				         lines[i] + at, lines[i]);
				read_string(&read, text);
				assert_in_range(read.n, 1, 2);
				for (size_t s = 0; s < read.n; s++) {
					char *line = print(read.s[s], false);
					assert_true(has_all(lines[i], line));
					free(line);
				}
				finish(&read);
			}
}

static void a_line_begins_anywhere_on_a_line(void **state)
{
	(void)state;
	struct read read;
	read_string(&read, "wait for it... SCHED 5SCHED 9ms: gomaxprocs=1 idleprocs=0 threads=2 "
	                   "spinningthreads=0 idlethreads=1 runqueue=0 [7]\nand on\nno end");
	assert_int_equal(read.n, 1);
	assert_int_equal(read.s[0]->sched.value[SCHED_TRACE_MS], 9);
	assert_string_equal(read.other, "wait for it... SCHED 5and on\nno end");
	finish(&read);
}

static void a_damaged_line_takes_with_it_what_can_not_be_told_without_it(void **state)
{
	(void)state;
	static const struct {
		const char *cut; /* which loses its last bytes to another line */
		bool p, m, g;    /* known all the same */
	} rows[] = {{"  P1: ", false, true, true},
	            {"  M1: ", true, false, true},
	            {"  G1: ", true, true, false}};
	char whole[4096];
	snprintf(whole, sizeof whole, DETAIL, "2", "");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[4096];
		struct read read;
		char *at = strstr(whole, rows[i].cut);
		size_t kept = (size_t)(at - whole) + strlen(rows[i].cut) + 5;
		snprintf(text, sizeof text, "%.*soops\n%s", (int)kept, whole, whole + kept);
		read_string(&read, text);
		assert_int_equal(read.n, 1);
		const struct snapshot *s = read.s[0];
		assert_int_equal(s->np, 2);
		assert_true(fields_has(&s->p[0].f, P_STATUS));
		assert_int_equal(fields_has(&s->p[1].f, P_STATUS), rows[i].p);
		assert_int_equal(s->nm, rows[i].m ? 3 : 0);
		assert_int_equal(s->goroutines != NULL, rows[i].g);
		finish(&read);
	}
}

#define PLAIN(ms, idle)                                                              \
	"SCHED " #ms "ms: gomaxprocs=4 idleprocs=" #idle " threads=7 spinningthreads=0 " \
	"needspinning=0 idlethreads=0 runqueue=0 [ 0 0 0 0 ] schedticks=[ 1 2 3 4 ]\n"

static void the_idle_fraction_is_a_mean_of_all_lines_by_their_time(void **state)
{
	(void)state;
	struct read read;
	read_string(&read, PLAIN(0, 4) PLAIN(100, 2) PLAIN(200, 0) PLAIN(300, 4) PLAIN(1300, 4));
	assert_int_equal(read.n, 5);
	struct idle idle = derive_idle(read.s[0], read.s[3]);
	assert_int_equal(idle.method, IDLE_LINES);
	assert_true(fabs(idle.ratio - 0.5) < 1e-9);
	/* The last one does not stand for the second in which nothing was seen. */
	idle = derive_idle(read.s[0], read.s[4]);
	assert_true(fabs(idle.ratio - 3.5 / 5) < 1e-9);
	assert_int_equal(read.s[3]->interval_ns, 100 * NS_PER_MS);
	assert_int_equal(derive_idle(read.s[0], read.s[0]).method, IDLE_UNKNOWN);
	finish(&read);
}

static void a_program_that_begins_anew_has_another_life(void **state)
{
	(void)state;
	struct read read;
	read_string(&read, PLAIN(0, 4) PLAIN(100, 2) PLAIN(0, 1) PLAIN(100, 1) PLAIN(100, 3));
	static const int64_t lives[] = {0, 0, 1, 1, 2};
	assert_int_equal(read.n, 5);
	for (size_t i = 0; i < read.n; i++)
		assert_int_equal(read.s[i]->life, lives[i]);
	assert_int_equal(derive_idle(read.s[1], read.s[3]).method, IDLE_UNKNOWN);
	finish(&read);
}

static void what_waits_for_its_end_is_complete_when_nothing_comes(void **state)
{
	(void)state;
	char text[4096];
	struct read read;
	snprintf(text, sizeof text, DETAIL, "2", "");
	struct schedtrace_reader *r = begin(&read);
	size_t half = (size_t)(strstr(text, "  M1:") - text) + 12;
	assert_int_equal(schedtrace_reader_feed(r, text, half), STATUS_OK);
	assert_int_equal(schedtrace_reader_settle(r), STATUS_OK); /* in the middle of a line: not yet */
	assert_int_equal(read.n, 0);
	assert_true(schedtrace_reader_is_pending(r));
	assert_int_equal(schedtrace_reader_feed(r, text + half, strlen(text) - half), STATUS_OK);
	assert_int_equal(schedtrace_reader_settle(r), STATUS_OK);
	assert_int_equal(read.n, 1);
	assert_int_equal(read.s[0]->nm, 3);
	/* A prompt is passed on, and the line behind it counts. */
	assert_int_equal(schedtrace_reader_feed(r, "> ", 2), STATUS_OK);
	assert_int_equal(schedtrace_reader_settle(r), STATUS_OK);
	fflush(read.to_other);
	assert_string_equal(read.other, "> ");
	assert_int_equal(schedtrace_reader_feed(r, PLAIN(100, 2), strlen(PLAIN(100, 2))), STATUS_OK);
	assert_int_equal(read.n, 2);
	end(&read, r);
	finish(&read);
}

static void a_line_without_end_is_passed_on_in_bounded_memory(void **state)
{
	(void)state;
	struct read read;
	static char junk[65536];
	memset(junk, 'x', sizeof junk);
	struct schedtrace_reader *r = begin(&read);
	for (int i = 0; i < 64; i++)
		assert_int_equal(schedtrace_reader_feed(r, junk, sizeof junk), STATUS_OK);
	assert_int_equal(schedtrace_reader_feed(r, "\n" PLAIN(0, 1), strlen(PLAIN(0, 1)) + 1),
	                 STATUS_OK);
	assert_int_equal(read.n, 1);
	end(&read, r);
	assert_int_equal(read.others, 64 * sizeof junk + 1);
	finish(&read);
}

static void a_print_without_end_takes_bounded_memory(void **state)
{
	(void)state;
	static const char p[] =
		"  P0: status=0 schedtick=0 syscalltick=0 m=nil runqsize=0 gfreecnt=0 timerslen=0\n";
	char text[4096];
	struct read read = {.n = 0};
	const struct schedtrace_sink sink = {NULL, on_snapshot, NULL, NULL, &read};
	struct schedtrace_reader *r = schedtrace_reader_create(&sink);
	snprintf(text, sizeof text, DETAIL, "2", "");
	assert_int_equal(schedtrace_reader_feed(r, text, strlen(text)), STATUS_OK);
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	for (int i = 0; i < 100000; i++)
		assert_int_equal(schedtrace_reader_feed(r, p, sizeof p - 1), STATUS_OK);
	size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
	assert_true(after - before < ((size_t)4 << 20));
	assert_int_equal(schedtrace_reader_end(r), STATUS_OK);
	assert_int_equal(read.n, 1);
	snapshot_unref(read.s[0]);
	schedtrace_reader_destroy(r);
}

#define LINE(ms, procs, idle, parked, list)                \
	"SCHED " ms "ms: gomaxprocs=" procs " idleprocs=" idle \
	" threads=3 spinningthreads=0 idlethreads=" parked " runqueue=0" list

static void numbers_that_can_not_be_are_refused(void **state)
{
	(void)state;
	static const char *const lines[] = {
		LINE("1", "2", "3", "1", " [0 0]"),
		LINE("1", "2", "1", "4", " [0 0]"),
		LINE("1", "2", "1", "1", " [0]"),
		LINE("1", "2", "1", "1", " [0 0 0]"),
		LINE("1", "2", "1", "1", " [0 -1]"),
		LINE("1", "2", "1", "1", ""),
		LINE("1", "2 gomaxprocs=2", "1", "1", " [0 0]"),
		LINE("9999999999999999999", "1", "1", "1", " [0]"),
		LINE("1", "999999999", "1", "1", " [0]"),
		LINE("-1", "1", "1", "1", " [0]"),
		LINE("1", "", "1", "1", " [0]"),
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct read read;
		char text[512];
		snprintf(text, sizeof text, "%s\n", lines[i]);
		read_string(&read, text);
		assert_int_equal(read.n, 0);
		assert_string_equal(read.other, text);
		finish(&read);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_every_go_prints_comes_back_number_by_number),
		cmocka_unit_test(a_field_that_a_release_does_not_print_is_unknown),
		cmocka_unit_test(what_a_p_does_follows_from_its_thread_and_its_goroutine),
		cmocka_unit_test(goroutines_are_grouped_by_what_they_wait_for),
		cmocka_unit_test(what_falls_into_a_line_never_changes_a_number),
		cmocka_unit_test(a_line_begins_anywhere_on_a_line),
		cmocka_unit_test(a_damaged_line_takes_with_it_what_can_not_be_told_without_it),
		cmocka_unit_test(the_idle_fraction_is_a_mean_of_all_lines_by_their_time),
		cmocka_unit_test(a_program_that_begins_anew_has_another_life),
		cmocka_unit_test(what_waits_for_its_end_is_complete_when_nothing_comes),
		cmocka_unit_test(a_line_without_end_is_passed_on_in_bounded_memory),
		cmocka_unit_test(a_print_without_end_takes_bounded_memory),
		cmocka_unit_test(numbers_that_can_not_be_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
