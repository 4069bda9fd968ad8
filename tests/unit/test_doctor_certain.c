/* Which texts hold a secret beyond doubt, and which only look like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "doctor/certain.h"

static bool is_certain(const char *text)
{
	struct secret secret;
	size_t n = strlen(text);
	for (size_t at = 0; secret_find(text, at, n, &secret); at = secret.at + secret.n)
		if (secret_is_certain(text, n, &secret))
			return true;
	return false;
}

static void what_nobody_doubts_is_certain(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"password=hunter2",
		"token=4bf92f3577b34da6a3ce929d0e0e4736",
		"Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
		"Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1lMTIz",
		"Cookie: theme=dark; sid=9fQ2kLm3zP8wXc7Vb1Nt",
		"postgres://app:s3cret@db/x",
		"-----BEGIN RSA PRIVATE KEY-----",
		"ghp_16C7e42F292c6912E7710c838347Ae178B4a",
		"sk-proj-9fQ2kLm3zP8wXc7Vb1Nt",
		"use AKIAIOSFODNN7EXAMPLE.",
		"db_password: hunter2",
		"password=hunter2 user=bob",
		"{\"password\":\"hunter2\"}",
		"Proxy-Authorization Basic YWxhZGRpbjpvcGVuc2VzYW1lMTIz",
		"jane@example.com",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!is_certain(texts[i]))
			fail_msg("%s", texts[i]);
}

static void what_only_looks_like_it_is_not(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"token: expired",
		"token=valid session=17",
		"tokens=1024",
		"session_time=12.5ms",
		"password: incorrect",
		"password_age=90days",
		"password=",
		"password=********",
		"password=${DB_PASSWORD}",
		"secret=[redacted]",
		"private=true",
		"Authorization: none",
		"Cookie: theme=dark",
		"postgres://app:xxxxx@db/x",
		"postgres://$USER:$PASS@db/x",
		"-----BEGIN CERTIFICATE-----",
		"sk-learn-pipeline",
		"npm_config_registry",
		"x 9fQ2kLm3zP8wXc7Vb1Nt",
		"0123456789abcdef0123456789abcdef01234567",
		"golang.org/x/net@v0.1.0",
		"pulled, digest sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"checksum signature=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"region ASIA-Pacific-Southeast-1",
		"sk-learn-KMeansClusteringPipeline2",
		"consumer joined: worker@node7.prod",
		"lock held by scheduler@rack3.zone.east",
		"go get golang.org/x@latest.go",
		"basic  HTTP2KeepAlive",
		"password_changed_at=Mon2024x",
		"password: user42 not found",
		"token=4bf92f3577b34da6a3ce929d0e0e4736 is a span",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (is_certain(texts[i]))
			fail_msg("%s", texts[i]);
}

static void hint_says_all_but_the_secret(void **state)
{
	(void)state;
	static const struct {
		const char *text, *hint;
	} rows[] = {
		{"DB_PASSWORD=hunter2", "password=... (7 characters)"},
		{"use AKIAIOSFODNN7EXAMPLE", "AKIA... (20 characters)"},
		{"jane@example.com", "j...@... (16 characters)"},
		{"pg://app:s3cret@db", ":...@ (6 characters)"},
		{"Bearer abcdefgh", "bearer ... (8 characters)"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct secret secret;
		char hint[SECRET_HINT];
		assert_true(secret_find(rows[i].text, 0, strlen(rows[i].text), &secret));
		secret_hint(hint, rows[i].text, &secret);
		assert_string_equal(hint, rows[i].hint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_doubts_is_certain),
		cmocka_unit_test(what_only_looks_like_it_is_not),
		cmocka_unit_test(hint_says_all_but_the_secret),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
