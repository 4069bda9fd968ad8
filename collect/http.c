#include "collect/http.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct http {
	CURLM *multi;
	CURL *easy;
	uv_loop_t *loop;
	uv_timer_t timer;
	int open_handles; /* the timer and the polls that are not closed yet */
	bool busy, closing;
	char error[CURL_ERROR_SIZE];
	char *body;
	size_t size, capacity, max_bytes;
	bool too_big;
	void (*done)(const struct http_reply *reply, void *arg);
	void *arg;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* One per socket that libcurl wants watched. */
struct watch {
	uv_poll_t poll;
	struct http *http;
	curl_socket_t fd;
};

static void maybe_free(struct http *h)
{
	if (!h->closing || h->open_handles > 0)
		return;
	void (*closed)(void *) = h->closed;
	void *arg = h->closed_arg;
	free(h->body);
	free(h);
	closed(arg);
}

/* Why no answer came, in words that stay the same when it happens again. */
static const char *failure(const struct http *h, CURLcode result)
{
	/* Out of memory is what libcurl says of headers without end. */
	if (h->too_big || result == CURLE_OUT_OF_MEMORY)
		return "it sent more than an answer may hold";
	if (result == CURLE_OPERATION_TIMEDOUT)
		return HTTP_TOO_SLOW;
	return h->error[0] ? h->error : curl_easy_strerror(result);
}

static void finish_request(struct http *h)
{
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(h->multi, &left));) {
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode result = message->data.result;
		struct http_reply reply = {.body = h->body, .size = h->size};
		if (result == CURLE_OK)
			curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &reply.code);
		else
			reply.error = failure(h, result);
		curl_multi_remove_handle(h->multi, h->easy);
		h->busy = false;
		h->done(&reply, h->arg);
		return;
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct http *h = timer->data;
	int running;
	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finish_request(h);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	struct http *h = w->http;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	curl_multi_socket_action(h->multi, w->fd, flags, &running);
	finish_request(h);
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	(void)multi;
	struct http *h = arg;
	if (h->closing || timeout_ms < 0)
		uv_timer_stop(&h->timer);
	else
		uv_timer_start(&h->timer, on_timer, (uint64_t)timeout_ms, 0);
	return 0;
}

static void on_watch_closed(uv_handle_t *handle)
{
	struct watch *w = handle->data;
	struct http *h = w->http;
	free(w);
	h->open_handles--;
	maybe_free(h);
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *watch)
{
	(void)easy;
	struct http *h = arg;
	struct watch *w = watch;
	if (what == CURL_POLL_REMOVE) {
		if (w) {
			curl_multi_assign(h->multi, fd, NULL);
			uv_poll_stop(&w->poll);
			uv_close((uv_handle_t *)&w->poll, on_watch_closed);
		}
		return 0;
	}
	if (!w) {
		w = calloc(1, sizeof *w);
		if (!w || uv_poll_init_socket(h->loop, &w->poll, fd) != 0) {
			free(w);
			return -1;
		}
		w->http = h;
		w->fd = fd;
		w->poll.data = w;
		h->open_handles++;
		curl_multi_assign(h->multi, fd, w);
	}
	int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
	uv_poll_start(&w->poll, events, on_poll);
	return 0;
}

static size_t on_body(char *data, size_t unit, size_t n, void *arg)
{
	struct http *h = arg;
	size_t bytes = unit * n;
	if (bytes > h->max_bytes - h->size) {
		h->too_big = true;
		return 0;
	}
	if (h->size + bytes > h->capacity) {
		size_t capacity = h->capacity ? h->capacity : 16384;
		while (capacity < h->size + bytes)
			capacity *= 2;
		char *body = realloc(h->body, capacity);
		if (!body)
			return 0;
		h->body = body;
		h->capacity = capacity;
	}
	memcpy(h->body + h->size, data, bytes);
	h->size += bytes;
	return bytes;
}

static bool set_options(struct http *h, const char *socket_path)
{
	CURL *e = h->easy;
	CURLcode bad = CURLE_OK;
	bad |= curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, socket_path);
	bad |= curl_easy_setopt(e, CURLOPT_PROXY, "");
	bad |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, h->error);
	bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, h);
	return bad == CURLE_OK &&
	       curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, set_socket) == 0 &&
	       curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h) == 0 &&
	       curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, set_timer) == 0 &&
	       curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h) == 0;
}

enum status http_create(struct http **out, uv_loop_t *loop, const char *socket_path,
                        struct error *error)
{
	struct http *h = calloc(1, sizeof *h);
	if (!h)
		return error_no_memory(error);
	h->loop = loop;
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (!h->multi || !h->easy || !set_options(h, socket_path)) {
		curl_easy_cleanup(h->easy);
		curl_multi_cleanup(h->multi);
		free(h);
		return error_set(error, STATUS_FAILED, "libcurl can't speak HTTP over Unix sockets here");
	}
	uv_timer_init(loop, &h->timer);
	h->timer.data = h;
	h->open_handles = 1;
	*out = h;
	return STATUS_OK;
}

static void ask(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
                void (*done)(const struct http_reply *reply, void *arg), void *arg)
{
	if (h->busy || h->closing) {
		done(&(struct http_reply){.error = "it has not answered the request before"}, arg);
		return;
	}
	char url[512];
	snprintf(url, sizeof url, "http://agent%s", path);
	h->busy = true;
	h->size = 0;
	h->too_big = false;
	h->max_bytes = max_bytes;
	h->error[0] = '\0';
	h->done = done;
	h->arg = arg;
	curl_easy_setopt(h->easy, CURLOPT_URL, url);
	curl_easy_setopt(h->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	curl_multi_add_handle(h->multi, h->easy);
}

void http_get(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
              void (*done)(const struct http_reply *reply, void *arg), void *arg)
{
	if (!h->busy && !h->closing)
		curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
	ask(h, path, timeout_ms, max_bytes, done, arg);
}

void http_post(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
               void (*done)(const struct http_reply *reply, void *arg), void *arg)
{
	if (!h->busy && !h->closing) {
		curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, "");
		curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE, 0L);
	}
	ask(h, path, timeout_ms, max_bytes, done, arg);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct http *h = handle->data;
	h->open_handles--;
	maybe_free(h);
}

void http_close(struct http *h, void (*closed)(void *arg), void *arg)
{
	h->closing = true;
	h->closed = closed;
	h->closed_arg = arg;
	if (h->busy)
		curl_multi_remove_handle(h->multi, h->easy);
	/* Cleaning up closes the kept connection, which tells set_socket to let go of its poll handle.
	 */
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	uv_timer_stop(&h->timer);
	uv_close((uv_handle_t *)&h->timer, on_timer_closed);
}
