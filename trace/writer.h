/*
 * Writes execution traces of format 2, as Go 1.25 does: one generation, whose clock counts
 * nanoseconds. What an event means and whether it may stand where it stands is the caller's affair
 * (order.h says what is judged); this knows how it is written. Memory grows with the trace: its
 * batches and tables are held until they are full. The owner's thread.
 */
#ifndef SCHEDTOP_TRACE_WRITER_H
#define SCHEDTOP_TRACE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/format.h"
#include "util/status.h"

/* The NN of the header. */
#define TRACE_WRITER_VERSION 25

struct trace_writer;

/* `bytes` gets the trace piece by piece; false: no more is wanted. */
struct trace_sink {
	bool (*bytes)(void *arg, const void *data, size_t size);
	void *arg;
};

struct writer_frame {
	uint64_t function, file; /* strings */
	uint64_t line;
};

/* NULL: no memory. */
struct trace_writer *trace_writer_create(const struct trace_sink *sink);
void trace_writer_destroy(struct trace_writer *w); /* NULL is fine */

/* The header, and that the clock stood at at_ns, from 1 on, when it was wall_ns by the calendar.
   Strings and stacks may be made before, events not. */
void trace_writer_begin(struct trace_writer *w, int64_t at_ns, int64_t wall_ns);
/* The ID of a string, new or known; 0 is the empty one. What is longer than a trace can hold is
   cut. */
uint64_t trace_writer_string(struct trace_writer *w, const char *text);
/* The ID of a stack, leaf first; 0 is the empty one. Frames beyond what a trace can hold are left
   out at its root. */
uint64_t trace_writer_stack(struct trace_writer *w, const struct writer_frame *frame, size_t n);
/* An event of a thread with as many numbers as its type has. The time of a thread's events does not
   run back. */
void trace_writer_event(struct trace_writer *w, uint64_t thread, int64_t at_ns,
                        enum trace_event_type type, const uint64_t arg[TRACE_MAX_ARGS]);
/* Bytes written or held so far. */
uint64_t trace_writer_bytes(const struct trace_writer *w);
/* Whatever went wrong since the beginning is told here: false when the sink wanted no more or there
   was no memory, and then *no_memory says which. Nothing is to be written after it. */
bool trace_writer_finish(struct trace_writer *w, bool *no_memory);

#endif
