/*
 * Files of `NAME = VALUE` lines below `[SECTION]` headings: the configuration and the themes. Every
 * entry is handed to its owner; a line that is wrong is told with its file and number, and the rest
 * still counts. Nothing is kept; any thread.
 */
#ifndef SCHEDTOP_UTIL_INI_H
#define SCHEDTOP_UTIL_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "util/status.h"

/* Where sentences about bad lines go: each stands alone and begins with "FILE:LINE: ". */
struct ini_sink {
	void (*tell)(const char *sentence, void *arg);
	void *arg;
};

struct ini_entry {
	const char *section; /* "" before the first heading */
	const char *name, *value;
	const char *file; /* printable; borrowed for the call */
	int line;
};

/* Takes one entry. When it is wrong, fills `error` with what was expected. */
typedef enum status (*ini_take)(const struct ini_entry *entry, void *arg, struct error *error);

/* Only a file that can't be read fails: STATUS_NO_TARGET when it is not there, STATUS_PERMISSION or
   STATUS_FAILED otherwise. */
enum status ini_read_file(const char *path, ini_take take, void *arg, const struct ini_sink *sink,
                          struct error *error);
/* The text alone, to be freed; it fails likewise. */
enum status ini_read_whole(const char *path, char **out, struct error *error);
/* The same of text in memory; `name` stands for the file in sentences. */
void ini_read_text(const char *name, const char *text, size_t size, ini_take take, void *arg,
                   const struct ini_sink *sink);

#endif
