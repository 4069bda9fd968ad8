/*
 * The runtime's own directory of a program, runtime.firstmoduledata: where its code, its data, its
 * type descriptors and the tables of its functions are. It is in every Go binary, stripped or not,
 * and is recognized by its first word, the address of the pclntab section. Reads through a struct
 * memory; the thread of its owner.
 */
#ifndef SCHEDTOP_GOPROC_MODULEDATA_H
#define SCHEDTOP_GOPROC_MODULEDATA_H

#include <stdbool.h>
#include <stdint.h>

#include "goproc/image.h"
#include "goproc/memory.h"

struct extent {
	uint64_t start, size;
};

/* The tables of functions: all of them lie in the pclntab. */
enum module_table {
	MODULE_NAMES,     /* of functions */
	MODULE_UNITS,     /* numbers of files by compilation unit */
	MODULE_FILES,     /* names of files */
	MODULE_VALUES,    /* what changes with the address: line, stack size, ... */
	MODULE_RECORDS,   /* struct _func of each function */
	MODULE_FUNCTIONS, /* by address */
	MODULE_TABLES,
};
/* Where the runtime keeps its variables. */
enum { MODULE_NOPTRDATA, MODULE_DATA, MODULE_BSS, MODULE_NOPTRBSS, MODULE_SEGMENTS };

struct moduledata {
	uint64_t pclntab;       /* its header */
	uint64_t text, etext;   /* the code */
	uint64_t types, etypes; /* the type descriptors and their names */
	uint64_t gofunc;        /* what functions have tables of their own for: inlined calls */
	struct extent table[MODULE_TABLES];
	struct extent segment[MODULE_SEGMENTS];
};

/* Looks for it in the data sections of the image as they are in memory, `bias` above their
 * addresses. */
bool moduledata_find(const struct image *image, struct memory *memory, uint64_t bias, int minor,
                     struct moduledata *out);

#endif
