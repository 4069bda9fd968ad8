/* Calls that keep threads, and loops that look for work: doctor/rules_syscall.c, rules_poll.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/doctor_world.h"

#define US INT64_C(1000)

#define IN_C    "main._Cfunc_query main.handle main.serve"
#define OPENING "syscall.openat syscall.Open os.open os.OpenFile os.Open main.handle main.serve"
#define READING \
	"syscall.read syscall.Read internal/poll.(*FD).Read os.(*File).Read main.next main.scan"
#define LOOKING_UP                                                              \
	"runtime.selectgo net.(*Resolver).lookupIPAddr net.(*Resolver).LookupHost " \
	"main.handle main.serve"
#define ASKING                                                                            \
	"internal/poll.(*FD).Read net.(*netFD).Read net.(*conn).Read net.dnsPacketRoundTrip " \
	"net.(*Resolver).exchange net.(*Resolver).tryOneName "                                \
	"net.(*Resolver).goLookupIPCNAMEOrder.func3.1"

static struct spell call_of(struct world *w, const char *stack, int64_t ms)
{
	return (
		struct spell){.class = SPELL_SYSCALL, .ns = ms * WORLD_MS, .stack = world_stack(w, stack)};
}

static void begin_calls(struct world *w)
{
	world_begin(w, &rules_syscall, 2000, 2);
	world_goroutine(w, 1, 11, "main.serve");
	world_goroutine(w, 2, 12, "main.serve");
}

static void long_calls_into_c_are_accused(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	struct spell call = call_of(&w, IN_C, 25);
	world_spells(&w, 1, call, 10);
	world_spells(&w, 2, call, 10);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->slug, SLUG_CGO_BLOCKING);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_int_equal(world_measure(f, "calls", UNIT_COUNT), 20);
	assert_int_equal(world_measure(f, "blocked", UNIT_NS), 500 * WORLD_MS);
	assert_non_null(strstr(f->summary, "main.handle"));
	world_finish(&w);
}

static void short_calls_into_c_are_not(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	world_spells(&w, 1, call_of(&w, IN_C, 9), 200);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void a_goroutine_that_is_there_for_c_is_told_as_info(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	world_spells(&w, 1, call_of(&w, IN_C, 195), 10);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	world_finish(&w);
}

static void goroutines_that_are_all_there_for_c_are_told_as_info(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	struct spell call = call_of(&w, IN_C, 195);
	world_spells(&w, 1, call, 10);
	world_spells(&w, 2, call, 10);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	assert_non_null(strstr(f->summary, "2 goroutines that may be there for nothing else"));
	world_finish(&w);
}

static void goroutines_that_do_something_between_calls_into_c_are_accused(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	struct spell call = call_of(&w, IN_C, 160);
	world_spells(&w, 1, call, 10);
	world_spells(&w, 2, call, 10);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	world_finish(&w);
}

static void a_few_long_calls_among_many_are_the_machines(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	struct spell call = call_of(&w, IN_C, 40);
	struct block_site site = {.stack = call.stack, .syscall = true, .count = 4000};
	w.analysis.blocking.site = &site;
	w.analysis.blocking.sites = 1;
	world_spells(&w, 1, call, 4);
	world_spells(&w, 2, call, 3);
	assert_null(world_finding(&w));
	w.analysis.blocking = (struct blocking){0};
	world_finish(&w);
}

static void files_that_take_long_are_accused(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	world_spells(&w, 1, call_of(&w, OPENING, 120), 5);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->slug, SLUG_SYSCALL_BLOCKING);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	world_finish(&w);
}

static void files_that_a_library_syncs_itself_are_files(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	world_spells(
		&w, 1,
		call_of(&w,
	            "syscall.Fdatasync go.etcd.io/bbolt.fdatasync go.etcd.io/bbolt.(*Tx).Commit"
	            " main.save main.serve",
	            150),
		3);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->slug, SLUG_SYSCALL_BLOCKING);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	world_finish(&w);
}

static void two_long_calls_say_nothing(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	world_spells(&w, 1, call_of(&w, OPENING, 400), 2);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void reads_of_one_goroutine_are_told_as_info(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	world_spells(&w, 1, call_of(&w, READING, 300), 4);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	world_finish(&w);
}

static void what_never_began_nor_ended_is_no_call(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	struct spell call = call_of(&w, OPENING, 2000);
	call.open = call.cut = true;
	world_spells(&w, 1, call, 4);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void look_ups_are_told_where_the_program_makes_them(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	struct spell looking = call_of(&w, LOOKING_UP, 140), asking = call_of(&w, ASKING, 140);
	looking.class = SPELL_SELECT;
	asking.class = SPELL_NETWORK;
	world_spells(&w, 1, looking, 8);
	world_goroutine(&w, 3, 13, "net.(*Resolver).goLookupIPCNAMEOrder.func3.1");
	world_spells(&w, 3, asking, 16);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->slug, SLUG_SYSCALL_BLOCKING);
	assert_int_equal(world_measure(f, "calls", UNIT_COUNT), 8);
	world_finish(&w);
}

static void other_system_calls_are_left_out(void **state)
{
	struct world w;
	(void)state;
	begin_calls(&w);
	world_spells(&w, 1,
	             call_of(&w,
	                     "syscall.wait4 syscall.Wait4 os.(*Process).pidWait os.(*Process).Wait "
	                     "os/exec.(*Cmd).Wait main.serve",
	                     400),
	             4);
	assert_null(world_finding(&w));
	world_finish(&w);
}

/* --- busy-poll ----------------------------------------------------------------------------------
 */

/* Sleeps, with `ran_us` of running before each. */
static void begin_naps(struct world *w, unsigned naps, int64_t nap_us, int64_t ran_us)
{
	world_begin(w, &rules_poll, 1000, 2);
	world_goroutine(w, 1, 11, "main.consume")->burst_ns = ran_us * US;
	struct spell nap = {.class = SPELL_SLEEP,
	                    .ns = nap_us * US,
	                    .stack = world_stack(w, "time.Sleep main.consume")};
	int64_t step_ns = 1000 * WORLD_MS / naps;
	for (unsigned i = 0; i < naps; i++) {
		nap.begin_ns = i * step_ns;
		world_spell(w, 1, nap);
	}
}

static void looking_between_naps_is_polling(void **state)
{
	struct world w;
	(void)state;
	begin_naps(&w, 3000, 300, 4);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->slug, SLUG_BUSY_POLL);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_int_equal(world_measure(f, "polls", UNIT_PER_S), 3000);
	assert_int_equal(world_measure(f, "looked", UNIT_NS), 12 * WORLD_MS);
	world_finish(&w);
}

/* 20 goroutines that send a packet every millisecond do together what one that polls does. */
static void pacing_by_many_goroutines_is_told_as_info(void **state)
{
	struct world w;
	(void)state;
	begin_naps(&w, 16000, 1200, 1);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	assert_in_range((unsigned)world_measure(f, "polls", UNIT_PER_S), 800, 850);
	world_finish(&w);
}

static void system_calls_between_naps_are_told_as_info(void **state)
{
	struct world w;
	(void)state;
	begin_naps(&w, 3000, 300, 4);
	struct block_site site = {.stack = world_stack(&w, "syscall.sendto main.send main.consume"),
	                          .syscall = true,
	                          .count = 3000};
	w.analysis.blocking.site = &site;
	w.analysis.blocking.sites = 1;
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	assert_non_null(strstr(f->summary, "calls the kernel"));
	w.analysis.blocking = (struct blocking){0};
	world_finish(&w);
}

static void work_between_naps_is_not(void **state)
{
	struct world w;
	(void)state;
	begin_naps(&w, 3000, 300, 30);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void naps_by_a_slow_clock_are_not(void **state)
{
	struct world w;
	(void)state;
	begin_naps(&w, 450, 2200, 4);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static struct spell spinning(struct world *w)
{
	return (struct spell){.class = SPELL_BURST,
	                      .ns = 400 * WORLD_MS,
	                      .stack = world_stack(w, "runtime.Gosched main.consume")};
}

static void giving_up_a_p_again_and_again_is_polling(void **state)
{
	struct world w;
	(void)state;
	world_begin(&w, &rules_poll, 1000, 2);
	world_kind(&w, "main.consume", 1, 500000, 800);
	world_goroutine(&w, 1, 11, "main.consume");
	world_spells(&w, 1, spinning(&w), 2);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_int_equal(world_measure(f, "ran", UNIT_NS), 800 * WORLD_MS);
	assert_int_equal(f->evidence[0].frames, 2);
	world_finish(&w);
}

static void being_woken_for_work_is_not(void **state)
{
	struct world w;
	(void)state;
	world_begin(&w, &rules_poll, 1000, 2);
	world_waits(&w, world_kind(&w, "main.consume", 1, 500000, 800), "network", 490000);
	world_goroutine(&w, 1, 11, "main.consume");
	world_spells(&w, 1, spinning(&w), 2);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void losing_a_p_to_others_is_not(void **state)
{
	struct world w;
	(void)state;
	world_begin(&w, &rules_poll, 1000, 2);
	world_kind(&w, "main.consume", 1, 300, 800);
	world_goroutine(&w, 1, 11, "main.consume");
	world_spells(&w, 1, spinning(&w), 2);
	assert_null(world_finding(&w));
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_calls_into_c_are_accused),
		cmocka_unit_test(short_calls_into_c_are_not),
		cmocka_unit_test(a_goroutine_that_is_there_for_c_is_told_as_info),
		cmocka_unit_test(goroutines_that_are_all_there_for_c_are_told_as_info),
		cmocka_unit_test(goroutines_that_do_something_between_calls_into_c_are_accused),
		cmocka_unit_test(a_few_long_calls_among_many_are_the_machines),
		cmocka_unit_test(files_that_take_long_are_accused),
		cmocka_unit_test(files_that_a_library_syncs_itself_are_files),
		cmocka_unit_test(two_long_calls_say_nothing),
		cmocka_unit_test(reads_of_one_goroutine_are_told_as_info),
		cmocka_unit_test(what_never_began_nor_ended_is_no_call),
		cmocka_unit_test(look_ups_are_told_where_the_program_makes_them),
		cmocka_unit_test(other_system_calls_are_left_out),
		cmocka_unit_test(looking_between_naps_is_polling),
		cmocka_unit_test(pacing_by_many_goroutines_is_told_as_info),
		cmocka_unit_test(system_calls_between_naps_are_told_as_info),
		cmocka_unit_test(work_between_naps_is_not),
		cmocka_unit_test(naps_by_a_slow_clock_are_not),
		cmocka_unit_test(giving_up_a_p_again_and_again_is_polling),
		cmocka_unit_test(being_woken_for_work_is_not),
		cmocka_unit_test(losing_a_p_to_others_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
