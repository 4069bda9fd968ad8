#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include <zlib.h>

#include "collect/pprof_figures.h"
#include "collect/pprof_goroutines.h"
#include "collect/pprof_profile.h"

/* --- a writer of profiles --------------------------------------------------------------------- */

struct out {
	uint8_t data[65536];
	size_t size;
};

static void put_varint(struct out *o, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		o->data[o->size++] = (uint8_t)(value | 0x80);
	o->data[o->size++] = (uint8_t)value;
}

static void put_number(struct out *o, unsigned field, uint64_t value)
{
	put_varint(o, field << 3);
	put_varint(o, value);
}

static void put_bytes(struct out *o, unsigned field, const void *data, size_t size)
{
	put_varint(o, field << 3 | 2);
	put_varint(o, size);
	memcpy(o->data + o->size, data, size);
	o->size += size;
}

static void put_string(struct out *o, const char *text)
{
	put_bytes(o, 6, text, strlen(text));
}

static void put_function(struct out *o, uint64_t id, uint64_t name, uint64_t file, uint64_t line)
{
	struct out in = {.size = 0};
	put_number(&in, 1, id);
	put_number(&in, 2, name);
	put_number(&in, 4, file);
	put_number(&in, 5, line);
	put_bytes(o, 5, in.data, in.size);
}

/* With one line, or with an inlined one before it (function 0: none). */
static void put_location(struct out *o, uint64_t id, uint64_t inlined, uint64_t function,
                         uint64_t number)
{
	struct out in = {.size = 0};
	put_number(&in, 1, id);
	for (int i = inlined ? 0 : 1; i < 2; i++) {
		struct out line = {.size = 0};
		put_number(&line, 1, i ? function : inlined);
		put_number(&line, 2, number);
		put_bytes(&in, 4, line.data, line.size);
	}
	put_bytes(o, 4, in.data, in.size);
}

static void put_sample(struct out *o, uint64_t count, const uint64_t *location, size_t n)
{
	struct out in = {.size = 0}, list = {.size = 0}, values = {.size = 0};
	for (size_t i = 0; i < n; i++)
		put_varint(&list, location[i]);
	put_varint(&values, count);
	put_bytes(&in, 1, list.data, list.size);
	put_bytes(&in, 2, values.data, values.size);
	put_bytes(o, 2, in.data, in.size);
}

static void put_mapping(struct out *o, uint64_t start, uint64_t file)
{
	struct out in = {.size = 0};
	put_number(&in, 1, 1);
	put_number(&in, 2, start);
	put_number(&in, 3, start + 4096);
	put_number(&in, 5, file);
	put_bytes(o, 3, in.data, in.size);
}

static size_t compress_all(const void *data, size_t size, uint8_t *to, size_t room)
{
	z_stream z = {.next_in = (z_const Bytef *)data,
	              .avail_in = (uInt)size,
	              .next_out = to,
	              .avail_out = (uInt)room};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static enum status open_bytes(const void *data, size_t size, struct pprof_profile **p,
                              struct error *error)
{
	static uint8_t packed[1 << 20];
	size_t n = compress_all(data, size, packed, sizeof packed);
	return pprof_profile_open(p, packed, n, error);
}

/* Strings last, as the runtime writes them: 20 in a channel of which two calls stand in one line, 5
   at a mutex behind inlined calls, one that runs, one in a system call. */
static void put_world(struct out *o, uint64_t vdso)
{
	static const char *const strings[] = {
		"",
		"runtime.gopark",
		"runtime.chanrecv",
		"main.worker",
		"a.go",
		"sync.runtime_SemacquireMutex",
		"sync.(*Mutex).Lock",
		"main.spin",
		"/opt/bin/api",
		"[vdso]",
		"internal/runtime/syscall.Syscall6",
		"main.read",
	};
	static const uint64_t names[] = {1, 2, 3, 5, 6, 7, 10, 11};
	put_sample(o, 15, (const uint64_t[]){1, 2, 3}, 3);
	put_sample(o, 5, (const uint64_t[]){1, 2, 4}, 3);
	put_sample(o, 5, (const uint64_t[]){1, 5, 6}, 3);
	put_sample(o, 1, (const uint64_t[]){7}, 1);
	put_sample(o, 1, (const uint64_t[]){8, 9}, 2);
	put_mapping(o, 0x400000, 8);
	put_mapping(o, vdso, 9);
	put_location(o, 1, 0, 1, 400);
	put_location(o, 2, 0, 2, 500);
	put_location(o, 3, 0, 3, 22);
	put_location(o, 4, 0, 3, 22);
	put_location(o, 5, 0, 4, 71);
	put_location(o, 6, 5, 3, 30);
	put_location(o, 7, 0, 6, 40);
	put_location(o, 8, 0, 7, 36);
	put_location(o, 9, 0, 8, 50);
	for (uint64_t i = 0; i < sizeof names / sizeof *names; i++)
		put_function(o, i + 1, names[i], 4, 10);
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		put_string(o, strings[i]);
}

static struct pprof_profile *open_world(uint64_t vdso)
{
	struct out o = {.size = 0};
	struct pprof_profile *p = NULL;
	put_world(&o, vdso);
	assert_int_equal(open_bytes(o.data, o.size, &p, NULL), STATUS_OK);
	return p;
}

/* --- profiles --------------------------------------------------------------------------------- */

static void a_profile_is_read_though_its_strings_come_last(void **state)
{
	(void)state;
	struct pprof_profile *p = open_world(0x7fff0000);
	char binary[32];
	assert_int_equal(pprof_profile_total(p), 27);
	assert_int_equal(p->samples, 5);
	assert_string_equal(p->function[2].name, "main.worker");
	assert_int_equal(p->location[5].lines, 2);
	assert_int_equal(pprof_identity(p), 0x7fff0000);
	pprof_binary(p, binary, sizeof binary);
	assert_string_equal(binary, "api");
	pprof_profile_close(p);
}

static void a_profile_cut_anywhere_is_damaged_and_never_read_beyond(void **state)
{
	(void)state;
	struct out o = {.size = 0};
	put_world(&o, 1);
	static uint8_t packed[65536];
	size_t n = compress_all(o.data, o.size, packed, sizeof packed);
	for (size_t cut = 0; cut < n; cut++) {
		struct pprof_profile *p = NULL;
		struct error error = {0};
		uint8_t *copy = malloc(cut + 1);
		memcpy(copy, packed, cut);
		assert_int_equal(pprof_profile_open(&p, copy, cut, &error), STATUS_DAMAGED);
		free(copy);
	}
	for (size_t cut = 1; cut < o.size; cut++) {
		struct pprof_profile *p = NULL;
		if (open_bytes(o.data, cut, &p, NULL) == STATUS_OK)
			goroutine_set_unref(pprof_goroutines(p, 1, 0, NULL));
		pprof_profile_close(p);
	}
}

static void a_gzip_bomb_is_refused(void **state)
{
	(void)state;
	size_t size = (size_t)40 << 20;
	char *zeros = calloc(1, size);
	struct pprof_profile *p = NULL;
	struct error error = {0};
	assert_non_null(zeros);
	assert_int_equal(open_bytes(zeros, size, &p, &error), STATUS_DAMAGED);
	assert_string_equal(error.text, "it is too large");
	free(zeros);
}

static void what_is_no_gzip_is_no_profile(void **state)
{
	(void)state;
	struct pprof_profile *p = NULL;
	struct error error = {0};
	assert_int_equal(pprof_profile_open(&p, "<html>", 6, &error), STATUS_DAMAGED);
	assert_int_equal(pprof_profile_open(&p, NULL, 0, &error), STATUS_DAMAGED);
}

/* --- goroutines ------------------------------------------------------------------------------- */

static const struct goroutine_group *group_at(const struct goroutine_set *set, const char *function,
                                              int line)
{
	const struct goroutine_grouping *g = &set->by[GOROUTINES_BY_TOP];
	for (size_t i = 0; i < g->n; i++)
		if (strcmp(goroutine_text(set, g->group[i].at.function), function) == 0 &&
		    g->group[i].at.line == line)
			return &g->group[i];
	return NULL;
}

static void goroutines_are_grouped_by_where_they_stand(void **state)
{
	(void)state;
	struct pprof_profile *p = open_world(1);
	struct goroutine_set *set = pprof_goroutines(p, 77, 0, NULL);
	pprof_profile_close(p);
	assert_non_null(set);
	assert_int_equal(set->count, 27);
	assert_int_equal(set->at_ns, 77);
	const struct goroutine_group *g = group_at(set, "main.worker", 22);
	assert_non_null(g);
	assert_int_equal(g->count, 20);
	assert_int_equal(g->state, GOROUTINE_WAITING);
	assert_string_equal(goroutine_text(set, g->reason), "chan receive");
	g = group_at(set, "main.worker", 30);
	assert_non_null(g);
	assert_int_equal(g->count, 5);
	assert_string_equal(goroutine_text(set, g->reason), "sync.Mutex.Lock");
	goroutine_set_unref(set);
}

static uint64_t key_of(const char *function, int line)
{
	struct pprof_profile *p = open_world(1);
	struct goroutine_set *set = pprof_goroutines(p, 77, 0, NULL);
	const struct goroutine_group *g = group_at(set, function, line);
	assert_non_null(g);
	uint64_t key = g->key;
	goroutine_set_unref(set);
	pprof_profile_close(p);
	return key;
}

/* Two calls in one line are one stack to who reads it. */
static void a_group_is_told_stack_by_stack(void **state)
{
	(void)state;
	struct pprof_profile *p = open_world(1);
	struct goroutine_set *set = pprof_goroutines(p, 77, key_of("main.worker", 22), NULL);
	assert_int_equal(set->members, 1);
	assert_int_equal(set->member[0].goid, 0);
	assert_int_equal(set->member[0].count, 20);
	assert_int_equal(set->member[0].frames, 3);
	const struct goroutine_frame *frame = &set->frame[set->member[0].first_frame];
	assert_string_equal(goroutine_text(set, frame[0].place.function), "runtime.gopark");
	assert_string_equal(goroutine_text(set, frame[2].place.function), "main.worker");
	assert_string_equal(goroutine_text(set, frame[2].place.file), "a.go");
	assert_int_equal(frame[2].place.line, 22);
	goroutine_set_unref(set);

	set = pprof_goroutines(p, 77, key_of("main.worker", 30), NULL);
	assert_int_equal(set->members, 1);
	assert_int_equal(set->member[0].frames, 4);
	frame = &set->frame[set->member[0].first_frame];
	assert_true(frame[2].inlined && !frame[3].inlined);
	goroutine_set_unref(set);

	/* Those that began as main.worker are in several states: one group each. */
	set = pprof_goroutines(p, 77, 0, NULL);
	const struct goroutine_grouping *by = &set->by[GOROUTINES_BY_CREATOR];
	for (size_t i = 0; i < by->n; i++) {
		struct goroutine_set *one = pprof_goroutines(p, 77, by->group[i].key, NULL);
		uint64_t told = 0;
		for (size_t k = 0; k < one->members; k++)
			told += one->member[k].count;
		assert_int_equal(told, by->group[i].count);
		goroutine_set_unref(one);
	}
	goroutine_set_unref(set);

	set = pprof_goroutines(p, 77, 12345, NULL);
	assert_int_equal(set->detail, 12345);
	assert_int_equal(set->members, 0);
	goroutine_set_unref(set);
	pprof_profile_close(p);
}

static void metrics_tell_the_version_and_gomaxprocs(void **state)
{
	(void)state;
	struct pprof_build build;
	static const char text[] =
		"# HELP go_info Information about the Go environment.\n# TYPE go_info gauge\n"
		"go_info{version=\"go1.26.8\"} 1\n# TYPE go_sched_gomaxprocs_threads gauge\n"
		"go_sched_gomaxprocs_threads 12\ngo_threads 7";
	assert_false(pprof_read_metrics(NULL, 0, &build));
	assert_true(pprof_read_metrics(text, sizeof text - 1, &build));
	assert_string_equal(build.go_version, "go1.26.8");
	assert_int_equal(build.gomaxprocs, 12);
	static const char *const others[] = {
		"",
		"<html>go_info</html>",
		"go_info{version=\"go1.26.8",
		"go_info{version=\"unknown\"} 1\n",
		"go_info{version=\"go1.26.8 with a name that no version of Go has ever had\"} 1\n",
		"go_sched_gomaxprocs_threads 0\ngo_sched_gomaxprocs_threads -1\n",
		"go_sched_gomaxprocs_threads 1e9\ngo_sched_gomaxprocs_threads 99999999999\n",
		"my_go_sched_gomaxprocs_threads 4\n",
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		assert_false(pprof_read_metrics(others[i], strlen(others[i]), &build));
		assert_string_equal(build.go_version, "");
		assert_int_equal(build.gomaxprocs, 0);
	}
	assert_true(pprof_read_metrics("go_info{version=\"go1.2\033[31m\"} 1", 31, &build));
	assert_string_equal(build.go_version, "go1.2?[31m");
}

static void what_a_profile_does_not_tell_stays_unknown(void **state)
{
	(void)state;
	struct pprof_profile *p = open_world(1);
	struct goroutine_set *set = pprof_goroutines(p, 77, 0, NULL);
	pprof_profile_close(p);
	assert_non_null(set);
	const struct goroutine_group *g = group_at(set, "main.spin", 40);
	assert_non_null(g);
	assert_int_equal(g->state, GOROUTINE_UNKNOWN);
	assert_int_equal(g->creator.function, 0);
	assert_int_equal(g->longest_ns, -1);
	assert_int_equal(g->goid[0], 0);
	assert_int_equal(set->cost_ppm, -1);
	g = group_at(set, "main.read", 50);
	assert_non_null(g);
	assert_int_equal(g->state, GOROUTINE_SYSCALL);
	goroutine_set_unref(set);
}

static void a_number_of_goroutines_that_no_program_has_is_not_believed(void **state)
{
	(void)state;
	static const uint64_t counts[] = {UINT64_MAX, (uint64_t)1 << 40, 3 << 20};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct out o = {.size = 0};
		struct pprof_profile *p = NULL;
		struct error error = {0};
		put_sample(&o, counts[i], NULL, 0);
		assert_int_equal(open_bytes(o.data, o.size, &p, NULL), STATUS_OK);
		assert_null(pprof_goroutines(p, 1, 0, &error));
		assert_int_equal(error.status, STATUS_DAMAGED);
		pprof_profile_close(p);
	}
}

/* --- figures ---------------------------------------------------------------------------------- */

/* A place that is inlined into itself without end, and a stack that names nothing else. */
static void stacks_that_would_be_read_for_hours_are_not_believed(void **state)
{
	(void)state;
	enum { LINES = 16000, DEPTH = 20000 };
	static struct out o, location;
	static uint64_t stack[DEPTH];
	struct pprof_profile *p = NULL;
	struct error error = {0};
	o.size = location.size = 0;
	put_string(&o, "");
	for (size_t i = 0; i < LINES; i++)
		put_bytes(&location, 4, "", 0);
	put_bytes(&o, 4, location.data, location.size);
	for (size_t i = 0; i < DEPTH; i++)
		stack[i] = 1;
	put_sample(&o, 1, stack, DEPTH);
	assert_int_equal(pprof_profile_parse(&p, o.data, o.size, &error), STATUS_OK);
	assert_null(pprof_goroutines(p, 0, 0, &error));
	assert_int_equal(error.status, STATUS_DAMAGED);
	pprof_profile_close(p);
}

static void memstats_are_read_from_the_end_of_the_heap_profile(void **state)
{
	(void)state;
	static const char text[] = "heap profile: 1: 2 [3: 4] @ heap/1048576\n# Sys = 7\n\n"
							   "# runtime.MemStats\n# Alloc = 5\n# TotalAlloc = 900\n# Sys = 100\n"
							   "# NextGC = 4194304\n# NumGC = 12\n# NumForcedGC = 3\n";
	struct fields f;
	int64_t value;
	assert_true(pprof_read_memstats(text, sizeof text - 1, &f));
	assert_true(fields_get(&f, RUNTIME_ALLOC_BYTES, &value) && value == 900);
	assert_true(fields_get(&f, RUNTIME_MEMORY_TOTAL_BYTES, &value) && value == 100);
	assert_true(fields_get(&f, RUNTIME_GC_CYCLES, &value) && value == 12);
	assert_false(fields_has(&f, RUNTIME_HEAP_LIVE_BYTES));
	/* A number that is cut off is none. */
	assert_true(pprof_read_memstats(text, sizeof text - 2, &f));
	assert_false(fields_has(&f, RUNTIME_GC_CYCLES_FORCED));
	assert_false(pprof_read_memstats("# NumGC = 1\n", 12, &f));
	assert_false(pprof_read_memstats(NULL, 0, &f));
}

static void memstats_of_expvar_are_the_same(void **state)
{
	(void)state;
	static const char json[] = "{\"memstats\":{\"Sys\":100,\"NumGC\":12,\"HeapAlloc\":-1,"
							   "\"TotalAlloc\":1.5},\"cmdline\":[]}";
	struct fields f;
	int64_t value;
	assert_true(pprof_read_vars(json, sizeof json - 1, &f));
	assert_true(fields_get(&f, RUNTIME_GC_CYCLES, &value) && value == 12);
	assert_false(fields_has(&f, RUNTIME_HEAP_OBJECTS_BYTES));
	assert_false(fields_has(&f, RUNTIME_ALLOC_BYTES));
	assert_false(pprof_read_vars("[1]", 3, &f));
	assert_false(pprof_read_vars("", 0, &f));
}

static void a_command_line_names_the_program(void **state)
{
	(void)state;
	char name[16];
	assert_true(pprof_read_program("/usr/bin/api\0-x", 15, name, sizeof name));
	assert_string_equal(name, "api");
	assert_true(pprof_read_program("a\033[1m", 5, name, sizeof name));
	assert_string_equal(name, "a?[1m");
	assert_false(pprof_read_program("\x1f\x8b\x08", 3, name, sizeof name));
	assert_false(pprof_read_program("<html>", 6, name, sizeof name));
	assert_false(pprof_read_program("", 0, name, sizeof name));
	assert_false(pprof_read_program("/", 1, name, sizeof name));
}

static void a_process_is_known_by_the_address_of_its_vdso(void **state)
{
	(void)state;
	uint64_t ours = getauxval(AT_SYSINFO_EHDR);
	if (!ours)
		skip();
	struct pprof_profile *p = open_world(ours), *other = open_world(ours + 4096);
	assert_int_equal(pprof_compare(p, getpid()), PPROF_SAME);
	assert_int_equal(pprof_compare(other, getpid()), PPROF_OTHER);
	pprof_profile_close(p);
	pprof_profile_close(other);
}

static void a_url_says_where_the_profiles_are(void **state)
{
	(void)state;
	static const struct {
		const char *url, *base, *prefix;
		bool vars;
	} cases[] = {
		{"http://h:1", "http://h:1", "/debug/pprof", true},
		{"http://h:1/", "http://h:1", "/debug/pprof", true},
		{"http://h/in/debug/pprof/", "http://h/in", "/debug/pprof", true},
		{"http://h/in", "http://h/in", "/debug/pprof", true},
		{"http://h/own/pprof", "http://h/own/pprof", "", false},
		{"unix:///r/x.sock:/debug/pprof", "unix:///r/x.sock", "/debug/pprof", true},
		{"unix:///r/x.sock:/in/debug/pprof", "unix:///r/x.sock:/in", "/debug/pprof", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pprof_place place;
		assert_int_equal(pprof_place_of(cases[i].url, &place, NULL), STATUS_OK);
		assert_string_equal(place.base, cases[i].base);
		assert_string_equal(place.prefix, cases[i].prefix);
		assert_int_equal(place.vars, cases[i].vars);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_is_read_though_its_strings_come_last),
		cmocka_unit_test(a_profile_cut_anywhere_is_damaged_and_never_read_beyond),
		cmocka_unit_test(a_gzip_bomb_is_refused),
		cmocka_unit_test(what_is_no_gzip_is_no_profile),
		cmocka_unit_test(goroutines_are_grouped_by_where_they_stand),
		cmocka_unit_test(a_group_is_told_stack_by_stack),
		cmocka_unit_test(metrics_tell_the_version_and_gomaxprocs),
		cmocka_unit_test(what_a_profile_does_not_tell_stays_unknown),
		cmocka_unit_test(a_number_of_goroutines_that_no_program_has_is_not_believed),
		cmocka_unit_test(stacks_that_would_be_read_for_hours_are_not_believed),
		cmocka_unit_test(memstats_are_read_from_the_end_of_the_heap_profile),
		cmocka_unit_test(memstats_of_expvar_are_the_same),
		cmocka_unit_test(a_command_line_names_the_program),
		cmocka_unit_test(a_process_is_known_by_the_address_of_its_vdso),
		cmocka_unit_test(a_url_says_where_the_profiles_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
