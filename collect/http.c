#include "collect/http.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/text.h"

struct http {
	struct web_base base;
	CURLM *multi;
	CURL *easy;
	uv_loop_t *loop;
	uv_timer_t timer;
	int open_handles; /* the timer and the polls that are not closed yet */
	bool busy, closing;
	char error[CURL_ERROR_SIZE];
	char *body;
	size_t size, capacity, max_bytes;
	bool too_big, tail;
	int redirects;
	char words[256]; /* why no answer came */
	char type[64];
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
	web_base_finish(&h->base);
	free(h->body);
	free(h);
	closed(arg);
}

/* Why no answer came, in words that stay the same when it happens again. */
static const char *failure(struct http *h, CURLcode result)
{
	/* Out of memory is what libcurl says of headers without end. */
	if (h->too_big || result == CURLE_OUT_OF_MEMORY)
		return "it sent more than an answer may hold";
	if (result == CURLE_OPERATION_TIMEDOUT)
		return HTTP_TOO_SLOW;
	web_base_words(h->easy, result, h->error, h->words, sizeof h->words);
	return h->words;
}

static void begin_transfer(struct http *h)
{
	h->size = 0;
	h->too_big = false;
	h->error[0] = '\0';
	curl_multi_add_handle(h->multi, h->easy);
}

static void describe(struct http *h, struct http_reply *reply)
{
	curl_off_t total_us = 0, before_us = 0;
	char *type = NULL;
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &reply->code);
	curl_easy_getinfo(h->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(h->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	curl_easy_getinfo(h->easy, CURLINFO_PRETRANSFER_TIME_T, &before_us);
	text_clean(h->type, sizeof h->type, type ? type : "", type ? strlen(type) : 0);
	reply->type = h->type;
	reply->took_ns = total_us > before_us ? (int64_t)(total_us - before_us) * NS_PER_US : 0;
}

static void finish_request(struct http *h)
{
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(h->multi, &left));) {
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode result = message->data.result;
		struct http_reply reply = {.body = h->body, .size = h->size, .type = ""};
		if (result == CURLE_OK)
			describe(h, &reply);
		else
			reply.error = failure(h, result);
		curl_multi_remove_handle(h->multi, h->easy);
		if (reply.code / 100 == 3 && h->redirects++ < WEB_REDIRECTS_MAX &&
		    web_base_follow(&h->base, h->easy)) {
			begin_transfer(h);
			return;
		}
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
	if (h->tail && bytes > h->max_bytes - h->size && bytes < h->max_bytes / 2) {
		size_t kept = h->max_bytes / 2 < h->size ? h->max_bytes / 2 : h->size;
		memmove(h->body, h->body + h->size - kept, kept);
		h->size = kept;
	}
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

static bool set_options(struct http *h)
{
	CURL *e = h->easy;
	CURLcode bad = CURLE_OK;
	bad |= curl_easy_setopt(e, CURLOPT_ERRORBUFFER, h->error);
	bad |= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(e, CURLOPT_WRITEDATA, h);
	return bad == CURLE_OK &&
	       curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, set_socket) == 0 &&
	       curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h) == 0 &&
	       curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, set_timer) == 0 &&
	       curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h) == 0;
}

/* `base` is taken over, also on failure. */
static enum status create(struct http **out, uv_loop_t *loop, struct web_base *base,
                          struct error *error)
{
	enum status status = STATUS_OK;
	struct http *h = calloc(1, sizeof *h);
	if (!h) {
		web_base_finish(base);
		return error_no_memory(error);
	}
	h->loop = loop;
	h->base = *base;
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (!h->multi || !h->easy || !set_options(h))
		status = error_set(error, STATUS_FAILED, "libcurl does not start");
	if (status == STATUS_OK)
		status = web_base_apply(&h->base, h->easy, error);
	if (status != STATUS_OK) {
		curl_easy_cleanup(h->easy);
		curl_multi_cleanup(h->multi);
		web_base_finish(&h->base);
		free(h);
		return status;
	}
	uv_timer_init(loop, &h->timer);
	h->timer.data = h;
	h->open_handles = 1;
	*out = h;
	return STATUS_OK;
}

enum status http_create(struct http **out, uv_loop_t *loop, const char *socket_path,
                        struct error *error)
{
	struct web_base base;
	enum status status = web_base_init_socket(&base, socket_path, error);
	return status == STATUS_OK ? create(out, loop, &base, error) : status;
}

enum status http_create_web(struct http **out, uv_loop_t *loop, const char *url,
                            const struct web_options *o, struct error *error)
{
	struct web_base base;
	enum status status = web_base_init(&base, url, o, error);
	return status == STATUS_OK ? create(out, loop, &base, error) : status;
}

const struct web_base *http_base(const struct http *h)
{
	return &h->base;
}

static void ask(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
                void (*done)(const struct http_reply *reply, void *arg), void *arg)
{
	if (h->busy || h->closing) {
		done(&(struct http_reply){.error = "it has not answered the request before", .type = ""},
		     arg);
		return;
	}
	if (web_base_ask(&h->base, h->easy, path) != STATUS_OK) {
		done(&(struct http_reply){.error = "the request does not fit", .type = ""}, arg);
		return;
	}
	h->busy = true;
	h->redirects = 0;
	h->max_bytes = max_bytes;
	h->done = done;
	h->arg = arg;
	curl_easy_setopt(h->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	begin_transfer(h);
}

void http_get(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
              void (*done)(const struct http_reply *reply, void *arg), void *arg)
{
	if (!h->busy && !h->closing) {
		curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
		h->tail = false;
	}
	ask(h, path, timeout_ms, max_bytes, done, arg);
}

void http_get_tail(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
                   void (*done)(const struct http_reply *reply, void *arg), void *arg)
{
	if (!h->busy && !h->closing) {
		curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
		h->tail = true;
	}
	ask(h, path, timeout_ms, max_bytes, done, arg);
}

void http_post(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
               void (*done)(const struct http_reply *reply, void *arg), void *arg)
{
	if (!h->busy && !h->closing) {
		curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, "");
		curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE, 0L);
		h->tail = false;
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
