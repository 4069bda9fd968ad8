/*
 * Where the bytes of a capture go: a descriptor, a file by its path, or a file with a name of its
 * own in the store. A file appears whole or not at all. The caller owns the struct; one thread at a
 * time.
 */
#ifndef SCHEDTOP_COLLECT_CAPTURE_OUTPUT_H
#define SCHEDTOP_COLLECT_CAPTURE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/spool.h"
#include "collect/trace_store.h"
#include "metrics/session.h"
#include "util/atomic_file.h"
#include "util/status.h"

struct capture_output {
	struct spool *spool;    /* what all bytes go through */
	bool failed;            /* it has, and has said so */
	int fd;                 /* of who gets the bytes as they come; -1: a file does */
	char *file;             /* its path; NULL: a name of its own */
	char *directory;        /* in this one */
	struct atomic_file *to; /* until it has its name; the spool's, because that may outlive us */
};
#define CAPTURE_OUTPUT_NONE ((struct capture_output){.fd = -1})

/* Descriptor, path and directory as in struct capture_options; borrowed. `go_on` is asked while a
   disk or a reader takes its time; when it says no, what waits ends without a sentence. */
enum status capture_output_open(struct capture_output *o, int fd, const char *file,
                                const char *directory, bool (*go_on)(void *arg), void *arg,
                                struct error *error);
enum status capture_output_write(struct capture_output *o, const void *data, size_t size,
                                 struct error *error);
/* After who sends has given up: false when that was not because of us. Else *error says so. */
bool capture_output_blame(const struct capture_output *o, struct error *error);

/* What names a file in the store, and what is kept of the others. */
struct capture_name {
	struct stored_name of;
	long keep_files;
	int64_t keep_bytes;
};
/* Waits until all bytes are out. A file is brought to the disk and gets its name, and older ones
   go; *path is for the caller to free. NULL when a descriptor had it all. */
enum status capture_output_save(struct capture_output *o, const struct capture_name *name,
                                char **path, struct error *error);
/* After every end, good or bad; CAPTURE_OUTPUT_NONE is fine. */
void capture_output_finish(struct capture_output *o);

#endif
