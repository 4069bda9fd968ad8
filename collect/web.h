/*
 * One conversation with a server of HTTP, for threads that may wait: requests one after the other
 * over a kept connection, by TCP, TLS or a Unix socket. No call outlasts its deadlines, whatever
 * the other side does, and another thread can end it at any moment. The owner's thread makes the
 * calls; web_cancel alone may come from elsewhere. curl_global_init has been called before.
 */
#ifndef SCHEDTOP_COLLECT_WEB_H
#define SCHEDTOP_COLLECT_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/web_base.h"
#include "util/status.h"

struct web;

/* Credentials come from the environment or ~/.netrc (web_base.h). STATUS_USAGE: no such URL. */
enum status web_create(struct web **out, const char *base_url, const struct web_options *o,
                       struct error *error);
/* An agent's socket. */
enum status web_create_socket(struct web **out, const char *path, struct error *error);
void web_destroy(struct web *web); /* NULL is fine */
/* Ends the call under way and every later one. Any thread, while the conversation exists. */
void web_cancel(struct web *web);
/* The base URL for people: printable, no secret in it. */
const char *web_shown(const struct web *web);

enum web_end {
	WEB_ANSWERED,  /* whole; `code` says what kind of answer */
	WEB_CANCELLED, /* by web_cancel */
	WEB_UNREACHED, /* nobody listens there, no such host, or nobody to be trusted */
	WEB_SILENT,    /* no answer began in time */
	WEB_SLOW,      /* it began, but did not end in time */
	WEB_CUT,       /* it broke off, or is not HTTP */
	WEB_STOPPED,   /* a callback of ours did not want more, or it was more than bytes_max */
};

struct web_request {
	const char *path;    /* "/api/v1/query?query=up": appended to the base URL */
	const char *post;    /* body of a form; NULL: a GET */
	const char *trailer; /* the one that is wanted, "Schedtop-End"; NULL: none */
	int64_t head_ns;     /* how long the answer may take to begin, connecting included */
	int64_t body_ns;     /* and then to end */
	uint64_t bytes_max;  /* more is WEB_STOPPED */
	/* The answer of code 200 has begun. May be NULL. */
	void (*begun)(void *arg);
	/* Its next bytes; false ends the call. NULL: the body is kept in the reply, as that of every
	   other code is. */
	bool (*body)(const void *data, size_t size, void *arg);
	/* Every so often, at least ten times a second; false ends the call. May be NULL. */
	bool (*tick)(void *arg);
	void *arg;
};

/* `text` and `trailer` are as they were sent: not printable, but terminated. */
struct web_reply {
	enum web_end end;
	long code;     /* HTTP; 0: none came */
	char type[64]; /* Content-Type, printable; "" none */
	char text[4096];
	size_t size;
	char trailer[16]; /* "" not told */
	char error[256];  /* a few words when UNREACHED or CUT; printable */
};

enum web_end web_ask(struct web *web, const struct web_request *request, struct web_reply *reply);
/* The sentence for a reply that is no WEB_ANSWERED with code 200 and was not stopped by us. */
enum status web_explain(const struct web *web, const struct web_request *request,
                        const struct web_reply *reply, struct error *error);

#endif
