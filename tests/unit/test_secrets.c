/* Of what kind a secret is, and by which sign. What is taken for one at all is test_redact's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/secrets.h"

static void expect(const char *text, enum secret_kind kind, const char *sign, const char *secret)
{
	struct secret found;
	assert_true(secret_find(text, 0, strlen(text), &found));
	assert_int_equal(found.kind, kind);
	if (sign)
		assert_string_equal(found.sign, sign);
	else
		assert_null(found.sign);
	assert_int_equal(found.n, strlen(secret));
	assert_memory_equal(text + found.at, secret, found.n);
}

static void kind_of_a_value_follows_from_its_key(void **state)
{
	(void)state;
	expect("DB_PASSWORD=hunter2", SECRET_PASSWORD, "password", "hunter2");
	expect("{\"accessToken\":\"abc\"}", SECRET_VALUE, "token", "abc");
	expect("Authorization: Bearer abc.def", SECRET_HEADER, "authorization", "abc.def");
	expect("Cookie: a=1; b=2", SECRET_HEADER, "cookie", "a=1; b=2");
}

static void sign_of_a_secret_without_a_key_is_how_it_begins(void **state)
{
	(void)state;
	expect("sent bearer abcdefgh", SECRET_HEADER, "bearer", "abcdefgh");
	expect("AKIAIOSFODNN7EXAMPLE", SECRET_KEY, "AKIA", "AKIAIOSFODNN7EXAMPLE");
}

static void what_has_no_sign_is_known_by_its_shape(void **state)
{
	(void)state;
	expect("amqp://u:pass@host", SECRET_ADDRESS, NULL, "pass");
	expect("-----BEGIN PRIVATE KEY-----", SECRET_PEM, NULL, "-----BEGIN PRIVATE KEY-----");
	expect("x 9fQ2kLm3zP8wXc7Vb1Nt", SECRET_RANDOM, NULL, "9fQ2kLm3zP8wXc7Vb1Nt");
	expect("to=jane@example.com", SECRET_MAIL, NULL, "jane@example.com");
}

static void search_goes_on_behind_a_secret(void **state)
{
	(void)state;
	static const char text[] = "token=abc trace_id=def jane@example.com";
	struct secret found;
	assert_true(secret_find(text, 0, sizeof text - 1, &found));
	assert_true(secret_find(text, found.at + found.n, sizeof text - 1, &found));
	assert_int_equal(found.kind, SECRET_MAIL);
	assert_false(secret_find(text, found.at + found.n, sizeof text - 1, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kind_of_a_value_follows_from_its_key),
		cmocka_unit_test(sign_of_a_secret_without_a_key_is_how_it_begins),
		cmocka_unit_test(what_has_no_sign_is_known_by_its_shape),
		cmocka_unit_test(search_goes_on_behind_a_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
