/*
 * Files that travel inside the program, as tools/embed packs them when it is built: compressed by
 * gzip, each behind a line with its path and its size.
 */
#ifndef SCHEDTOP_CLI_EMBEDDED_H
#define SCHEDTOP_CLI_EMBEDDED_H

#include <stddef.h>

extern const unsigned char embedded_agent[]; /* the Go module in agent/, without its tests */
extern const size_t embedded_agent_size;

#endif
