/*
 * One conversation with an agent, for threads that may wait: requests one after the other over a
 * kept connection. No call outlasts its deadlines, whatever the other side does, and another thread
 * can end it at any moment. The owner's thread makes the calls; agent_call_cancel alone may come
 * from elsewhere.
 */
#ifndef SCHEDTOP_COLLECT_AGENT_CALL_H
#define SCHEDTOP_COLLECT_AGENT_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

struct agent_call;

enum status agent_call_create(struct agent_call **out, const char *socket_path,
                              struct error *error);
void agent_call_destroy(struct agent_call *call); /* NULL is fine */
/* Ends the call under way and every later one. Any thread, while the call exists. */
void agent_call_cancel(struct agent_call *call);

enum call_end {
	CALL_ANSWERED,  /* whole; `code` says what kind of answer */
	CALL_CANCELLED, /* by agent_call_cancel */
	CALL_UNREACHED, /* nobody listens there */
	CALL_SILENT,    /* no answer began in time */
	CALL_SLOW,      /* it began, but did not end in time */
	CALL_CUT,       /* it broke off, or is not HTTP */
	CALL_STOPPED,   /* a callback of ours did not want more */
};

struct call_request {
	const char *path;   /* "/v1/info" */
	int64_t head_ns;    /* how long the answer may take to begin */
	int64_t body_ns;    /* and then to end */
	uint64_t bytes_max; /* more is CALL_STOPPED */
	/* The answer of code 200 has begun. May be NULL. */
	void (*begun)(void *arg);
	/* Its next bytes; false ends the call. NULL: the body is kept in the reply, as that of every
	   other code is. */
	bool (*body)(const void *data, size_t size, void *arg);
	/* Every so often, at least ten times a second; false ends the call. May be NULL. */
	bool (*tick)(void *arg);
	void *arg;
};

/* `text` and `trailer` are as the agent sent them: not printable, but terminated. */
struct call_reply {
	enum call_end end;
	long code; /* HTTP; 0: none came */
	char text[4096];
	size_t size;
	char trailer[16]; /* Schedtop-End: how a stream ended; "" not told */
	char error[256];  /* libcurl's words when CUT; printable */
};

enum call_end agent_call_get(struct agent_call *call, const struct call_request *request,
                             struct call_reply *reply);

#endif
