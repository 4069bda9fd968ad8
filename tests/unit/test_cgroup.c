#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "collect/cgroup.h"
#include "tests/unit/file_tree.h"

static struct cgroup_cpu read_cpu(const char *root, const char *cgroup_file)
{
	struct cgroup *c = cgroup_find_in(root, cgroup_file);
	assert_non_null(c);
	struct cgroup_cpu cpu = cgroup_read(c);
	cgroup_destroy(c);
	return cpu;
}

static void v2_quota_of_an_ancestor_counts_when_it_is_tighter(void **state)
{
	file_tree_put(*state, "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
	file_tree_put(*state, "/sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
	file_tree_put(*state, "/sys/fs/cgroup/pod/cpu.stat",
	              "usage_usec 9\nnr_periods 100\nnr_throttled 31\nthrottled_usec 4200\n");
	file_tree_put(*state, "/sys/fs/cgroup/pod/app/cpu.max", "400000 100000\n");
	struct cgroup_cpu cpu = read_cpu(*state, "0::/pod/app\n");
	assert_true(cpu.limited);
	assert_int_equal(cpu.millicpus, 1500);
	assert_true(cpu.counted);
	assert_int_equal(cpu.periods, 100);
	assert_int_equal(cpu.throttled_periods, 31);
	assert_int_equal(cpu.throttled_ns, 4200000);
}

static void v2_without_a_quota_is_not_limited(void **state)
{
	file_tree_put(*state, "/sys/fs/cgroup/cgroup.controllers", "cpu\n");
	file_tree_put(*state, "/sys/fs/cgroup/app/cpu.max", "max 100000\n");
	assert_false(read_cpu(*state, "0::/app\n").limited);
}

static void v1_quota_is_read_from_the_cpu_hierarchy(void **state)
{
	const char *base = "/sys/fs/cgroup/cpu,cpuacct";
	char path[128];
	snprintf(path, sizeof path, "%s/cpu.cfs_period_us", base);
	file_tree_put(*state, path, "100000\n");
	snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", base);
	file_tree_put(*state, path, "-1\n");
	snprintf(path, sizeof path, "%s/docker/abc/cpu.cfs_period_us", base);
	file_tree_put(*state, path, "50000\n");
	snprintf(path, sizeof path, "%s/docker/abc/cpu.cfs_quota_us", base);
	file_tree_put(*state, path, "100000\n");
	snprintf(path, sizeof path, "%s/docker/abc/cpu.stat", base);
	file_tree_put(*state, path, "nr_periods 7\nnr_throttled 3\nthrottled_time 99\n");
	struct cgroup_cpu cpu =
		read_cpu(*state, "12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/\n");
	assert_true(cpu.limited);
	assert_int_equal(cpu.millicpus, 2000);
	assert_true(cpu.counted);
	assert_int_equal(cpu.throttled_ns, 99);
}

static void a_path_that_can_not_be_seen_falls_back_to_the_mount(void **state)
{
	file_tree_put(*state, "/sys/fs/cgroup/cgroup.controllers", "cpu\n");
	file_tree_put(*state, "/sys/fs/cgroup/cpu.max", "250000 100000\n");
	assert_int_equal(read_cpu(*state, "0::/not/visible\n").millicpus, 2500);
	file_tree_put(*state, "/sys/fs/cgroup/..a/cpu.max", "50000 100000\n");
	assert_int_equal(read_cpu(*state, "0::/..a\n").millicpus, 500);
}

/* The limits of the container that schedtop is in are none of a program in the next one. */
static void outside_of_the_namespace_nothing_is_known(void **state)
{
	file_tree_put(*state, "/sys/fs/cgroup/cgroup.controllers", "cpu\n");
	file_tree_put(*state, "/sys/fs/cgroup/cpu.max", "10000 100000\n");
	file_tree_put(*state, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "10000\n");
	file_tree_put(*state, "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	static const char *const paths[] = {"0::/..\n", "0::/../../elsewhere\n", "4:cpu:/../b\n"};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		assert_null(cgroup_find_in(*state, paths[i]));
}

static void hostile_files_give_no_limit(void **state)
{
	file_tree_put(*state, "/sys/fs/cgroup/cgroup.controllers", "cpu\n");
	static const char *const bad[] = {
		"", "\n", "0 0", "-5 100000", "100000 0", "x y", "9223372036854775807 1"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		file_tree_put(*state, "/sys/fs/cgroup/cpu.max", bad[i]);
		assert_false(read_cpu(*state, "0::/\n").limited);
	}
	assert_null(cgroup_find_in(*state, ""));
	assert_null(cgroup_find_in(*state, "no colons\n:\n::\n5:cpu\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_A_ROOT(test) cmocka_unit_test_setup_teardown(test, file_tree_make, file_tree_remove)
		IN_A_ROOT(v2_quota_of_an_ancestor_counts_when_it_is_tighter),
		IN_A_ROOT(v2_without_a_quota_is_not_limited),
		IN_A_ROOT(v1_quota_is_read_from_the_cpu_hierarchy),
		IN_A_ROOT(a_path_that_can_not_be_seen_falls_back_to_the_mount),
		IN_A_ROOT(outside_of_the_namespace_nothing_is_known),
		IN_A_ROOT(hostile_files_give_no_limit),
	};
	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
