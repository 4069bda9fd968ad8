/* What is taken for a secret, and what is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "export/redact.h"

static void expect(const char *text, const char *redacted)
{
	char to[2048];
	size_t n = redact_secrets(to, sizeof to - 1, text, strlen(text));
	to[n] = '\0';
	assert_string_equal(to, redacted);
}

static void value_of_a_telling_key_is_a_secret(void **state)
{
	(void)state;
	expect("password=hunter2", "password=[redacted]");
	expect("login with DB_PASSWORD: hunter2, then go",
	       "login with DB_PASSWORD: [redacted], then go");
	expect("{\"api_key\":\"abc\",\"n\":1}", "{\"api_key\":\"[redacted]\",\"n\":1}");
	expect("GET /x?access_token=abc&page=2", "GET /x?access_token=[redacted]&page=2");
	expect("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]");
	expect("secret='a b c' x", "secret='[redacted]' x");
}

static void value_is_found_behind_every_sign(void **state)
{
	(void)state;
	expect("{\\\"password\\\":\\\"hunter2\\\",\\\"n\\\":1}",
	       "{\\\"password\\\":\\\"[redacted]\\\",\\\"n\\\":1}");
	expect("{\\\"password\\\":\\\"hun\\\\\\\"ter2\\\"}", "{\\\"password\\\":\\\"[redacted]\\\"}");
	expect("password := hunter2 x", "password := [redacted] x");
	expect("password => hunter2 x", "password => [redacted] x");
	expect("{\"token\":[\"abc\"]}", "{\"token\":[\"[redacted]\"]}");
	expect("secret=\"a\\\"b\" x", "secret=\"[redacted]\" x");
}

static void headers_with_keys_are_secret_to_their_end(void **state)
{
	(void)state;
	expect("Authorization: Token abc", "Authorization: [redacted]");
	expect("Authorization: Negotiate abc\nHost: x", "Authorization: [redacted]\nHost: x");
	expect("Authorization: Bearer abc, def", "Authorization: Bearer [redacted]");
	expect("Cookie: a=1; sid=abc123\r\nHost: x", "Cookie: [redacted]\r\nHost: x");
	expect("curl -H \"Cookie: a=1; sid=abc\" http://x", "curl -H \"Cookie: [redacted]\" http://x");
	expect("{\"Cookie\":\"a=1; sid=abc\",\"n\":1}", "{\"Cookie\":\"[redacted]\",\"n\":1}");
	expect("map[Authorization:[Token abc]]", "map[Authorization:[[redacted]");
}

static void password_in_an_address_goes_up_to_its_host(void **state)
{
	(void)state;
	expect("smb://u:pa@ss@host/x", "smb://u:[redacted]@host/x");
	expect("smb://u:p,a;s&s)@host x@y", "smb://u:[redacted]@host x@y");
}

static void expect_cut(const char *text, const char *redacted)
{
	char to[2048];
	const struct redactor r = {.level = REDACT_SECRETS};
	size_t length = strlen(text), n = redactor_text(&r, to, sizeof to - 1, text, length, length);
	to[n] = '\0';
	assert_string_equal(to, redacted);
}

static void last_word_of_a_cut_text_is_a_secret(void **state)
{
	(void)state;
	expect_cut("dial postgres://app:S3cret", "dial [redacted]");
	expect_cut("postgres://app:S3,cr", "[redacted]");
	expect_cut("token=a use AKIAIO", "token=[redacted] use [redacted]");
	expect_cut("ends with a space ", "ends with a space ");
	char name[1024 + 1] = "x smb://u:";
	memset(name + strlen(name), 's', sizeof name - 1 - strlen(name));
	expect_cut(name, "x [redacted]");
}

static void keys_that_services_hand_out_are_secrets(void **state)
{
	(void)state;
	expect("use AKIAIOSFODNN7EXAMPLE now", "use [redacted] now");
	expect("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "[redacted]");
	expect("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "jwt [redacted]");
	expect("postgres://app:s3cret@db:5432/x", "postgres://app:[redacted]@db:5432/x");
	expect("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "[redacted]");
}

static void long_random_words_are_secrets(void **state)
{
	(void)state;
	expect("x 9fQ2kLm3zP8wXc7Vb1Nt x", "x [redacted] x");
	expect("0123456789abcdef0123456789abcdef01234567", "[redacted]");
}

static void addresses_of_mail_are_secrets(void **state)
{
	(void)state;
	expect("mail to jane.doe+x@example.com.", "mail to [redacted].");
	expect("user=jane@mail.example.org, n=1", "user=[redacted], n=1");
	expect("<jane@example.com>", "<[redacted]>");
}

static void ordinary_text_is_left_alone(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"job 2",
		"tokenize",
		"encode password form",
		"GET /api/v1/users/42?page=2&sort=name",
		"trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
		"trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
		"4bf92f3577b34da6a3ce929d0e0e4736",
		"example.com/shop/worker.(*Pool).run.func1",
		"/home/build/go/pkg/mod/github.com/someone/Something2/v12/file_test.go:120",
		"2026-11-21T20:15:00.123456Z took 12.5ms",
		"http://localhost:8080/debug/pprof",
		"a = b: c",
		"golang.org/x/net@v0.1.0",
		"example.com/mod@v1.2.3-pre.beta",
		"clone git@example.com:some/thing",
		"getty@tty1.service failed",
		"me@localhost",
		"@example.com",
		"a @ b.example",
		"x@y.z1",
		"x@",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		expect(texts[i], texts[i]);
}

static void every_secret_of_a_text_is_taken_out(void **state)
{
	(void)state;
	expect("token=a secret=b trace_id=c token=d",
	       "token=[redacted] secret=[redacted] trace_id=c token=[redacted]");
}

static void what_has_no_room_is_cut(void **state)
{
	(void)state;
	char to[8];
	assert_int_equal(redact_secrets(to, sizeof to, "token=abcdef", 12), sizeof to);
	assert_memory_equal(to, "token=[r", sizeof to);
	assert_int_equal(redact_secrets(to, 0, "token=abcdef", 12), 0);
}

static void broken_text_is_read_to_its_end(void **state)
{
	(void)state;
	static const char text[] = "token=\"abc\\";
	char to[64];
	for (size_t n = 0; n < sizeof text; n++)
		assert_true(redact_secrets(to, sizeof to, text, n) <= sizeof to);
	assert_int_equal(redact_secrets(to, sizeof to, "://\0:@", 6), 6);
}

static void names_stay_different_when_all_are_redacted(void **state)
{
	(void)state;
	struct names names = {0};
	struct redactor r = {.level = REDACT_ALL};
	uint32_t a = names_intern(&names, "alice", 5), b = names_intern(&names, "bob", 3);
	uint32_t hidden_a = redactor_name(&r, &names, a), hidden_b = redactor_name(&r, &names, b);
	assert_int_not_equal(hidden_a, hidden_b);
	assert_int_equal(hidden_a, redactor_name(&r, &names, a));
	assert_string_equal(names_text(&names, hidden_a), "[redacted 1]");
	assert_int_equal(redactor_name(&r, &names, NAME_NONE), NAME_NONE);
	redactor_finish(&r);
	names_finish(&names);
}

static void names_without_secrets_stay_themselves(void **state)
{
	(void)state;
	struct names names = {0};
	struct redactor r = {.level = REDACT_SECRETS};
	uint32_t plain = names_intern(&names, "job 2", 5), key = names_intern(&names, "token=x", 7);
	assert_int_equal(redactor_name(&r, &names, plain), plain);
	assert_string_equal(names_text(&names, redactor_name(&r, &names, key)), "token=[redacted]");
	redactor_finish(&r);
	names_finish(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_of_a_telling_key_is_a_secret),
		cmocka_unit_test(value_is_found_behind_every_sign),
		cmocka_unit_test(headers_with_keys_are_secret_to_their_end),
		cmocka_unit_test(password_in_an_address_goes_up_to_its_host),
		cmocka_unit_test(last_word_of_a_cut_text_is_a_secret),
		cmocka_unit_test(keys_that_services_hand_out_are_secrets),
		cmocka_unit_test(long_random_words_are_secrets),
		cmocka_unit_test(addresses_of_mail_are_secrets),
		cmocka_unit_test(ordinary_text_is_left_alone),
		cmocka_unit_test(every_secret_of_a_text_is_taken_out),
		cmocka_unit_test(what_has_no_room_is_cut),
		cmocka_unit_test(broken_text_is_read_to_its_end),
		cmocka_unit_test(names_stay_different_when_all_are_redacted),
		cmocka_unit_test(names_without_secrets_stay_themselves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
