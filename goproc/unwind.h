/*
 * From the saved pc and sp of a goroutine to the functions it is in, exactly as the runtime's own
 * tracebacks walk a stack (traceback.go): frame by frame, by the stack sizes in the pclntab.
 *
 * What is known of an address in the code is kept, for thousands of goroutines stand at the same
 * few. Such an address is a "site"; its number stands for it, and is 1 at least. The pclntab is
 * borrowed. Belongs to the thread of its owner.
 */
#ifndef SCHEDTOP_GOPROC_UNWIND_H
#define SCHEDTOP_GOPROC_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "goproc/gs.h"
#include "goproc/pclntab.h"

struct unwinder;

struct unwinder *unwinder_create(struct pclntab *pclntab); /* NULL: out of memory */
void unwinder_destroy(struct unwinder *unwinder);          /* NULL is fine */

/* Changes when sites were forgotten because they became too many: numbers of before are void. */
uint32_t unwinder_generation(const struct unwinder *unwinder);

enum unwind_end {
	UNWIND_WHOLE, /* to the end of the stack */
	UNWIND_SHORT, /* there are more frames than there is room, or than bytes */
	UNWIND_LOST,  /* no stack looks like that: it was torn */
};

/* The stack of the row, of which the first n bytes are given. Fills in its sites, innermost first;
 *sites of `max` at most. */
enum unwind_end unwind(struct unwinder *unwinder, const struct gs_row *row, const uint8_t *stack,
                       size_t n, uint32_t *site, size_t max, size_t *sites);

/* The frames of the source at a site, innermost first: several when calls were inlined. */
size_t unwind_frames(struct unwinder *unwinder, uint32_t site, struct pclntab_frame *frame,
                     size_t max);
/* Is there anything but plumbing at the site, functions that block on behalf of their caller? */
bool unwind_is_place(const struct unwinder *unwinder, uint32_t site);
/* Is its function one that the compiler made, to call another one? */
bool unwind_is_wrapper(const struct unwinder *unwinder, uint32_t site);
/* The frame a person would name: of a site that is a place, the innermost one that is no plumbing,
   of others the function itself. false: there is none. */
bool unwind_place(struct unwinder *unwinder, uint32_t site, struct pclntab_frame *frame);

#endif
