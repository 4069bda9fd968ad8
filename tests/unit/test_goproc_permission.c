#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "goproc/permission.h"
#include "tests/unit/file_tree.h"

/* The same user, no capabilities, no yama: nothing that would explain a refusal. */
static struct permission_facts same_user(void)
{
	return (struct permission_facts){
		.pid = 12,
		.own_uid = 1000,
		.own_gid = 1000,
		.target_known = true,
		.target_uid = {1000, 1000, 1000},
		.target_gid = {1000, 1000, 1000},
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
	/* As much of it as a snapshot keeps. */
	assert_true(strlen(error.text) < 256);
}

static void another_users_process_names_the_user(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.target_uid[0] = facts.target_uid[1] = facts.target_uid[2] = 1001;
	facts.yama = 1; /* would not be asked */
	expect(&facts, "belongs to another user (ann)", "sudo schedtop -p 12");
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

static void another_group_is_told_from_another_user(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.target_gid[1] = 50;
	expect(&facts, "another group (gid 50)", "sudo schedtop -p 12");
}

static void yama_is_named_with_its_level(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.yama = 1;
	expect(&facts, "kernel.yama.ptrace_scope is 1", "import the agent");
	expect(&facts, "sudo schedtop -p 12", "schedtop -- PROG");
	facts.yama = 2;
	expect(&facts, "kernel.yama.ptrace_scope is 2", "as root");
	facts.yama = 3;
	expect(&facts, "by anybody", "import the agent");
	facts.own_ptrace = true; /* means nothing to that level */
	expect(&facts, "by anybody", "import the agent");
}

/* Where nobody can get the capability, root is no remedy. */
static void nobody_is_sent_to_root_in_a_container_without_the_capability(void **state)
{
	struct permission_facts facts = same_user();
	struct error error = {0};
	(void)state;
	facts.bounded = true;
	for (facts.yama = 0; facts.yama < 3; facts.yama++) {
		expect(&facts, "on the host", "--cap-add SYS_PTRACE");
		permission_explain(&facts, "process 12 (serve)", &error);
		assert_null(strstr(error.text, "sudo"));
	}
}

static void capabilities_that_we_lack_are_named(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.target_caps = 1U << 10; /* CAP_NET_BIND_SERVICE */
	facts.yama = 1;
	expect(&facts, "has capabilities that schedtop lacks", "sudo schedtop -p 12");
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

static void refusal_without_a_reason_blames_what_else_can_refuse(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.yama = 0;
	expect(&facts, "a security module", "as root");
	facts.filtered = true;
	expect(&facts, "a seccomp filter", "as root");
}

static void refusal_in_spite_of_the_capability_blames_the_namespace(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.own_ptrace = true;
	facts.yama = 2;
	facts.other_users = true;
	expect(&facts, "in spite of CAP_SYS_PTRACE", "another user namespace");
	facts.other_users = false;
	expect(&facts, "in spite of CAP_SYS_PTRACE", "a security module");
}

static void hidden_process_needs_its_owner(void **state)
{
	struct permission_facts facts = same_user();
	(void)state;
	facts.target_known = false;
	expect(&facts, "hidden", "as root");
}

/* --- facts, from a /proc of our own --- */

#define OWN_STATUS(caps, bound, seccomp)                                     \
	"Name:\tschedtop\nCapPrm:\t" caps "\nCapEff:\t" caps "\nCapBnd:\t" bound \
	"\nSeccomp:\t" seccomp "\n"
#define NO_CAPS   "0000000000000000"
#define ALL_CAPS  "000001ffffffffff"
#define NO_PTRACE "00000000a80425fb" /* what docker gives a container */

static void facts_are_read_from_proc(void **state)
{
	struct permission_facts facts;
	file_tree_put(*state, "/self/status", OWN_STATUS(NO_CAPS, ALL_CAPS, "0"));
	file_tree_put(*state, "/40/status",
	              "Name:\ta\nUid:\t1\t2\t3\t2\nGid:\t4\t5\t6\t5\nCapPrm:\t0000000000000400\n");
	file_tree_put(*state, "/sys/kernel/yama/ptrace_scope", "2\n");
	permission_gather(*state, 40, &facts);
	assert_int_equal(facts.pid, 40);
	assert_int_equal(facts.own_uid, geteuid());
	assert_int_equal(facts.own_gid, getegid());
	assert_false(facts.own_ptrace);
	assert_false(facts.bounded);
	assert_false(facts.filtered);
	assert_true(facts.target_known);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(facts.target_uid[i], 1 + i);
		assert_int_equal(facts.target_gid[i], 4 + i);
	}
	assert_int_equal(facts.target_caps, 0x400);
	assert_int_equal(facts.yama, 2);
	assert_false(facts.other_users);
	/* The file is ours, not that of user 2: as the kernel gives it to root. */
	assert_true(facts.undumpable);
}

static void container_is_known_by_its_bounds_and_its_filter(void **state)
{
	struct permission_facts facts;
	file_tree_put(*state, "/self/status", OWN_STATUS(NO_PTRACE, NO_PTRACE, "2"));
	file_tree_put(*state, "/self/uid_map", "         0          0 4294967295\n");
	file_tree_put(*state, "/40/uid_map", "         0     100000      65536\n");
	file_tree_put(*state, "/40/status", "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n");
	permission_gather(*state, 40, &facts);
	assert_true(facts.bounded);
	assert_true(facts.filtered);
	assert_false(facts.own_ptrace);
	assert_true(facts.other_users);
	assert_int_equal(facts.yama, -1);
}

/* What can't be read, or makes no sense, is not known. */
static void facts_that_are_missing_are_unknown(void **state)
{
	struct permission_facts facts;
	permission_gather(*state, 40, &facts);
	assert_false(facts.target_known);
	assert_false(facts.own_ptrace);
	assert_false(facts.bounded);
	assert_int_equal(facts.yama, -1);
	file_tree_put(*state, "/40/status", "Uid:\tx\nGid:\t0\t0\t0\t0\n");
	file_tree_put(*state, "/sys/kernel/yama/ptrace_scope", "9\n");
	permission_gather(*state, 40, &facts);
	assert_false(facts.target_known);
	assert_int_equal(facts.yama, -1);
}

static void facts_of_a_living_process_are_gathered(void **state)
{
	struct permission_facts facts;
	(void)state;
	permission_gather("/proc", getpid(), &facts);
	assert_true(facts.target_known);
	assert_int_equal(facts.target_uid[1], geteuid());
	assert_int_equal(facts.target_gid[1], getegid());
	assert_int_equal(facts.target_caps, facts.own_caps);
	assert_false(facts.other_users);
	assert_true(facts.yama >= -1 && facts.yama <= 3);
}

#define IN_A_ROOT(test) cmocka_unit_test_setup_teardown(test, file_tree_make, file_tree_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_users_process_names_the_user),
		cmocka_unit_test(set_user_id_program_counts_as_another_users),
		cmocka_unit_test(another_group_is_told_from_another_user),
		cmocka_unit_test(nobody_is_sent_to_root_in_a_container_without_the_capability),
		IN_A_ROOT(facts_are_read_from_proc),
		IN_A_ROOT(container_is_known_by_its_bounds_and_its_filter),
		IN_A_ROOT(facts_that_are_missing_are_unknown),
		cmocka_unit_test(yama_is_named_with_its_level),
		cmocka_unit_test(capabilities_that_we_lack_are_named),
		cmocka_unit_test(undumpable_process_is_told_apart),
		cmocka_unit_test(refusal_without_a_reason_blames_what_else_can_refuse),
		cmocka_unit_test(refusal_in_spite_of_the_capability_blames_the_namespace),
		cmocka_unit_test(hidden_process_needs_its_owner),
		cmocka_unit_test(facts_of_a_living_process_are_gathered),
	};
	return cmocka_run_group_tests_name("goproc permission", tests, NULL, NULL);
}
