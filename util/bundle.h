/*
 * What is inside a bundle of the sentinel: a tar as POSIX has it (ustar, with or without pax
 * headers), whose members lie in it as they are. Nothing is unpacked, and names only tell which
 * member is which: a part is a stretch of the file, to be mapped or read in place. The file may be
 * anything. Any thread.
 */
#ifndef SCHEDTOP_UTIL_BUNDLE_H
#define SCHEDTOP_UTIL_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

#define BUNDLE_HEAD_SIZE 512 /* bytes that tell a bundle */

/* The names of members. */
#define BUNDLE_MANIFEST  "MANIFEST.json"
#define BUNDLE_SNAPSHOTS "snapshots.ndjson.zst"
#define BUNDLE_BUILD     "buildinfo.txt"

enum bundle_part {
	BUNDLE_PART_TRACE,     /* the first member that is called *.trace */
	BUNDLE_PART_SNAPSHOTS, /* BUNDLE_SNAPSHOTS */
	BUNDLE_PARTS
};

struct bundle_place {
	uint64_t offset, size; /* within the file, also when it was cut off */
};

/* Are these first bytes of a file those of a tar? No trace and no recording looks so. */
bool bundle_recognise(const uint8_t head[BUNDLE_HEAD_SIZE], size_t n);
/* Where a part lies in a file that can be read at any place. `shown` is the file's name, printable.
   STATUS_NO_TARGET: it has no such part, and the sentence says what it has. STATUS_DAMAGED. */
enum status bundle_find(int fd, const char *shown, enum bundle_part part,
                        struct bundle_place *place, struct error *error);
/* When *fd is a bundle, puts a descriptor in its place that reads nothing but the part, from its
   beginning, and closes the other one. What is no bundle, or can't be read at any place, stays. */
enum status bundle_narrow(int *fd, const char *shown, enum bundle_part part, struct error *error);

#endif
