/*
 * Where a user's files belong, by the XDG Base Directory Specification, and making directories
 * there. Any thread; the environment is read on each call.
 */
#ifndef SCHEDTOP_UTIL_XDG_H
#define SCHEDTOP_UTIL_XDG_H

#include <stddef.h>

#include "util/status.h"

enum xdg_base {
	XDG_DATA,   /* $XDG_DATA_HOME, else ~/.local/share */
	XDG_CONFIG, /* $XDG_CONFIG_HOME, else ~/.config */
	XDG_STATE,  /* $XDG_STATE_HOME, else ~/.local/state */
	XDG_CACHE,  /* $XDG_CACHE_HOME, else ~/.cache */
};

/* The path of `below` ("schedtop/traces") in that base. STATUS_FAILED with a sentence when neither
   the environment nor the user database names a home, or the path does not fit. */
enum status xdg_path(enum xdg_base base, const char *below, char *to, size_t size,
                     struct error *error);

/* Makes the directory and those above it that are missing, for this user alone (0700). One that is
   there already is left as it is. */
enum status xdg_make_directory(const char *path, struct error *error);

#endif
