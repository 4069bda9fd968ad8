/*
 * Takes out of an export what its reader is not to see. Names of functions, files and wait reasons
 * are the program's code and stay; names of tasks and regions, categories and texts of logs are
 * what the program's users may have put in. The caller owns the redactor; one thread.
 */
#ifndef SCHEDTOP_EXPORT_REDACT_H
#define SCHEDTOP_EXPORT_REDACT_H

#include <stddef.h>
#include <stdint.h>

#include "export/choices.h"
#include "trace/idmap.h"
#include "trace/names.h"

struct redactor {
	enum redact_level level;
	struct idmap known; /* name -> what stands for it */
	uint32_t hidden;    /* different names that were replaced as a whole */
};

/* All zero but the level is a good start. */
void redactor_finish(struct redactor *redactor);
/* What stands for a name of a task, a region or a category: a name, too. NAME_ERROR: no memory. */
uint32_t redactor_name(struct redactor *redactor, struct names *names, uint32_t name);
/* A text without its secrets, as it came otherwise and never longer than `size`. Returns its
   length. One of `most` bytes was cut there: its last word may be half a secret, and goes, too.
   With REDACT_ALL nothing of it is left. */
size_t redactor_text(const struct redactor *redactor, char *to, size_t size, const char *from,
                     size_t length, size_t most);

/* The same by a level; `to` must not be `from`. */
size_t redact_secrets(char *to, size_t size, const char *from, size_t length);

#endif
