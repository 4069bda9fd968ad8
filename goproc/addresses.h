/*
 * Where the runtime's variables are. A symbol table tells; programs without one (-s -w) still have
 * the runtime's code, and the function that prints the scheduler's state refers to all of it:
 * runtime.sched is the base from which most of the references in runtime.schedtrace land on fields
 * that the layout knows. How many do is the score, and it proves the layout as well; a low one is
 * refused. Pure functions of an image; any thread.
 */
#ifndef SCHEDTOP_GOPROC_ADDRESSES_H
#define SCHEDTOP_GOPROC_ADDRESSES_H

#include "goproc/image.h"
#include "goproc/layouts.h"
#include "goproc/moduledata.h"
#include "goproc/pclntab.h"
#include "goproc/topology.h"
#include "util/status.h"

/* From .symtab; addresses are moved by `bias`. STATUS_FAILED with the rest of a sentence that
   begins with the program. */
enum status addresses_from_symbols(const struct image *image, const struct layout *layout,
                                   uint64_t bias, struct globals *globals, struct error *error);

struct addresses_score {
	int found, of; /* fields of schedt that schedtrace refers to, and how many it should */
	int runner_up; /* the same for the next best place */
};

/* The function's code: n bytes at `address`, which is relocated. */
struct addresses_code {
	const struct image *image;
	struct memory *file; /* reads the image by address */
	uint64_t bias;
	const struct moduledata *module;
	struct pclntab *pclntab;
};

/* From the code. The score is filled whatever the status is. Of the collector only its phase is
   found. */
enum status addresses_from_code(const struct addresses_code *code, const struct layout *layout,
                                struct globals *globals, struct addresses_score *score,
                                struct error *error);

#endif
