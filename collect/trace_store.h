/*
 * The directory where what was taken is kept, traces and all else: how the files are called and
 * which ones go when there are too many. Nothing is ever deleted that does not bear a name made
 * here and belong to this user. No state; any thread.
 */
#ifndef SCHEDTOP_COLLECT_TRACE_STORE_H
#define SCHEDTOP_COLLECT_TRACE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/kept.h"
#include "metrics/session.h"
#include "util/status.h"

/* What is kept there: every kind of capture, and what the sentinel puts around one. */
enum stored_kind { STORED_BUNDLE = CAPTURE_KINDS, STORED_KINDS };

#define TRACE_NAME_MAX    KEPT_NAME_MAX
#define TRACE_KEEP_FILES  20
#define TRACE_KEEP_BYTES  (INT64_C(1) << 30)
#define TRACE_HEADER_SIZE 16

/* The directory, made if it is not there: `chosen`, or $XDG_DATA_HOME/schedtop/traces. */
enum status trace_store_directory(const char *chosen, char *to, size_t size, struct error *error);

/* PROGRAM-PID-TIMESTAMP-goVERSION (kept.h) and the kind's suffix: ".trace", ".flight.trace", ...
   Who has no PID is told by where it answers instead: HOST_PORT, or "unix_" and the name of a
   socket. Of the version stays "go1.26", and "go0" is one that is not known. */
struct stored_name {
	int kind; /* enum capture_kind or stored_kind */
	const char *program, *go_version;
	pid_t pid;         /* 0: none */
	const char *where; /* then: a URL or a file; NULL or "": not known */
	int64_t wall_ns;
};
void trace_store_name(char to[TRACE_NAME_MAX], const struct stored_name *name, int attempt);
/* Is this a name as trace_store_name makes them? */
bool trace_store_has_made(const char *name);

/* As kept_prune, of all kinds together. */
int trace_store_prune(int dir_fd, long files, int64_t bytes, const char *spare);

/* The header's "go 1.26 trace\0\0\0": the Go version that made this form, which is the oldest that
   reads it, as "go1.26". false: no trace. */
bool trace_store_version(const unsigned char header[TRACE_HEADER_SIZE], char *to, size_t size);

#endif
