/*
 * The bytes of a trace, from a file (mapped), a pipe or a compressed file (a buffer that holds what
 * the reader asks for and no more). `data` may move when more is asked for, so keep offsets, not
 * pointers, until a whole generation is at hand. The caller owns it; one thread.
 */
#ifndef SCHEDTOP_TRACE_INPUT_H
#define SCHEDTOP_TRACE_INPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

struct unpacker;

struct input {
	const uint8_t *data; /* the bytes not yet consumed */
	size_t have;         /* of them */
	uint64_t offset;     /* of data[0] in the trace, uncompressed */
	uint64_t size;       /* of the file as it lies on disk; 0: a pipe */
	uint64_t consumed;   /* of those, for progress */
	bool end;            /* nothing follows `have` */
	bool torn;           /* the compressed stream broke off, or reading failed */
	bool failed;         /* reading did: the file itself may be whole */
	char torn_why[96];
	const char *packing; /* "gzip", "zstd" or NULL */
	size_t largest;      /* buffer held at once */
	/* Set by whoever opened it: NULL, or becomes true, on any thread, when nobody waits for the
	   trace any longer. It ends here then, and readers give up what else they do. */
	const atomic_bool *stop;

	int fd;
	bool close_fd;
	uint64_t base; /* where the trace begins in the file: in a bundle, not at 0 */
	uint8_t *map;
	size_t map_size;
	uint8_t *buffer;
	size_t start, capacity; /* data == buffer + start */
	struct unpacker *unpacker;
};

/* "-" is standard input. Of a bundle (util/bundle.h) it is the trace in it. */
enum status input_open(struct input *in, const char *path, struct error *error);
/* Bytes in memory, which stay the caller's. */
void input_open_memory(struct input *in, const void *data, size_t size);
void input_finish(struct input *in);

static inline bool input_is_stopped(const struct input *in)
{
	return in->stop && atomic_load_explicit(in->stop, memory_order_relaxed);
}

/* At least n bytes in data, or all there are. false: no memory. */
bool input_need_slow(struct input *in, size_t n);
static inline bool input_need(struct input *in, size_t n)
{
	return in->have >= n || in->end || input_need_slow(in, n);
}
/* n bytes of data from `at` on, of a file without the pages around them: read into `copy` or where
   they lie. */
const uint8_t *input_peek(const struct input *in, size_t at, size_t n, uint8_t *copy);
void input_consume(struct input *in, size_t n);
/* The pages of data[from, to) won't be needed soon; they can still be read. */
void input_release(struct input *in, size_t from, size_t to);

#endif
