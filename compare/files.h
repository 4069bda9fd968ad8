/*
 * The files of one side of a comparison: each argument is a file or a directory whose files are
 * all traces. The caller owns the list; any thread.
 */
#ifndef SCHEDTOP_COMPARE_FILES_H
#define SCHEDTOP_COMPARE_FILES_H

#include "compare/side.h"
#include "util/status.h"

struct files {
	char *path[SIDE_RUNS];
	size_t n;
};

/* All zero is an empty list. Adds the file, or what lies in the directory, by name: regular files
   whose names don't begin with a dot. Otherwise a sentence that names it. */
enum status files_add(struct files *files, const char *path, struct error *error);
void files_finish(struct files *files);

#endif
