#include "collect/agent_call.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/clock.h"
#include "util/text.h"

#define TICK_MS 50

struct agent_call {
	CURLM *multi;
	CURL *easy;
	atomic_bool cancelled;
	char error[CURL_ERROR_SIZE];

	const struct call_request *request;
	struct call_reply *reply;
	bool head_over; /* what comes after the body are trailers */
	bool begun, stopped;
	uint64_t received;
};

/* "Schedtop-End: complete\r\n", from a trailer. One in the head would be a promise, not a fact. */
static void take_trailer(struct call_reply *reply, const char *line, size_t size)
{
	static const char name[] = "Schedtop-End:";
	size_t at = sizeof name - 1;
	if (size < at || strncasecmp(line, name, at) != 0)
		return;
	while (at < size && line[at] == ' ')
		at++;
	while (size > at && strchr("\r\n ", line[size - 1]))
		size--;
	text_clean(reply->trailer, sizeof reply->trailer, line + at, size - at);
}

static size_t on_header(char *line, size_t unit, size_t n, void *arg)
{
	struct agent_call *c = arg;
	size_t size = unit * n;
	if (size >= 5 && memcmp(line, "HTTP/", 5) == 0)
		c->head_over = false;
	else if (c->head_over)
		take_trailer(c->reply, line, size);
	else if (size == 2 && line[0] == '\r') {
		c->head_over = true;
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &c->reply->code);
		if (c->reply->code == 200) {
			c->begun = true;
			if (c->request->begun)
				c->request->begun(c->request->arg);
		}
	}
	return size;
}

static size_t on_body(char *data, size_t unit, size_t n, void *arg)
{
	struct agent_call *c = arg;
	struct call_reply *reply = c->reply;
	size_t size = unit * n;
	if (size > c->request->bytes_max - c->received) {
		c->stopped = true;
		return 0;
	}
	c->received += size;
	if (c->request->body && reply->code == 200) {
		c->stopped = !c->request->body(data, size, c->request->arg);
		return c->stopped ? 0 : size;
	}
	/* What does not fit is not an answer worth reading. */
	size_t room = sizeof reply->text - 1 - reply->size, kept = size < room ? size : room;
	memcpy(reply->text + reply->size, data, kept);
	reply->size += kept;
	reply->text[reply->size] = '\0';
	return size;
}

enum status agent_call_create(struct agent_call **out, const char *socket_path, struct error *error)
{
	struct agent_call *c = calloc(1, sizeof *c);
	if (!c)
		return error_no_memory(error);
	c->multi = curl_multi_init();
	c->easy = curl_easy_init();
	CURLcode bad = c->easy ? CURLE_OK : CURLE_FAILED_INIT;
	if (c->easy) {
		bad |= curl_easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH, socket_path);
		bad |= curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
		bad |= curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
		bad |= curl_easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION, 0L);
		bad |= curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
		bad |= curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
		bad |= curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header);
		bad |= curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
		bad |= curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
		bad |= curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
		bad |= curl_easy_setopt(c->easy, CURLOPT_BUFFERSIZE, 256L << 10);
	}
	if (!c->multi || bad != CURLE_OK) {
		agent_call_destroy(c);
		return error_set(error, STATUS_FAILED, "libcurl can't speak HTTP over Unix sockets here");
	}
	*out = c;
	return STATUS_OK;
}

void agent_call_destroy(struct agent_call *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->easy);
	curl_multi_cleanup(c->multi);
	free(c);
}

void agent_call_cancel(struct agent_call *c)
{
	atomic_store(&c->cancelled, true);
	curl_multi_wakeup(c->multi);
}

/* How the transfer ended, once libcurl says that it has. */
static enum call_end judge(struct agent_call *c, CURLcode result)
{
	if (result == CURLE_OK)
		return CALL_ANSWERED;
	if (c->stopped)
		return CALL_STOPPED;
	const char *words = c->error[0] ? c->error : curl_easy_strerror(result);
	text_clean(c->reply->error, sizeof c->reply->error, words, strlen(words));
	return result == CURLE_COULDNT_CONNECT ? CALL_UNREACHED : CALL_CUT;
}

static bool is_over(struct agent_call *c, enum call_end *end)
{
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(c->multi, &left));)
		if (message->msg == CURLMSG_DONE) {
			*end = judge(c, message->data.result);
			return true;
		}
	return false;
}

static enum call_end run(struct agent_call *c)
{
	const struct call_request *r = c->request;
	int64_t limit_ns = clock_monotonic_ns() + r->head_ns;
	bool begun = false;
	for (;;) {
		int running;
		enum call_end end;
		curl_multi_perform(c->multi, &running);
		if (is_over(c, &end))
			return end;
		if (atomic_load(&c->cancelled))
			return CALL_CANCELLED;
		if (c->begun && !begun) {
			begun = true;
			limit_ns = clock_monotonic_ns() + r->body_ns;
		}
		if (clock_monotonic_ns() >= limit_ns)
			return begun ? CALL_SLOW : CALL_SILENT;
		if (r->tick && !r->tick(r->arg))
			return CALL_STOPPED;
		curl_multi_poll(c->multi, NULL, 0, TICK_MS, NULL);
	}
}

enum call_end agent_call_get(struct agent_call *c, const struct call_request *request,
                             struct call_reply *reply)
{
	char url[512];
	snprintf(url, sizeof url, "http://agent%s", request->path);
	*reply = (struct call_reply){0};
	c->request = request;
	c->reply = reply;
	c->head_over = c->begun = c->stopped = false;
	c->received = 0;
	c->error[0] = '\0';
	curl_easy_setopt(c->easy, CURLOPT_URL, url);
	curl_multi_add_handle(c->multi, c->easy);
	reply->end = run(c);
	curl_multi_remove_handle(c->multi, c->easy);
	return reply->end;
}
