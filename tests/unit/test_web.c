#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "collect/web.h"
#include "util/clock.h"

/* A server that gives every request the same answer, and keeps the last one. */
struct server {
	const char *answer; /* NULL: nothing, ever */
	int listener, port;
	char directory[64], path[80];
	char request[4096];
	int requests;
	pthread_t thread;
};

static void serve_one(struct server *s, int fd)
{
	ssize_t n;
	while ((n = read(fd, s->request, sizeof s->request - 1)) > 0) {
		s->request[n] = '\0';
		s->requests++;
		if (!s->answer)
			continue;
		if (send(fd, s->answer, strlen(s->answer), MSG_NOSIGNAL) < 0 ||
		    strstr(s->answer, "Connection: close"))
			return;
	}
}

static void *serve(void *arg)
{
	struct server *s = arg;
	for (int fd; (fd = accept(s->listener, NULL, NULL)) >= 0; close(fd))
		serve_one(s, fd);
	return NULL;
}

static void server_begin(struct server *s, const char *answer)
{
	s->answer = answer;
	assert_int_equal(listen(s->listener, 4), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_start(struct server *s, const char *answer)
{
	*s = (struct server){.listener = socket(AF_INET, SOCK_STREAM, 0)};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	assert_int_equal(bind(s->listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &size), 0);
	s->port = ntohs(address.sin_port);
	server_begin(s, answer);
}

static void server_start_unix(struct server *s, const char *answer)
{
	*s = (struct server){.listener = socket(AF_UNIX, SOCK_STREAM, 0),
	                     .directory = "/tmp/schedtop-web-XXXXXX"};
	assert_non_null(mkdtemp(s->directory));
	snprintf(s->path, sizeof s->path, "%s/s", s->directory);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", s->path);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&address, sizeof address), 0);
	server_begin(s, answer);
}

static void server_stop(struct server *s)
{
	shutdown(s->listener, SHUT_RDWR);
	close(s->listener);
	pthread_join(s->thread, NULL);
	if (s->path[0]) {
		unlink(s->path);
		rmdir(s->directory);
	}
}

struct outcome {
	enum web_end end;
	struct web_reply reply;
	struct error error;
};

#define PATIENCE_NS (20 * NS_PER_S) /* on a machine with other things to do */

static struct outcome ask_within(int64_t head_ns, int64_t body_ns, const char *url,
                                 const char *path, const char *post)
{
	static const struct web_options plain = {0};
	struct outcome o = {0};
	struct web *web = NULL;
	assert_int_equal(web_create(&web, url, &plain, &o.error), STATUS_OK);
	struct web_request request = {.path = path,
	                              .post = post,
	                              .trailer = "Schedtop-End",
	                              .head_ns = head_ns,
	                              .body_ns = body_ns,
	                              .bytes_max = 1000};
	o.end = web_ask(web, &request, &o.reply);
	if (o.end != WEB_ANSWERED || o.reply.code != 200)
		web_explain(web, &request, &o.reply, &o.error);
	web_destroy(web);
	return o;
}

static struct outcome ask(const char *url, const char *path, const char *post)
{
	return ask_within(PATIENCE_NS, PATIENCE_NS, url, path, post);
}

static struct outcome ask_server(struct server *s, const char *prefix, const char *path)
{
	char url[128];
	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", s->port, prefix);
	struct outcome o = ask(url, path, NULL);
	server_stop(s);
	return o;
}

static struct outcome ask_answering(struct server *s, const char *answer)
{
	server_start(s, answer);
	return ask_server(s, "", "/debug/pprof/trace?seconds=1");
}

static void refused(const char *url, const char *words)
{
	struct web *web = NULL;
	struct web_options plain = {0};
	struct error error = {0};
	assert_int_equal(web_create(&web, url, &plain, &error), STATUS_USAGE);
	if (!strstr(error.text, words))
		fail_msg("'%s' is refused with: %s", url, error.text);
}

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static void an_answer_comes_whole_with_its_type(void **state)
{
	(void)state;
	struct server s;
	struct outcome o =
		ask_answering(&s, OK_HEAD "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
	assert_int_equal(o.end, WEB_ANSWERED);
	assert_int_equal(o.reply.code, 200);
	assert_string_equal(o.reply.text, "hello");
	assert_string_equal(o.reply.type, "text/plain");
	assert_non_null(strstr(s.request, "GET /debug/pprof/trace?seconds=1 HTTP/1.1\r\n"));
	assert_null(strstr(s.request, "Authorization"));
}

static void a_prefix_of_the_url_stands_before_every_path(void **state)
{
	(void)state;
	struct server s;
	server_start(&s, OK_HEAD "Content-Length: 0\r\n\r\n");
	assert_int_equal(ask_server(&s, "/internal//", "/x").end, WEB_ANSWERED);
	assert_non_null(strstr(s.request, "GET /internal/x HTTP/1.1\r\n"));
}

static void a_unix_socket_serves_as_well_and_no_proxy_is_asked_for_it(void **state)
{
	(void)state;
	struct server s;
	char url[128];
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	server_start_unix(&s, OK_HEAD "Content-Length: 2\r\n\r\nhi");
	snprintf(url, sizeof url, "unix://%s:/inside", s.path);
	struct outcome o = ask(url, "/x", NULL);
	server_stop(&s);
	unsetenv("http_proxy");
	assert_int_equal(o.end, WEB_ANSWERED);
	assert_string_equal(o.reply.text, "hi");
	assert_non_null(strstr(s.request, "GET /inside/x HTTP/1.1\r\n"));
}

static void loopback_is_not_asked_through_a_proxy(void **state)
{
	(void)state;
	struct server s;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	struct outcome o = ask_answering(&s, OK_HEAD "Content-Length: 2\r\n\r\nhi");
	unsetenv("http_proxy");
	assert_int_equal(o.end, WEB_ANSWERED);
}

static void other_hosts_are_asked_through_the_proxy(void **state)
{
	(void)state;
	static const char *const urls[] = {"http://far.example:6060", "http://127.example:6060"};
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct server s;
		char proxy[64], line[96];
		server_start(&s, OK_HEAD "Content-Length: 2\r\n\r\nhi");
		snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", s.port);
		setenv("http_proxy", proxy, 1);
		struct outcome o = ask(urls[i], "/x", NULL);
		unsetenv("http_proxy");
		server_stop(&s);
		assert_int_equal(o.end, WEB_ANSWERED);
		snprintf(line, sizeof line, "GET %s/x HTTP/1.1\r\n", urls[i]);
		assert_non_null(strstr(s.request, line));
	}
}

static void credentials_come_from_the_environment(void **state)
{
	(void)state;
	static const struct {
		const char *value, *header;
	} cases[] = {
		{"me:secret", "Authorization: Basic bWU6c2VjcmV0\r\n"},
		{"me:a secret", "Authorization: Basic bWU6YSBzZWNyZXQ=\r\n"},
		{"Bearer abc.def", "Authorization: Bearer abc.def\r\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct server s;
		setenv("SCHEDTOP_AUTH", cases[i].value, 1);
		struct outcome o = ask_answering(&s, OK_HEAD "Content-Length: 0\r\n\r\n");
		unsetenv("SCHEDTOP_AUTH");
		assert_int_equal(o.end, WEB_ANSWERED);
		assert_non_null(strstr(s.request, cases[i].header));
	}
}

static void credentials_that_would_begin_another_header_are_refused(void **state)
{
	(void)state;
	setenv("SCHEDTOP_AUTH", "Bearer a\r\nX: y", 1);
	refused("http://localhost", "SCHEDTOP_AUTH");
	setenv("SCHEDTOP_AUTH", "token", 1);
	refused("http://localhost", "neither user:password nor Bearer TOKEN");
	unsetenv("SCHEDTOP_AUTH");
}

static void a_secret_in_the_url_is_refused_and_not_repeated(void **state)
{
	(void)state;
	static const char *const urls[] = {"http://me:secret@host:6060", "https://secret@host/",
	                                   "me:secret@host:6060"};
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct web *web = NULL;
		struct web_options plain = {0};
		struct error error = {0};
		assert_int_equal(web_create(&web, urls[i], &plain, &error), STATUS_USAGE);
		assert_non_null(strstr(error.text, "SCHEDTOP_AUTH"));
		assert_non_null(strstr(error.text, ".netrc"));
		assert_null(strstr(error.text, "secret"));
	}
	refused("http://host/?token=x", "SCHEDTOP_AUTH");
}

static void what_is_no_url_is_refused_with_an_example(void **state)
{
	(void)state;
	refused("localhost:6060", "begins with http://");
	refused("ftp://host", "begins with http://");
	refused("http://", "is no URL");
	refused("unix://relative", "names no socket");
	refused("unix:///run/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/"
	        "0123456789/0123456789/0123456789/s.sock",
	        "longer than the path of a socket");
}

static void refusals_are_sentences_that_say_what_helps(void **state)
{
	(void)state;
	static const struct {
		const char *answer, *words;
		enum status status;
	} cases[] = {
		{"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
	     "refuses /debug/pprof/trace (HTTP 401): credentials belong into", STATUS_PERMISSION},
		{"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "SCHEDTOP_AUTH", STATUS_PERMISSION},
		{"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "has no /debug/pprof/trace (",
	     STATUS_NO_TARGET},
		{"HTTP/1.1 500 Oops\r\nContent-Length: 8\r\n\r\nno \033[1m\n", "HTTP 500: no ?[1m",
	     STATUS_FAILED},
		{"HTTP/1.1 502 Bad\r\nContent-Length: 6\r\n\r\n<html>", "with HTTP 502", STATUS_FAILED},
		{"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n",
	     "another server", STATUS_FAILED},
		{"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
	     "another server", STATUS_FAILED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct server s;
		struct outcome o = ask_answering(&s, cases[i].answer);
		assert_int_equal(o.end, WEB_ANSWERED);
		assert_int_equal(o.error.status, cases[i].status);
		if (!strstr(o.error.text, cases[i].words))
			fail_msg("%s", o.error.text);
		assert_int_equal(s.requests, 1);
	}
}

static void redirects_within_the_server_end(void **state)
{
	(void)state;
	struct server s;
	struct outcome o =
		ask_answering(&s,
	                  "HTTP/1.1 301 Moved\r\nLocation: /debug/pprof/\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(o.reply.code, 301);
	assert_int_equal(s.requests, 1 + WEB_REDIRECTS_MAX);
	assert_non_null(strstr(s.request, "GET /debug/pprof/ HTTP/1.1\r\n"));
}

static void a_trailer_counts_only_behind_the_body(void **state)
{
	(void)state;
	struct server s;
	struct outcome o = ask_answering(&s, OK_HEAD "Schedtop-End: promised\r\n"
	                                             "Transfer-Encoding: chunked\r\n\r\n"
	                                             "2\r\nhi\r\n0\r\nSchedtop-End: whole\r\n\r\n");
	assert_int_equal(o.end, WEB_ANSWERED);
	assert_string_equal(o.reply.trailer, "whole");
	assert_string_equal(ask_answering(&s, OK_HEAD "Schedtop-End: promised\r\n"
	                                              "Content-Length: 0\r\n\r\n")
	                        .reply.trailer,
	                    "");
}

static void a_server_without_manners_holds_nobody_up(void **state)
{
	(void)state;
	static const struct {
		const char *answer;
		enum web_end end;
		int64_t head_ns, body_ns;
	} cases[] = {
		{NULL, WEB_SILENT, 100 * NS_PER_MS, PATIENCE_NS},
		{OK_HEAD "Content-Length: 10\r\n\r\nhello", WEB_SLOW, PATIENCE_NS, 100 * NS_PER_MS},
		{OK_HEAD "Content-Length: 10\r\nConnection: close\r\n\r\nhello", WEB_CUT, PATIENCE_NS,
	     PATIENCE_NS},
		{OK_HEAD "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n", WEB_CUT,
	     PATIENCE_NS, PATIENCE_NS},
		{"\001\002 what? Connection: close\r\n\r\n", WEB_CUT, PATIENCE_NS, PATIENCE_NS},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct server s;
		char url[64];
		server_start(&s, cases[i].answer);
		snprintf(url, sizeof url, "http://127.0.0.1:%d", s.port);
		struct outcome o = ask_within(cases[i].head_ns, cases[i].body_ns, url, "/", NULL);
		server_stop(&s);
		if (o.end != cases[i].end)
			fail_msg("case %zu ends with %d: %s", i, (int)o.end, o.error.text);
		assert_int_equal(o.error.status, STATUS_FAILED);
	}
}

static void more_than_is_allowed_is_not_read(void **state)
{
	(void)state;
	char answer[2048];
	struct server s;
	snprintf(answer, sizeof answer, OK_HEAD "Content-Length: 1500\r\n\r\n%01500d", 0);
	struct outcome o = ask_answering(&s, answer);
	assert_int_equal(o.end, WEB_STOPPED);
	assert_non_null(strstr(o.error.text, "more than an answer may hold"));
}

static void nobody_there_is_told_with_the_reason(void **state)
{
	(void)state;
	struct outcome o = ask("http://127.0.0.1:1", "/", NULL);
	assert_int_equal(o.end, WEB_UNREACHED);
	assert_int_equal(o.error.status, STATUS_NO_TARGET);
	assert_string_equal(o.error.text, "http://127.0.0.1:1 does not answer: connection refused");
	o = ask("unix:///nowhere/at/all.sock", "/", NULL);
	assert_int_equal(o.end, WEB_UNREACHED);
	assert_non_null(strstr(o.error.text, "unix:///nowhere/at/all.sock does not answer: "));
}

static void plain_http_where_tls_was_asked_for_is_told(void **state)
{
	(void)state;
	struct server s;
	char url[64];
	server_start(&s, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
	snprintf(url, sizeof url, "https://127.0.0.1:%d", s.port);
	struct outcome o = ask(url, "/", NULL);
	server_stop(&s);
	assert_int_equal(o.end, WEB_UNREACHED);
	assert_non_null(strstr(o.error.text, "is it http://?"));
}

static void a_form_is_posted_once(void **state)
{
	(void)state;
	struct server s;
	char url[64];
	server_start(&s, "HTTP/1.1 307 Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
	snprintf(url, sizeof url, "http://127.0.0.1:%d", s.port);
	struct outcome o = ask(url, "/api/v1/query", "query=up");
	server_stop(&s);
	assert_int_equal(o.reply.code, 307);
	assert_int_equal(s.requests, 1);
	assert_non_null(strstr(s.request, "POST /api/v1/query HTTP/1.1\r\n"));
	assert_non_null(strstr(s.request, "\r\n\r\nquery=up"));
}

static void *cancel_soon(void *web)
{
	usleep(50000);
	web_cancel(web);
	return NULL;
}

static void another_thread_can_end_it(void **state)
{
	(void)state;
	struct server s;
	char url[64];
	struct web *web = NULL;
	struct web_options plain = {0};
	struct web_reply reply;
	pthread_t thread;
	server_start(&s, NULL);
	snprintf(url, sizeof url, "http://127.0.0.1:%d", s.port);
	assert_int_equal(web_create(&web, url, &plain, NULL), STATUS_OK);
	pthread_create(&thread, NULL, cancel_soon, web);
	struct web_request request = {.path = "/",
	                              .head_ns = 600 * NS_PER_S,
	                              .body_ns = NS_PER_S,
	                              .bytes_max = 1};
	assert_int_equal(web_ask(web, &request, &reply), WEB_CANCELLED);
	assert_int_equal(web_ask(web, &request, &reply), WEB_CANCELLED);
	pthread_join(thread, NULL);
	web_destroy(web);
	server_stop(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_whole_with_its_type),
		cmocka_unit_test(a_prefix_of_the_url_stands_before_every_path),
		cmocka_unit_test(a_unix_socket_serves_as_well_and_no_proxy_is_asked_for_it),
		cmocka_unit_test(loopback_is_not_asked_through_a_proxy),
		cmocka_unit_test(other_hosts_are_asked_through_the_proxy),
		cmocka_unit_test(credentials_come_from_the_environment),
		cmocka_unit_test(credentials_that_would_begin_another_header_are_refused),
		cmocka_unit_test(a_secret_in_the_url_is_refused_and_not_repeated),
		cmocka_unit_test(what_is_no_url_is_refused_with_an_example),
		cmocka_unit_test(refusals_are_sentences_that_say_what_helps),
		cmocka_unit_test(redirects_within_the_server_end),
		cmocka_unit_test(a_trailer_counts_only_behind_the_body),
		cmocka_unit_test(a_server_without_manners_holds_nobody_up),
		cmocka_unit_test(more_than_is_allowed_is_not_read),
		cmocka_unit_test(nobody_there_is_told_with_the_reason),
		cmocka_unit_test(plain_http_where_tls_was_asked_for_is_told),
		cmocka_unit_test(a_form_is_posted_once),
		cmocka_unit_test(another_thread_can_end_it),
	};
	unsetenv("SCHEDTOP_AUTH");
	unsetenv("http_proxy");
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	setenv("HOME", "/nonexistent", 1);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}
