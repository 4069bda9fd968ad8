#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "collect/http.h"

#define MAX_BYTES   4096
#define PATIENCE_MS 20000 /* on a machine with other things to do */

/* What the server on the other side does with each request. */
enum manner { ANSWERS, SAYS_NOTHING, SAYS_GARBAGE, SENDS_TOO_MUCH, HANGS_UP, TELLS_A_LIE };

struct server {
	enum manner manner;
	int listener;
	char directory[64], path[80];
	pthread_t thread;
	int connections;
};

static void send_text(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void serve_one(const struct server *s, int fd)
{
	static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	char request[2048], big[MAX_BYTES + 1];
	while (read(fd, request, sizeof request) > 0) {
		switch (s->manner) {
		case ANSWERS:
			send_text(fd, good);
			break;
		case SAYS_NOTHING:
			break;
		case SAYS_GARBAGE:
			send_text(fd, "\001\002\003 what?\r\n\r\n");
			return;
		case SENDS_TOO_MUCH:
			memset(big, 'x', sizeof big);
			send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
			while (send(fd, big, sizeof big, MSG_NOSIGNAL) > 0)
				;
			return;
		case HANGS_UP:
			return;
		case TELLS_A_LIE:
			send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
			return;
		}
	}
}

static void *serve(void *arg)
{
	struct server *s = arg;
	for (int fd; (fd = accept(s->listener, NULL, NULL)) >= 0; close(fd)) {
		s->connections++;
		serve_one(s, fd);
	}
	return NULL;
}

static void server_start(struct server *s, enum manner manner)
{
	*s = (struct server){.manner = manner, .directory = "/tmp/schedtop-http-XXXXXX"};
	assert_non_null(mkdtemp(s->directory));
	snprintf(s->path, sizeof s->path, "%s/s", s->directory);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, s->path);
	s->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(s->listener, 4), 0);
	pthread_create(&s->thread, NULL, serve, s);
}

static void server_stop(struct server *s)
{
	shutdown(s->listener, SHUT_RDWR);
	close(s->listener);
	pthread_join(s->thread, NULL);
	unlink(s->path);
	rmdir(s->directory);
}

struct outcome {
	struct http *http;
	long code;
	char body[16], error[256];
	int replies, repeat;
	bool closed;
};

static void on_closed(void *arg)
{
	((struct outcome *)arg)->closed = true;
}

static void on_reply(const struct http_reply *reply, void *arg)
{
	struct outcome *o = arg;
	o->code = reply->code;
	snprintf(o->body, sizeof o->body, "%.*s", (int)(reply->size < 15 ? reply->size : 15),
	         reply->body ? reply->body : "");
	snprintf(o->error, sizeof o->error, "%s", reply->error ? reply->error : "");
	if (++o->replies < o->repeat)
		http_get(o->http, "/again", PATIENCE_MS, MAX_BYTES, on_reply, o);
	else
		http_close(o->http, on_closed, o);
}

/* One client's whole life, on a loop of its own. */
static struct outcome talk(struct server *s, int repeat)
{
	uv_loop_t loop;
	uv_loop_init(&loop);
	struct outcome o = {.repeat = repeat};
	assert_int_equal(http_create(&o.http, &loop, s->path, NULL), STATUS_OK);
	http_get(o.http, "/first", s->manner == SAYS_NOTHING ? 500 : PATIENCE_MS, MAX_BYTES, on_reply,
	         &o);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(o.closed);
	assert_int_equal(uv_loop_close(&loop), 0); /* nothing was left on it */
	return o;
}

static void requests_share_one_connection(void **state)
{
	(void)state;
	struct server s;
	server_start(&s, ANSWERS);
	struct outcome o = talk(&s, 5);
	server_stop(&s);
	assert_int_equal(o.code, 200);
	assert_string_equal(o.body, "hello");
	assert_int_equal(o.replies, 5);
	assert_int_equal(s.connections, 1);
}

static void bad_servers_end_in_one_sentence(void **state)
{
	(void)state;
	static const enum manner bad[] = {SAYS_NOTHING, SAYS_GARBAGE, SENDS_TOO_MUCH, HANGS_UP,
	                                  TELLS_A_LIE};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct server s;
		server_start(&s, bad[i]);
		struct outcome o = talk(&s, 1);
		server_stop(&s);
		assert_int_equal(o.code, 0);
		assert_string_not_equal(o.error, "");
		assert_int_equal(o.replies, 1);
	}
}

static void nobody_listening_is_said(void **state)
{
	(void)state;
	struct server s;
	server_start(&s, ANSWERS);
	server_stop(&s);
	struct outcome o = talk(&s, 1);
	assert_int_equal(o.code, 0);
	assert_string_not_equal(o.error, "");
}

static void closing_cancels_what_is_under_way(void **state)
{
	(void)state;
	struct server s;
	server_start(&s, SAYS_NOTHING);
	uv_loop_t loop;
	uv_loop_init(&loop);
	struct outcome o = {0};
	assert_int_equal(http_create(&o.http, &loop, s.path, NULL), STATUS_OK);
	http_get(o.http, "/first", 60000, MAX_BYTES, on_reply, &o);
	uv_run(&loop, UV_RUN_ONCE);
	http_close(o.http, on_closed, &o);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(o.closed);
	assert_int_equal(o.replies, 0);
	assert_int_equal(uv_loop_close(&loop), 0);
	server_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_share_one_connection),
		cmocka_unit_test(bad_servers_end_in_one_sentence),
		cmocka_unit_test(nobody_listening_is_said),
		cmocka_unit_test(closing_cancels_what_is_under_way),
	};
	curl_global_init(CURL_GLOBAL_NOTHING);
	int failed = cmocka_run_group_tests_name("http", tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}
