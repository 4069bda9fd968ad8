/*
 * Reading a directory that somebody else holds open: from its beginning, and without moving
 * anything of theirs. No state; any thread.
 */
#ifndef SCHEDTOP_UTIL_DIRECTORY_H
#define SCHEDTOP_UTIL_DIRECTORY_H

#include <dirent.h>

/* To be closed with closedir; the descriptor stays the caller's. NULL with errno. */
DIR *directory_read(int dir_fd);

#endif
