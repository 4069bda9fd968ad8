/*
 * Asks the go command: what packages there are in a folder, and of which modules. What it says is
 * bounded; how long it takes is not, since it may have to fetch modules. The caller owns the
 * structures. One thread.
 */
#ifndef SCHEDTOP_CLI_GO_TOOL_H
#define SCHEDTOP_CLI_GO_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "util/status.h"

struct go_package {
	char *name, *import_path, *directory;
	char **file; /* names of the Go files that are built */
	size_t files;
	char *module, *module_directory; /* NULL: none */
	bool main_module;                /* which is worked on here, not fetched */
};

struct go_packages {
	struct go_package *package;
	size_t n;
};

/* Is the go command, as this folder (NULL: the current one) and the environment have it, fit for
   the agent? Else one sentence says what is in the way. */
enum status go_check(const char *directory, struct error *error);
/* What these patterns mean there. */
enum status go_list(struct go_packages *out, const char *directory, const char *const *pattern,
                    size_t patterns, struct error *error);
void go_packages_finish(struct go_packages *packages); /* all zero is fine */

#endif
