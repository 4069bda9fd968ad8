/*
 * GET and POST to one server, on a libuv loop: at most one request at a time per `struct http`,
 * kept alive between requests. Everything is bounded: the time of a request and the bytes of a
 * body. One thread.
 */
#ifndef SCHEDTOP_COLLECT_HTTP_H
#define SCHEDTOP_COLLECT_HTTP_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "collect/web_base.h"
#include "util/status.h"

/* What `error` says of an answer that did not come in time. */
#define HTTP_TOO_SLOW "it takes too long"

struct http;

/* What came back. `code` is 0 when no answer arrived, and `error` says why. `body` is borrowed. */
struct http_reply {
	long code;
	const char *body;
	size_t size;
	const char *error;
	const char *type; /* Content-Type, printable; "" none */
	int64_t took_ns;  /* from the request's first byte to the answer's last */
};

enum status http_create(struct http **out, uv_loop_t *loop, const char *socket_path,
                        struct error *error);
/* Any server, by its URL; STATUS_USAGE when it is none (web_base.h). */
enum status http_create_web(struct http **out, uv_loop_t *loop, const char *url,
                            const struct web_options *o, struct error *error);
const struct web_base *http_base(const struct http *h);
/* Asks for PATH ("/v1/info") and calls `done` exactly once, later, on the loop; unless the http is
   closed before. A request under way makes this one fail at once. */
void http_get(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
              void (*done)(const struct http_reply *reply, void *arg), void *arg);
/* The same, of a body of any size, of which the last bytes are kept, no more than max_bytes. */
void http_get_tail(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
                   void (*done)(const struct http_reply *reply, void *arg), void *arg);
/* The same with an empty POST, for what changes something on the other side. */
void http_post(struct http *h, const char *path, long timeout_ms, size_t max_bytes,
               void (*done)(const struct http_reply *reply, void *arg), void *arg);
/* Cancels what is under way (without calling `done`); `closed` is called when nothing of it runs on
   the loop any more, and the struct is freed. */
void http_close(struct http *h, void (*closed)(void *arg), void *arg);

#endif
