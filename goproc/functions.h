/*
 * Names of functions by address, from .symtab. The index is built at the first question and holds
 * eight bytes a function; names are read from the file when they are asked for and a few are
 * remembered.
 *
 * The image is borrowed and must outlive this. Belongs to the thread of its owner.
 */
#ifndef SCHEDTOP_GOPROC_FUNCTIONS_H
#define SCHEDTOP_GOPROC_FUNCTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "goproc/image.h"

struct functions;

/* `text` and `etext` bound the code, without load bias. NULL: out of memory. */
struct functions *functions_create(const struct image *image, uint64_t text, uint64_t etext);
void functions_destroy(struct functions *functions); /* NULL is fine */

/* The name of the function that contains the address, made printable; "" when there is none.
   Borrowed until the next call. */
const char *functions_name(struct functions *functions, uint64_t address);

#endif
