/*
 * The runtime's own directory of a program, runtime.firstmoduledata: where its code and its type
 * descriptors are. It is in every Go binary, stripped or not, and is recognized by its first word,
 * the address of the pclntab section. Reads through a struct memory; the thread of its owner.
 */
#ifndef SCHEDTOP_GOPROC_MODULEDATA_H
#define SCHEDTOP_GOPROC_MODULEDATA_H

#include <stdbool.h>
#include <stdint.h>

#include "goproc/image.h"
#include "goproc/memory.h"

struct moduledata {
	uint64_t text, etext;   /* the code */
	uint64_t types, etypes; /* the type descriptors and their names */
};

/* Looks for it in the data sections of the image as they are in memory, `bias` above their
 * addresses. */
bool moduledata_find(const struct image *image, struct memory *memory, uint64_t bias, int minor,
                     struct moduledata *out);

#endif
