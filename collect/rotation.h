/*
 * Files that follow each other in a directory, for what is written always: recordings and logs. A
 * file bears the program, the PID and the moment it begins, in UTC; the oldest go when there are
 * too many. Nothing is deleted that does not bear such a name and belong to this user, and a lock
 * keeps other writers of the kind away. One thread.
 */
#ifndef SCHEDTOP_COLLECT_ROTATION_H
#define SCHEDTOP_COLLECT_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/kept.h"
#include "util/status.h"

#define ROTATION_NAME_MAX KEPT_NAME_MAX

enum rotation_kind { ROTATION_RECORDING, ROTATION_LOG, ROTATION_KINDS };

/* A file ends after an hour, or when it is an eighth of all that may be kept. */
struct rotation_limits {
	long files;
	int64_t bytes;
};
#define ROTATION_FILES   ((long)24 * 7)
#define ROTATION_BYTES   (INT64_C(1) << 30)
#define ROTATION_FILE_NS (INT64_C(3600) * 1000000000)

struct rotation;

/* Is this a directory, or to be one? */
bool rotation_is_directory(const char *path);

/* Makes the directory if it is not there, and takes the lock. */
enum status rotation_create(struct rotation **out, const char *directory, enum rotation_kind kind,
                            const struct rotation_limits *limits, struct error *error);
/* Must what is written at this moment of this process go to a new file? `bytes` is how large the
   one of before is. */
bool rotation_is_due(const struct rotation *r, pid_t pid, int64_t wall_ns, uint64_t bytes);
/* Begins it: *fd is the rotation's, and that of before is closed; the old files are swept. A
   failure, whose sentence is the errno's alone, leaves all as it was. */
enum status rotation_next(struct rotation *r, const char *program, pid_t pid, int64_t wall_ns,
                          int *fd, struct error *error);
void rotation_destroy(struct rotation *r); /* closes the file, too; NULL is fine */

/* The files of this kind in a directory, oldest first; *name and each of it are the caller's to
   free. STATUS_NO_TARGET, STATUS_PERMISSION or STATUS_FAILED with a sentence. */
enum status rotation_list(const char *directory, enum rotation_kind kind, char ***name, size_t *n,
                          struct error *error);

#endif
