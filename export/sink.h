/*
 * Where an export goes: a file that appears whole or not at all, or a descriptor such as standard
 * output, packed with gzip or as it is. The first failure is kept and told at the end, so that
 * writers need not look after every byte. The caller owns it; one thread.
 */
#ifndef SCHEDTOP_EXPORT_SINK_H
#define SCHEDTOP_EXPORT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/atomic_file.h"
#include "util/status.h"

struct z_stream_s;

struct sink {
	struct atomic_file file;
	char *path; /* of the file to be; NULL: `fd`, which is the caller's */
	int fd;
	struct z_stream_s *zip; /* NULL: as it is */
	uint8_t *buffer;        /* of what was not written yet */
	size_t used;
	enum status status;
	struct error error;
};

/* `path` is "-" for standard output. STATUS_USAGE when that is a terminal and `packed` is set.
   After a failure there is nothing to finish. */
enum status sink_open(struct sink *sink, const char *path, bool packed, struct error *error);
/* The same to a descriptor, which stays open. */
enum status sink_open_fd(struct sink *sink, int fd, bool packed, struct error *error);

void sink_write(struct sink *sink, const void *data, size_t size);
void sink_text(struct sink *sink, const char *text);
/* Something failed; who writes much may stop. */
static inline bool sink_failed(const struct sink *sink)
{
	return sink->status != STATUS_OK;
}

/* All was written: the file gets its name. Or what failed, and there is no file. */
enum status sink_commit(struct sink *sink, struct error *error);
/* After sink_commit, or in its place: then nothing comes of it. */
void sink_finish(struct sink *sink);

#endif
