/*
 * The layout of the scheduler from the DWARF of the program itself: for releases of Go that the
 * table of layouts does not know yet. Slow, as debug information is large, and therefore the last
 * resort. Pure function of an image; any thread.
 */
#ifndef SCHEDTOP_GOPROC_DEBUGINFO_H
#define SCHEDTOP_GOPROC_DEBUGINFO_H

#include "goproc/image.h"
#include "goproc/layouts.h"
#include "util/status.h"

/* STATUS_FAILED with the rest of a sentence that begins with the program: there is no DWARF, or the
   scheduler in it lacks a field that the newest known release has. layout->first and last are 0. */
enum status debuginfo_layout(const struct image *image, struct layout *layout, struct error *error);

#endif
