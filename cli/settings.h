/*
 * Settings that outlast a command line: files of `NAME = VALUE`, whose names are the long options,
 * with keys of the screens below [keys], the limits of the doctor below [doctor], the rules of the
 * sentinel below [sentinel], and the environment. What is wrong is told with its file and line, and
 * the rest applies. One thread.
 */
#ifndef SCHEDTOP_CLI_SETTINGS_H
#define SCHEDTOP_CLI_SETTINGS_H

#include "cli/options.h"
#include "util/ini.h"

/* Texts that were read, which the options point into. Zero is an empty one; the caller's. */
struct settings {
	char **text;
	size_t n;
};
void settings_finish(struct settings *c);

/* What such a file says, over what is set already; `name` is the file's, for sentences. */
void settings_read_text(struct settings *c, struct options *o, const char *name, const char *text,
                        size_t size, const struct ini_sink *sink);

#define SETTINGS_SYSTEM "/etc/schedtop/config"
/* The usual way, worst first: the system's file, the user's file, the environment; or the
   environment after the one file of --config (NULL: none), which has to be there. */
enum status settings_load(struct settings *c, struct options *o, const char *system,
                          const char *only, const struct ini_sink *sink, struct error *error);

#endif
