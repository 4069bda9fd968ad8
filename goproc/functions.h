/*
 * Names of functions by address, from the runtime's own tables. The same few addresses are asked
 * for again and again, so some names are remembered.
 *
 * The pclntab is borrowed and must outlive this. Belongs to the thread of its owner.
 */
#ifndef SCHEDTOP_GOPROC_FUNCTIONS_H
#define SCHEDTOP_GOPROC_FUNCTIONS_H

#include <stdint.h>

#include "goproc/pclntab.h"

struct functions;

/* NULL: out of memory. */
struct functions *functions_create(struct pclntab *pclntab);
void functions_destroy(struct functions *functions); /* NULL is fine */

/* The name of the function that contains the address, made printable; "" when there is none.
   Borrowed until the next call. */
const char *functions_name(struct functions *functions, uint64_t address);

#endif
