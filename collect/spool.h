/*
 * Bytes on their way to a disk or a pipe that may be slow: a bounded buffer and a thread that
 * writes it out, so that who sends them is not held up by every hiccup, and nobody waits for a
 * write that never returns. One thread owns a spool and makes all calls.
 */
#ifndef SCHEDTOP_COLLECT_SPOOL_H
#define SCHEDTOP_COLLECT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

enum spool_end {
	SPOOL_OK,
	SPOOL_FAILED,  /* a write did; spool_error says why */
	SPOOL_STUCK,   /* nothing was taken for too long */
	SPOOL_STOPPED, /* `go_on` said so */
};

struct spool_options {
	int fd;      /* duplicated */
	bool sync;   /* bring it to the disk at the end: it is a file */
	size_t room; /* bytes of the buffer */
	int64_t stuck_ns;
	/* Asked several times a second while there is something to wait for. */
	bool (*go_on)(void *arg);
	void *arg;
	/* Undoes what the owner has done to the file, such as closing it; may be NULL. Called once,
	   when no write is under way any more: by spool_destroy, or, when that left a write behind, on
	   the spool's thread, because closing and deleting wait for it as well. */
	void (*finish)(void *finish_arg);
	void *finish_arg;
};

struct spool;

enum status spool_create(struct spool **out, const struct spool_options *options,
                         struct error *error);
/* Waits while there is no room. */
enum spool_end spool_put(struct spool *s, const void *data, size_t size);
/* Waits until all is out, and on the disk if that was asked for. */
enum spool_end spool_flush(struct spool *s);
int spool_error(const struct spool *s); /* errno of the write that failed */
/* How long it has waited for room in all; 0 is a disk that is quick enough. */
int64_t spool_waited_ns(const struct spool *s);
/* Waits for a write that is under way for a moment, and then leaves it behind: what it holds goes
   when it returns, if ever. NULL is fine. */
void spool_destroy(struct spool *s);

#endif
