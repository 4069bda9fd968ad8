/*
 * A file that appears whole or not at all: it is written under a temporary name in the directory
 * where it shall stand, brought to the disk, and then renamed. The caller owns the struct; one
 * thread at a time. After a crash the temporary is left, and swept by whoever writes there next:
 * the writer holds a lock on it, which dies with the writer.
 */
#ifndef SCHEDTOP_UTIL_ATOMIC_FILE_H
#define SCHEDTOP_UTIL_ATOMIC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/status.h"

struct atomic_file {
	int dir_fd, fd;     /* -1: closed */
	char temporary[40]; /* its name until it is renamed */
	char shown[300];    /* the directory, for messages; printable */
	bool synced;        /* its owner has brought the bytes to the disk */
};

#define ATOMIC_FILE_NONE ((struct atomic_file){.dir_fd = -1, .fd = -1})

/* Sweeps the directory, then opens a new temporary there with these permissions (umask applies). */
enum status atomic_file_open(struct atomic_file *f, const char *directory, mode_t mode,
                             struct error *error);
/* The same for the file that shall stand at this path, in place of the one there may be. What is no
   plain file is refused: think of /dev/null as root. A symbolic link stays, its goal is replaced:
   *real is the goal's path, for the caller to free and for atomic_file_name. */
enum status atomic_file_open_path(struct atomic_file *f, const char *path, mode_t mode, char **real,
                                  struct error *error);
/* What follows the path's last slash. */
const char *atomic_file_name(const char *path);
/* All of it or a failure. */
enum status atomic_file_write(struct atomic_file *f, const void *data, size_t size,
                              struct error *error);
/* The same sentence for who wrote to the descriptor himself and failed so. */
enum status atomic_file_explain(const struct atomic_file *f, int why, struct error *error);
/* Brings the bytes to the disk and gives the file its name, in place of an older one of that name
   only if `replace`; else *taken is set (may be NULL then), the sentence says so, and another name
   may be tried. STATUS_OK: it is there for good, and the struct is finished but for dir_fd. */
enum status atomic_file_commit(struct atomic_file *f, const char *name, bool replace, bool *taken,
                               struct error *error);
/* Removes the temporary, if there is one, and closes all. After every end, good or bad; twice is
   fine. */
void atomic_file_finish(struct atomic_file *f);

/* Removes temporaries that no living writer holds and that are older than `age_s`, or from the
   future: the clock may have been set back. Returns how many. */
int atomic_file_sweep(int dir_fd, int64_t age_s);

#endif
