/* Control groups that are the same place, and those that are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/target.h"

#define ID_A "3f2a9c1d4e5b60718293a4b5c6d7e8f90123456789abcdef0123456789abcdef"
#define ID_B "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void a_container_that_is_made_anew_is_the_same_place(void **state)
{
	(void)state;
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
		{"0::/system.slice/docker-" ID_A ".scope\n", "0::/system.slice/docker-" ID_B ".scope\n",
	     true},
		{"0::/kubepods.slice/kubepods-pod4a1f0e22_9c1d_4e5b_b607_18293a4b5c6d.slice/"
	     "cri-containerd-" ID_A ".scope\n",
	     "0::/kubepods.slice/kubepods-podffff0e22_0000_4e5b_b607_18293a4b5c6d.slice/"
	     "cri-containerd-" ID_B ".scope\n",
	     true},
		{"0::/system.slice/api@1.service\n", "0::/system.slice/api@1.service\n", true},
		{"0::/system.slice/api@1.service\n", "0::/system.slice/api@2.service\n", false},
		{"0::/user.slice/user-1000.slice/session-5.scope\n",
	     "0::/user.slice/user-1000.slice/session-6.scope\n", false},
		{"0::/system.slice/docker-" ID_A ".scope\n", "0::/system.slice/api.service\n", false},
		{"0::/\n", "0::/\n", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t one = target_hash_cgroup(rows[i].one), other = target_hash_cgroup(rows[i].other);
		assert_int_not_equal(one, 0);
		if ((one == other) != rows[i].same)
			fail_msg("%s%sare %s place", rows[i].one, rows[i].other,
			         rows[i].same ? "not the same" : "the same");
	}
	assert_int_equal(target_hash_cgroup(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_that_is_made_anew_is_the_same_place),
	};
	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
