/* Profiles of a trace whose every moment is known, and how they are written. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "export/folded.h"
#include "export/pass.h"
#include "export/pprof.h"
#include "export/pprof.pb-c.h"
#include "tests/unit/trace_scenario.h"

/* The event that ends a trace comes 1 ns after the last one of the program. */
enum { US = 1000, END = 1, ROOM = 256 * 1024 };

struct made {
	struct profile profile;
	struct export_pass pass;
};

static void make_of(struct made *m, const struct scenario *s)
{
	struct input in;
	struct error error = {0};
	const struct pass_options options = {.path = "x", .as_reference = true};
	const struct trace_visitor visitor = profile_visitor(&m->profile);
	input_open_memory(&in, s->b.data, s->b.n);
	if (export_pass_read_input(&m->pass, &in, &options, &visitor, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	input_finish(&in);
	if (m->pass.summary.damages)
		fail_msg("%s", m->pass.summary.damage[0].text);
}

static void make(struct made *m, enum profile_kind kind)
{
	struct scenario s;
	scenario_service(&s);
	m->profile.kind = kind;
	if (m->profile.to_ns == 0)
		m->profile.to_ns = INT64_MAX;
	make_of(m, &s);
}

static void unmake(struct made *m)
{
	profile_finish(&m->profile);
	export_pass_finish(&m->pass);
}

/* Of what had ended, or of what had not. */
static int64_t total(const struct made *m, bool open, uint64_t *count)
{
	int64_t ns = 0;
	*count = 0;
	for (size_t i = 0; i < m->profile.records; i++)
		if (m->profile.record[i].open == open) {
			ns += m->profile.record[i].total_ns;
			*count += m->profile.record[i].count;
		}
	return ns;
}

#define ASSERT_TOTAL(m, open, times, ns)           \
	do {                                           \
		uint64_t n_;                               \
		assert_int_equal(total(m, open, &n_), ns); \
		assert_int_equal(n_, times);               \
	} while (0)

/* --- what is counted ------------------------------------------------------------------------- */

static void waits_count_as_in_gos_tool(void **state)
{
	(void)state;
	static const struct {
		enum profile_kind kind;
		uint64_t count;
		int64_t us;
	} cases[] = {
		{PROFILE_NET, 0, 0},           {PROFILE_SYNC, 1, 300}, {PROFILE_SYSCALL, 1, 50},
		{PROFILE_SCHED, 2, 460 + 150}, /* not the 140 before its first run */
		{PROFILE_BLOCKED, 1, 300},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct made m = {0};
		make(&m, cases[i].kind);
		ASSERT_TOTAL(&m, false, cases[i].count, cases[i].us * US);
		ASSERT_TOTAL(&m, true, 0, 0);
		unmake(&m);
	}
}

static void who_never_runs_counts_from_its_first_moment(void **state)
{
	(void)state;
	struct scenario s;
	struct made m = {.profile = {.kind = PROFILE_SYSCALL, .to_ns = INT64_MAX}};
	scenario_begin(&s);
	scenario_event(&s, 0, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	scenario_event(&s, 10, EV_GO_STATUS, 60, 7, GO_SYSCALL, 0);
	scenario_event(&s, 20, EV_PROC_STOP, 0, 0, 0, 0);
	scenario_event(&s, 80, EV_GO_SYSCALL_END_BLOCKED, 0, 0, 0, 0);
	scenario_end(&s);
	make_of(&m, &s);
	ASSERT_TOTAL(&m, false, 1, 70 * US);
	assert_int_equal(m.profile.record[0].stack, STACK_NONE);
	unmake(&m);
}

static void of_a_c_threads_goroutine_the_last_life_counts(void **state)
{
	(void)state;
	struct scenario s;
	struct made m = {.profile = {.kind = PROFILE_SCHED, .to_ns = INT64_MAX}};
	scenario_begin(&s);
	scenario_event(&s, 0, EV_PROC_STATUS, 0, PROC_IDLE, 0, 0);
	for (uint64_t life = 0; life < 3; life++) {
		uint64_t at_us = life * 200, proc_seq = life * 3;
		scenario_event(&s, at_us + 1, EV_GO_CREATE_SYSCALL, 60, 0, 0, 0);
		scenario_event(&s, at_us + 5, EV_GO_SYSCALL_END_BLOCKED, 0, 0, 0, 0);
		scenario_event(&s, at_us + 10, EV_PROC_START, 0, proc_seq + 1, 0, 0);
		scenario_event(&s, at_us + 15, EV_GO_START, 60, 1, 0, 0);
		scenario_event(&s, at_us + 20, EV_GO_STOP, S_PREEMPTED, STACK_MAIN, 0, 0);
		scenario_event(&s, at_us + 50 + life, EV_GO_START, 60, 2, 0, 0);
		scenario_event(&s, at_us + 60, EV_GO_SYSCALL_BEGIN, proc_seq + 2, STACK_MAIN, 0, 0);
		scenario_event(&s, at_us + 100, EV_GO_DESTROY_SYSCALL, 0, 0, 0, 0);
		scenario_event(&s, at_us + 110, EV_PROC_STEAL, 0, proc_seq + 3, 7, 0);
	}
	scenario_end(&s);
	make_of(&m, &s);
	ASSERT_TOTAL(&m, false, 1, 32 * US);
	unmake(&m);
}

static void open_waits_are_counted_when_asked_for(void **state)
{
	(void)state;
	struct made m = {.profile = {.still_blocked = true}};
	make(&m, PROFILE_SYNC);
	ASSERT_TOTAL(&m, false, 1, 300 * US);
	ASSERT_TOTAL(&m, true, 1, 50 * US + END);
	unmake(&m);
	/* And of one that was blocked before anybody looked, all the time of the trace. */
	m = (struct made){.profile = {.still_blocked = true}};
	make(&m, PROFILE_BLOCKED);
	ASSERT_TOTAL(&m, true, 2, (50 + 1000) * US + 2 * END);
	unmake(&m);
}

static void parts_are_cut_at_their_borders(void **state)
{
	(void)state;
	struct made m = {.profile = {.from_ns = 450 * US, .to_ns = 900 * US}};
	make(&m, PROFILE_SCHED);
	ASSERT_TOTAL(&m, false, 2, (400 + 100) * US);
	unmake(&m);
}

static void goroutines_and_tasks_narrow_it(void **state)
{
	(void)state;
	struct made m = {.profile = {.goroutine = 2}};
	make(&m, PROFILE_SCHED);
	ASSERT_TOTAL(&m, false, 1, 460 * US);
	unmake(&m);
	m = (struct made){.profile = {.of_tasks = true, .filter = {.type = "request"}}};
	make(&m, PROFILE_SCHED);
	ASSERT_TOTAL(&m, false, 1, 150 * US);
	unmake(&m);
	m = (struct made){.profile = {.of_tasks = true, .filter = {.id = 6}}};
	make(&m, PROFILE_SCHED);
	ASSERT_TOTAL(&m, false, 0, 0);
	unmake(&m);
	struct idmap among = {0};
	assert_true(idmap_put(&among, 5, 0));
	m = (struct made){.profile = {.of_tasks = true, .filter = {.among = &among}}};
	make(&m, PROFILE_SYNC);
	ASSERT_TOTAL(&m, false, 1, 300 * US);
	unmake(&m);
	idmap_finish(&among);
}

static void sums_stop_at_the_largest_number(void **state)
{
	(void)state;
	struct scenario s;
	struct made m = {.profile = {.kind = PROFILE_SCHED, .to_ns = INT64_MAX, .still_blocked = true}};
	scenario_begin(&s);
	scenario_event(&s, 0, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	for (uint64_t id = 2; id < 7; id++)
		scenario_event(&s, 0, EV_GO_STATUS, id, UINT64_MAX, GO_RUNNABLE, 0);
	scenario_event(&s, INT64_MAX / US / 2, EV_PROC_STOP, 0, 0, 0, 0);
	scenario_end(&s);
	make_of(&m, &s);
	uint64_t count;
	assert_int_equal(total(&m, true, &count), INT64_MAX);
	assert_int_equal(count, 5);
	unmake(&m);
}

/* --- how it is written ------------------------------------------------------------------------ */

/* What was written to the descriptor. */
static size_t take(int fd, char *to)
{
	ssize_t n = pread(fd, to, ROOM - 1, 0);
	assert_true(n >= 0);
	to[n] = '\0';
	close(fd);
	return (size_t)n;
}

static void start(struct sink *sink, int *fd, bool packed)
{
	struct error error;
	*fd = memfd_create("sink", MFD_CLOEXEC);
	assert_true(*fd >= 0);
	assert_int_equal(sink_open_fd(sink, *fd, packed, &error), STATUS_OK);
}

static void finish(struct sink *sink)
{
	struct error error;
	assert_int_equal(sink_commit(sink, &error), STATUS_OK);
	sink_finish(sink);
}

static char *fold(const struct made *m)
{
	static char text[ROOM];
	struct sink sink;
	int fd;
	start(&sink, &fd, false);
	folded_write(&sink, &m->profile, &m->pass.names);
	finish(&sink);
	take(fd, text);
	return text;
}

static Pprof__Profile *write_and_read(const struct made *m, struct pprof_times times)
{
	static char packed[ROOM], plain[ROOM];
	struct sink sink;
	int fd;
	start(&sink, &fd, true);
	assert_true(pprof_write(&sink, &m->profile, &m->pass.names, times));
	finish(&sink);
	z_stream z = {.next_in = (Bytef *)packed, .avail_in = (uInt)take(fd, packed)};
	z.next_out = (Bytef *)plain;
	z.avail_out = ROOM;
	assert_int_equal(inflateInit2(&z, 31), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	Pprof__Profile *p = pprof__profile__unpack(NULL, z.total_out, (const uint8_t *)plain);
	assert_non_null(p);
	return p;
}

static void profile_is_read_back(void **state)
{
	(void)state;
	struct made m = {.profile = {.still_blocked = true}};
	make(&m, PROFILE_BLOCKED);
	Pprof__Profile *p = write_and_read(&m, (struct pprof_times){77, 88});
	assert_string_equal(p->string_table[0], "");
	assert_int_equal(p->n_sample_type, 2);
	assert_string_equal(p->string_table[p->sample_type[1]->type], "delay");
	assert_string_equal(p->string_table[p->sample_type[1]->unit], "nanoseconds");
	assert_int_equal(p->time_nanos, 77);
	assert_int_equal(p->duration_nanos, 88);
	assert_int_equal(p->n_sample, 3);
	int64_t sum = 0;
	for (size_t i = 0; i < p->n_sample; i++) {
		const Pprof__Sample *s = p->sample[i];
		assert_int_equal(s->n_value, 2);
		sum += s->value[1];
		assert_int_equal(s->n_location_id, 2);
		for (size_t k = 0; k < s->n_location_id; k++) {
			const Pprof__Location *l = p->location[s->location_id[k] - 1];
			assert_int_equal(l->id, s->location_id[k]);
			assert_int_not_equal(l->address, 0);
			assert_int_equal(p->function[l->line[0]->function_id - 1]->id, l->line[0]->function_id);
		}
	}
	assert_int_equal(sum, (300 + 50 + 1000) * US + 2 * END);
	/* The first: blocked on a channel, in main, which a server called. */
	const Pprof__Sample *first = p->sample[0];
	for (size_t i = 0; i < p->n_sample; i++)
		if (p->sample[i]->value[1] == 300 * US)
			first = p->sample[i];
	assert_int_equal(first->n_label, 1);
	assert_string_equal(p->string_table[first->label[0]->key], "reason");
	assert_string_equal(p->string_table[first->label[0]->str], "chan receive");
	const Pprof__Location *leaf = p->location[first->location_id[0] - 1];
	assert_int_equal(leaf->line[0]->line, 77);
	assert_string_equal(p->string_table[p->function[leaf->line[0]->function_id - 1]->name],
	                    "net/http.(*conn).serve");
	pprof__profile__free_unpacked(p, NULL);
	unmake(&m);
}

static void folded_stacks_add_up_to_the_profile(void **state)
{
	(void)state;
	for (int kind = 0; kind < PROFILE_KINDS; kind++) {
		struct made m = {.profile = {.still_blocked = kind != PROFILE_CPU}};
		make(&m, (enum profile_kind)kind);
		uint64_t ended, open;
		int64_t want = total(&m, false, &ended) + total(&m, true, &open), sum = 0;
		size_t lines = 0;
		for (char *line = fold(&m), *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
			*end = '\0';
			const char *value = strrchr(line, ' ');
			assert_non_null(value);
			sum += strtoll(value, NULL, 10);
		}
		assert_int_equal(sum, want);
		assert_true((lines > 0) == (want > 0));
		unmake(&m);
	}
}

static void folded_stack_is_root_first_with_its_state(void **state)
{
	(void)state;
	struct made m = {.profile = {.still_blocked = true}};
	make(&m, PROFILE_SYNC);
	assert_string_equal(fold(&m), "main.main;net/http.(*conn).serve 300000\n"
	                              "[still blocked];main.main;net/http.(*conn).serve 50001\n");
	unmake(&m);
}

/* One wait on a goroutine's way through a stack with this name. */
static void make_hostile(struct made *m, uint64_t stack)
{
	struct scenario s;
	*m = (struct made){.profile = {.kind = PROFILE_SCHED, .to_ns = INT64_MAX}};
	scenario_begin_running(&s);
	scenario_event(&s, 10, EV_GO_STOP, S_PREEMPTED, stack, 0, 0);
	scenario_event(&s, 30, EV_GO_START, 1, 1, 0, 0);
	scenario_end(&s);
	make_of(m, &s);
}

static void names_reach_no_terminal_unchecked(void **state)
{
	(void)state;
	struct made m;
	make_hostile(&m, STACK_HOSTILE);
	char *text = fold(&m);
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c >= ' ' || (*c == '\n' && !c[1]));
	assert_null(strstr(text, "\302\233"));
	assert_ptr_equal(strchr(text, ';'),
	                 NULL); /* a semicolon separates functions, and here is one */
	Pprof__Profile *p = write_and_read(&m, (struct pprof_times){0});
	for (size_t i = 0; i < p->n_string_table; i++)
		for (const char *c = p->string_table[i]; *c; c++)
			assert_true((unsigned char)*c >= ' ');
	pprof__profile__free_unpacked(p, NULL);
	unmake(&m);
}

static void what_has_no_stack_is_written_without_one(void **state)
{
	(void)state;
	struct made m;
	make_hostile(&m, 0);
	assert_string_equal(fold(&m), "[no stack] 20000\n");
	Pprof__Profile *p = write_and_read(&m, (struct pprof_times){0});
	assert_int_equal(p->n_sample, 1);
	assert_int_equal(p->sample[0]->n_location_id, 0);
	assert_int_equal(p->sample[0]->value[1], 20 * US);
	pprof__profile__free_unpacked(p, NULL);
	unmake(&m);
}

static void output_that_fails_is_told(void **state)
{
	(void)state;
	struct sink sink;
	struct error error = {0};
	int fd = memfd_create("sink", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	assert_int_equal(sink_open_fd(&sink, fd, true, &error), STATUS_OK);
	sink_text(&sink, "something");
	assert_int_equal(sink_commit(&sink, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "can't be written"));
	sink_finish(&sink);
	close(fd);
}

static void large_pieces_arrive_whole(void **state)
{
	(void)state;
	static char piece[200 * 1000], text[ROOM];
	struct sink sink;
	int fd;
	memset(piece, 'x', sizeof piece);
	start(&sink, &fd, false);
	sink_text(&sink, "a");
	sink_write(&sink, piece, sizeof piece);
	sink_text(&sink, "b");
	finish(&sink);
	assert_int_equal(take(fd, text), sizeof piece + 2);
	assert_int_equal(text[0], 'a');
	assert_memory_equal(text + 1, piece, sizeof piece);
	assert_int_equal(text[sizeof piece + 1], 'b');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_count_as_in_gos_tool),
		cmocka_unit_test(who_never_runs_counts_from_its_first_moment),
		cmocka_unit_test(of_a_c_threads_goroutine_the_last_life_counts),
		cmocka_unit_test(open_waits_are_counted_when_asked_for),
		cmocka_unit_test(parts_are_cut_at_their_borders),
		cmocka_unit_test(goroutines_and_tasks_narrow_it),
		cmocka_unit_test(sums_stop_at_the_largest_number),
		cmocka_unit_test(profile_is_read_back),
		cmocka_unit_test(folded_stacks_add_up_to_the_profile),
		cmocka_unit_test(folded_stack_is_root_first_with_its_state),
		cmocka_unit_test(names_reach_no_terminal_unchecked),
		cmocka_unit_test(what_has_no_stack_is_written_without_one),
		cmocka_unit_test(output_that_fails_is_told),
		cmocka_unit_test(large_pieces_arrive_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
