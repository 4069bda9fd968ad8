/*
 * The build information that the Go linker leaves in every binary, stripped ones too: the version
 * of Go and, as text, the main module, its dependencies and settings (debug/buildinfo reads the
 * same). Pure functions over bytes that may be anything; any thread.
 */
#ifndef SCHEDTOP_GOPROC_BUILDINFO_H
#define SCHEDTOP_GOPROC_BUILDINFO_H

#include <stddef.h>
#include <stdint.h>

#include "goproc/goproc.h"

#define BUILDINFO_SECTION    ".go.buildinfo"
#define BUILDINFO_MAGIC      "\xff Go buildinf:" /* at a multiple of 16 */
#define BUILDINFO_MAGIC_SIZE 14
#define BUILDINFO_AGENT      "schedtop/agent" /* module path of the agent */

enum buildinfo_result {
	BUILDINFO_OK,
	BUILDINFO_NONE,    /* not what the linker writes */
	BUILDINFO_OLD,     /* Go 1.17 or older: pointers instead of strings */
	BUILDINFO_DAMAGED, /* cut off */
};

/* Reads the content of BUILDINFO_SECTION into the strings, go_minor and has_agent of *info; the
 *rest of info stays as it is. */
enum buildinfo_result buildinfo_parse(const uint8_t *bytes, size_t n, struct goproc_info *info);

/* All of it as text for people and programs, in lines of words with tabs between, as `go version
   -m` prints them: "go\tgo1.26.8", "path\t...", "build\tvcs.revision=...". free() it; NULL when it
   is not what the linker writes, or when out of memory. */
char *buildinfo_text(const uint8_t *bytes, size_t n);

#endif
