/*
 * Writes a bundle: members of a tar that any tar opens, through libarchive, under a name of its own
 * in the store of traces. It appears whole or not at all, for this user alone. What reads bundles
 * is util/bundle.h. Any thread.
 */
#ifndef SCHEDTOP_WATCH_BUNDLE_H
#define SCHEDTOP_WATCH_BUNDLE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/bundle.h"
#include "util/status.h"

struct bundle_member {
	const char *name;
	const void *data; /* NULL: the content of a file */
	size_t size;
	int fd; /* read from its beginning */
};

struct bundle_options {
	const char *directory; /* NULL: the default one */
	const char *program, *go_version;
	pid_t pid;         /* 0: none */
	const char *where; /* then, as in collect/trace_store.h */
	int64_t wall_ns;
	long keep_files; /* in the store, of everything */
	int64_t keep_bytes;
	const atomic_bool *stop; /* gives up when it becomes true; may be NULL */
};

/* *path is for the caller to free, *bytes what the file holds. */
enum status bundle_write(const struct bundle_options *options, const struct bundle_member *member,
                         size_t members, char **path, uint64_t *bytes, struct error *error);

#endif
