/*
 * DWARF as the Go linker writes it of runtime.sched, made in memory from a layout, and the smallest
 * ELF file around it: what debuginfo.h reads of a program of an unknown release.
 *
 * The bytes are those of two sections, one after the other, so that a fuzzer can damage them: the
 * abbreviations in the first DWARF_ABBREV bytes, then the entries.
 */
#ifndef SCHEDTOP_TESTS_GOPROC_DWARF_H
#define SCHEDTOP_TESTS_GOPROC_DWARF_H

#include <stddef.h>
#include <stdint.h>

#include "goproc/image.h"
#include "goproc/layouts.h"

#define DWARF_ABBREV 128
#define DWARF_MAX    4096

/* Fills the bytes; how many there are. */
size_t dwarf_write(uint8_t bytes[DWARF_MAX], const struct layout *layout);
/* Opens a file with these two sections; image_close closes it. Aborts when that can't be had. */
void dwarf_open(struct image *image, const uint8_t *bytes, size_t n);

#endif
