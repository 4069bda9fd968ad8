/*
 * Every event as one line of text with all that the trace says of it, and a digest of those lines
 * by kind, so that two readers that print the same digests agree on every event. Logs and ranges
 * are printed besides. A visitor; the caller owns it, one thread.
 */
#ifndef SCHEDTOP_TESTS_TRACE_SUMMARY_EVENTS_H
#define SCHEDTOP_TESTS_TRACE_SUMMARY_EVENTS_H

#include "trace/event.h"

enum { EVENT_KINDS = 16, STACKS_KNOWN = 4096, RANGES_OPEN = 1024 };

struct event_kind {
	const char *name;
	uint64_t events, digest;
};

struct open_range {
	char name[80];
	uint64_t scope;
	int64_t since_ns;
	bool open;
};

struct events {
	bool print; /* the lines themselves, too */
	struct event_kind kind[EVENT_KINDS];
	const struct names *names; /* of the pass: they die with it */
	struct stack_digest {
		uint64_t generation, id, digest;
	} stack[STACKS_KNOWN];
	struct open_range range[RANGES_OPEN];
};

struct trace_visitor events_visitor(struct events *events);
void events_print(const struct events *events);

/* The text with what could be mistaken for something else as \xNN; valid until the fourth call from
 * now. */
const char *events_quote(const char *text, size_t length);
const char *events_quote_name(const struct names *names, uint32_t number);

/* FNV-1a; begins with EVENTS_DIGEST_START. */
#define EVENTS_DIGEST_START UINT64_C(14695981039346656037)
uint64_t events_digest(uint64_t sum, const void *data, size_t n);

#endif
