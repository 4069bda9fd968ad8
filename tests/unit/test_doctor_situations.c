/* doctor/situations: what waits are, on stacks as traces of real programs have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "doctor/known.h"
#include "doctor/situations.h"

enum { FRAMES = 32, STACKS = 128 };

/* Leaf first, with spaces between. */
static const struct {
	enum situation situation;
	bool continues;
	const char *stack;
} stacks_of_programs[] = {};

static struct {
	struct names names;
	struct stack stack[STACKS];
	struct stack_frame frame[STACKS * FRAMES];
	struct stacks stacks;
	struct situations situations;
} world;

static int set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof world);
	world.stacks.stack = world.stack;
	world.stacks.frame = world.frame;
	situations_init(&world.situations, &world.stacks, &world.names);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	situations_finish(&world.situations);
	names_finish(&world.names);
	return 0;
}

static uint32_t name(const char *text)
{
	uint32_t number = names_intern(&world.names, text, strlen(text));
	assert_int_not_equal(number, NAME_ERROR);
	return number;
}

/* The number of a new stack. */
static uint32_t put(const char *text)
{
	struct stacks *s = &world.stacks;
	assert_true(s->n < STACKS);
	struct stack *stack = &world.stack[s->n++];
	stack->first = (uint32_t)s->frames;
	while (*text) {
		size_t n = strcspn(text, " ");
		assert_true(s->frames < STACKS * FRAMES);
		world.frame[s->frames++].function = names_intern(&world.names, text, n);
		stack->frames++;
		text += n + strspn(text + n, " ");
	}
	return (uint32_t)s->n;
}

static const char *site_of(uint32_t stack)
{
	uint32_t frame = situation_site(&world.situations, stack);
	return frame == UINT32_MAX ? "" : names_text(&world.names, world.frame[frame].function);
}

static void stacks_of_real_programs_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stacks_of_programs / sizeof *stacks_of_programs; i++) {
		uint32_t stack = put(stacks_of_programs[i].stack);
		enum situation situation = situation_of(&world.situations, stack);
		if (situation != stacks_of_programs[i].situation)
			fail_msg("%s: it waits %s, not %s", stacks_of_programs[i].stack,
			         situation_word(stacks_of_programs[i].situation), situation_word(situation));
		if (situation_continues(&world.situations, stack) != stacks_of_programs[i].continues)
			fail_msg("%s: continues is wrong", stacks_of_programs[i].stack);
		/* and once more, from memory */
		assert_int_equal(situation_of(&world.situations, stack), situation);
	}
}

static void without_a_stack_the_situation_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(situation_of(&world.situations, STACK_NONE), SITUATION_UNKNOWN);
	assert_int_equal(situation_of(&world.situations, 7), SITUATION_UNKNOWN);
	assert_int_equal(situation_site(&world.situations, STACK_NONE), UINT32_MAX);
	assert_false(situation_is_idle(SITUATION_UNKNOWN));
}

static void names_of_the_program_mean_nothing(void **state)
{
	static const char *const names[] = {
		"main.(*Pool).conn", "main.(*DB).conn",    "example.org/sql.(*DB).conn",
		"main.Accept",       "main.readLoop",      "example.org/net/http.(*persistConn).readLoop",
		"main.function",     "main.(*Mutex).Lock", "example.org/app/runtime.ReadTrace",
	};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(known_function(names[i]), KNOWN_NOTHING);
}

static void a_known_name_is_known_as_a_whole(void **state)
{
	(void)state;
	assert_int_equal(known_function("database/sql.(*DB).conn"), KNOWN_POOL_AND_NEW);
	assert_int_equal(known_function("database/sql.(*DB).conn.func1"), KNOWN_POOL_AND_NEW);
	assert_int_equal(known_function("database/sql.(*DB).connectionOpener"), KNOWN_LOOP);
	assert_int_equal(known_function("database/sql.(*DB).connSomethingNew"), KNOWN_CLIENT);
	assert_int_equal(known_function("runtime.gopark"), KNOWN_RUNTIME);
	assert_int_equal(known_function("strings.Repeat"), KNOWN_STANDARD);
	assert_int_equal(known_function("runtime/trace.WithRegion"), KNOWN_STANDARD);
	assert_int_equal(known_function(""), KNOWN_NOTHING);
}

static void goroutines_have_the_role_of_their_start(void **state)
{
	static const struct {
		const char *function;
		enum role role;
	} rows[] = {
		{"net/http.(*conn).serve", ROLE_CONNECTION},
		{"net/http.(*http2serverConn).runHandler", ROLE_REQUEST},
		{"net/http/internal/http2.(*serverConn).runHandler", ROLE_REQUEST},
		{"google.golang.org/grpc.(*Server).serveStreams.func2.1", ROLE_REQUEST},
		{"net/http.(*persistConn).readLoop", ROLE_LOOP},
		{"net/http.(*connReader).backgroundRead", ROLE_LOOP},
		{"database/sql.(*DB).connectionOpener", ROLE_LOOP},
		{"runtime.main", ROLE_MAIN},
		{"main.main", ROLE_MAIN},
		{"main.main.func1", ROLE_ORDINARY},
		{"runtime.gcBgMarkWorker", ROLE_SYSTEM},
		{"runtime/trace.Start.func1", ROLE_TRACER},
		{"runtime/trace.(*traceMultiplexer).startLocked.func1", ROLE_TRACER},
		{"main.serve", ROLE_ORDINARY},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(situation_role(&world.situations, name(rows[i].function)), rows[i].role);
	assert_int_equal(situation_role(&world.situations, NAME_NONE), ROLE_ORDINARY);
	assert_true(role_is_background(ROLE_LOOP));
	assert_false(role_is_background(ROLE_REQUEST));
}

static void the_site_is_the_programs_own_frame(void **state)
{
	(void)state;
	assert_string_equal(site_of(
							put("runtime.selectgo database/sql.(*DB).conn database/sql.(*DB).query "
	                            "main.(*Store).Get net/http.HandlerFunc.ServeHTTP "
	                            "net/http.(*conn).serve")),
	                    "main.(*Store).Get");
	assert_string_equal(site_of(put("time.Sleep main.main runtime.main")), "main.main");
	/* none of it is the program's: where stacks_where says */
	assert_string_equal(site_of(put("runtime.selectgo net/http.(*persistConn).writeLoop")),
	                    "net/http.(*persistConn).writeLoop");
}

int main(void)
{
#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WORLD_TEST(stacks_of_real_programs_are_told_apart),
		WORLD_TEST(without_a_stack_the_situation_is_unknown),
		WORLD_TEST(names_of_the_program_mean_nothing),
		WORLD_TEST(a_known_name_is_known_as_a_whole),
		WORLD_TEST(goroutines_have_the_role_of_their_start),
		WORLD_TEST(the_site_is_the_programs_own_frame),
	};
	return cmocka_run_group_tests_name("doctor_situations", tests, NULL, NULL);
}
