#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "goproc/permission.h"

/* The same user, no capabilities, no yama: nothing that would explain a refusal. */
static struct permission_facts same_user(void)
{
	return (struct permission_facts){
		.own_uid = 1000,
		.target_known = true,
		.target_uid = {1000, 1000, 1000},
		.target_user = "ann",
		.yama = -1,
	};
}

static void expect(const struct permission_facts *facts, const char *why, const char *remedy)
{
	struct error error = {0};
	assert_int_equal(permission_explain(facts, "process 12 (serve)", &error), STATUS_PERMISSION);
	assert_int_equal(error.status, STATUS_PERMISSION);
	assert_ptr_equal(strstr(error.text, "process 12 (serve)"), error.text);
	if (!strstr(error.text, why) || !strstr(error.text, remedy))
		fail_msg("\"%s\" does not say \"%s\" and \"%s\"", error.text, why, remedy);
	assert_null(strchr(error.text, '\n'));
}

static void another_users_process_names_the_user(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.target_uid[0] = facts.target_uid[1] = facts.target_uid[2] = 1001;
	facts.yama = 1; /* would not be asked */
	expect(&facts, "belongs to another user (ann)", "as that user or as root");
	facts.target_user[0] = '\0';
	expect(&facts, "another user (uid 1001)", "as root");
}

static void set_user_id_program_counts_as_another_users(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.target_uid[1] = 0;
	expect(&facts, "another user", "as root");
}

static void yama_is_named_with_its_level(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.yama = 1;
	expect(&facts, "kernel.yama.ptrace_scope is 1", "import the agent");
	facts.yama = 2;
	expect(&facts, "kernel.yama.ptrace_scope is 2", "as root");
	facts.yama = 3;
	expect(&facts, "by anybody", "import the agent");
}

static void capabilities_that_we_lack_are_named(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.target_caps = 1U << 10; /* CAP_NET_BIND_SERVICE */
	facts.yama = 1;
	expect(&facts, "has capabilities that schedtop lacks", "CAP_SYS_PTRACE");
	facts.own_caps = facts.target_caps;
	expect(&facts, "yama", "agent");
}

static void undumpable_process_is_told_apart(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.undumpable = true;
	expect(&facts, "PR_SET_DUMPABLE", "as root");
}

static void refusal_without_a_reason_blames_the_container(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.yama = 0;
	expect(&facts, "seccomp", "outside of it");
}

static void refusal_in_spite_of_the_capability_blames_the_namespace(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.own_ptrace = true;
	facts.yama = 2;
	expect(&facts, "in spite of CAP_SYS_PTRACE", "namespace");
}

static void hidden_process_needs_its_owner(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.target_known = false;
	expect(&facts, "hidden", "as root");
}

static void facts_of_a_living_process_are_gathered(void **state)
{
	struct permission_facts facts;
	(void)state;
	permission_gather(1, &facts); /* always there; whose it is, is unknown */
	assert_true(facts.yama >= -1 && facts.yama <= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_users_process_names_the_user),
		cmocka_unit_test(set_user_id_program_counts_as_another_users),
		cmocka_unit_test(yama_is_named_with_its_level),
		cmocka_unit_test(capabilities_that_we_lack_are_named),
		cmocka_unit_test(undumpable_process_is_told_apart),
		cmocka_unit_test(refusal_without_a_reason_blames_the_container),
		cmocka_unit_test(refusal_in_spite_of_the_capability_blames_the_namespace),
		cmocka_unit_test(hidden_process_needs_its_owner),
		cmocka_unit_test(facts_of_a_living_process_are_gathered),
	};
	return cmocka_run_group_tests_name("goproc permission", tests, NULL, NULL);
}
