#include "collect/web.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/clock.h"
#include "util/text.h"

#define TICK_MS 50

struct web {
	struct web_base base;
	CURLM *multi;
	CURL *easy;
	atomic_bool cancelled;
	char error[CURL_ERROR_SIZE];

	const struct web_request *request;
	struct web_reply *reply;
	bool head_over; /* what comes after the body are trailers */
	bool begun, stopped;
	uint64_t received;
};

/* What follows "Name:" in a header's line; false: it is another one. */
static bool header_value(const char *line, size_t size, const char *name, char *to, size_t room)
{
	size_t at = strlen(name);
	if (size <= at || strncasecmp(line, name, at) != 0 || line[at] != ':')
		return false;
	for (at++; at < size && line[at] == ' ';)
		at++;
	while (size > at && strchr("\r\n ", line[size - 1]))
		size--;
	text_clean(to, room, line + at, size - at);
	return true;
}

static void begin(struct web *w)
{
	w->head_over = true;
	curl_easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE, &w->reply->code);
	if (w->reply->code == 200) {
		w->begun = true;
		if (w->request->begun)
			w->request->begun(w->request->arg);
	}
}

static size_t on_header(char *line, size_t unit, size_t n, void *arg)
{
	struct web *w = arg;
	struct web_reply *reply = w->reply;
	size_t size = unit * n;
	/* A trailer in the head would be a promise, not a fact. */
	if (size >= 5 && memcmp(line, "HTTP/", 5) == 0)
		w->head_over = false;
	else if (w->head_over && w->request->trailer)
		header_value(line, size, w->request->trailer, reply->trailer, sizeof reply->trailer);
	else if (!w->head_over && size == 2 && line[0] == '\r')
		begin(w);
	else if (!w->head_over)
		header_value(line, size, "Content-Type", reply->type, sizeof reply->type);
	return size;
}

static size_t on_body(char *data, size_t unit, size_t n, void *arg)
{
	struct web *w = arg;
	struct web_reply *reply = w->reply;
	size_t size = unit * n;
	if (size > w->request->bytes_max - w->received) {
		w->stopped = true;
		return 0;
	}
	w->received += size;
	if (w->request->body && reply->code == 200) {
		w->stopped = !w->request->body(data, size, w->request->arg);
		return w->stopped ? 0 : size;
	}
	/* What does not fit is not an answer worth reading. */
	size_t room = sizeof reply->text - 1 - reply->size, kept = size < room ? size : room;
	memcpy(reply->text + reply->size, data, kept);
	reply->size += kept;
	reply->text[reply->size] = '\0';
	return size;
}

static enum status prepare(struct web *w, struct error *error)
{
	w->multi = curl_multi_init();
	w->easy = curl_easy_init();
	if (!w->multi || !w->easy)
		return error_no_memory(error);
	enum status status = web_base_apply(&w->base, w->easy, error);
	CURLcode bad = CURLE_OK;
	bad |= curl_easy_setopt(w->easy, CURLOPT_ERRORBUFFER, w->error);
	bad |= curl_easy_setopt(w->easy, CURLOPT_HEADERFUNCTION, on_header);
	bad |= curl_easy_setopt(w->easy, CURLOPT_HEADERDATA, w);
	bad |= curl_easy_setopt(w->easy, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(w->easy, CURLOPT_WRITEDATA, w);
	bad |= curl_easy_setopt(w->easy, CURLOPT_BUFFERSIZE, 256L << 10);
	if (status == STATUS_OK && bad != CURLE_OK)
		return error_set(error, STATUS_FAILED, "libcurl does not start");
	return status;
}

/* `base` is taken over, also on failure. */
static enum status create(struct web **out, const struct web_base *base, struct error *error)
{
	struct web *w = calloc(1, sizeof *w);
	if (!w) {
		struct web_base gone = *base;
		web_base_finish(&gone);
		return error_no_memory(error);
	}
	w->base = *base;
	enum status status = prepare(w, error);
	if (status != STATUS_OK) {
		web_destroy(w);
		return status;
	}
	*out = w;
	return STATUS_OK;
}

enum status web_create(struct web **out, const char *base_url, const struct web_options *o,
                       struct error *error)
{
	struct web_base base;
	enum status status = web_base_init(&base, base_url, o, error);
	return status == STATUS_OK ? create(out, &base, error) : status;
}

enum status web_create_socket(struct web **out, const char *path, struct error *error)
{
	struct web_base base;
	enum status status = web_base_init_socket(&base, path, error);
	return status == STATUS_OK ? create(out, &base, error) : status;
}

void web_destroy(struct web *w)
{
	if (!w)
		return;
	curl_easy_cleanup(w->easy);
	curl_multi_cleanup(w->multi);
	web_base_finish(&w->base);
	free(w);
}

void web_cancel(struct web *w)
{
	atomic_store(&w->cancelled, true);
	curl_multi_wakeup(w->multi);
}

const char *web_shown(const struct web *w)
{
	return w->base.shown;
}

/* How the transfer ended, once libcurl says that it has. */
static enum web_end judge(struct web *w, CURLcode result)
{
	if (result == CURLE_OK)
		return WEB_ANSWERED;
	if (w->stopped)
		return WEB_STOPPED;
	web_base_words(w->easy, result, w->error, w->reply->error, sizeof w->reply->error);
	switch (result) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return WEB_UNREACHED;
	default:
		return WEB_CUT;
	}
}

static bool is_over(struct web *w, enum web_end *end)
{
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(w->multi, &left));)
		if (message->msg == CURLMSG_DONE) {
			*end = judge(w, message->data.result);
			return true;
		}
	return false;
}

/* One answer, of all that the redirects need; `limit_ns` is when it must have begun. */
static enum web_end run(struct web *w, int64_t limit_ns)
{
	const struct web_request *r = w->request;
	bool begun = false;
	for (;;) {
		int running;
		enum web_end end;
		curl_multi_perform(w->multi, &running);
		if (is_over(w, &end))
			return end;
		if (atomic_load(&w->cancelled))
			return WEB_CANCELLED;
		if (w->begun && !begun) {
			begun = true;
			limit_ns = clock_monotonic_ns() + r->body_ns;
		}
		if (clock_monotonic_ns() >= limit_ns)
			return begun ? WEB_SLOW : WEB_SILENT;
		if (r->tick && !r->tick(r->arg))
			return WEB_STOPPED;
		curl_multi_poll(w->multi, NULL, 0, TICK_MS, NULL);
	}
}

static void set_method(struct web *w)
{
	if (w->request->post)
		curl_easy_setopt(w->easy, CURLOPT_POSTFIELDS, w->request->post);
	else
		curl_easy_setopt(w->easy, CURLOPT_HTTPGET, 1L);
}

enum web_end web_ask(struct web *w, const struct web_request *request, struct web_reply *reply)
{
	int64_t limit_ns = clock_monotonic_ns() + request->head_ns;
	w->request = request;
	w->reply = reply;
	*reply = (struct web_reply){.end = WEB_CUT};
	if (web_base_ask(&w->base, w->easy, request->path) != STATUS_OK)
		return WEB_CUT;
	set_method(w);
	for (int redirects = 0;; redirects++) {
		*reply = (struct web_reply){0};
		w->head_over = w->begun = w->stopped = false;
		w->received = 0;
		w->error[0] = '\0';
		curl_multi_add_handle(w->multi, w->easy);
		reply->end = run(w, limit_ns);
		curl_multi_remove_handle(w->multi, w->easy);
		/* What was posted is not posted elsewhere. */
		if (reply->end != WEB_ANSWERED || reply->code / 100 != 3 || request->post ||
		    redirects == WEB_REDIRECTS_MAX || !web_base_follow(&w->base, w->easy))
			return reply->end;
	}
}

enum status web_explain(const struct web *w, const struct web_request *request,
                        const struct web_reply *reply, struct error *error)
{
	switch (reply->end) {
	case WEB_ANSWERED:
		return web_base_refused(&w->base, request->path, reply->code, reply->text, reply->size,
		                        error);
	case WEB_UNREACHED:
		return web_base_unreached(&w->base, reply->error, error);
	case WEB_SILENT:
		return error_set(error, STATUS_FAILED, "%.200s does not answer: it takes too long",
		                 w->base.shown);
	case WEB_SLOW:
		return error_set(error, STATUS_FAILED, "%.200s did not end its answer in time",
		                 w->base.shown);
	case WEB_CUT:
		return error_set(error, STATUS_FAILED, "%.200s broke off: %.200s", w->base.shown,
		                 reply->error);
	case WEB_STOPPED:
		return error_set(error, STATUS_FAILED, "%.200s sends more than an answer may hold",
		                 w->base.shown);
	case WEB_CANCELLED:
		break;
	}
	return error_set(error, STATUS_FAILED, "the request to %.200s was cancelled", w->base.shown);
}
