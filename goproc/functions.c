#include "goproc/functions.h"

#include <stdlib.h>

#include "goproc/goproc.h"

#define REMEMBERED 64 /* a power of two */

struct functions {
	struct pclntab *pclntab;
	struct {
		uint64_t address; /* 0: free */
		char name[GOPROC_NAME];
	} remembered[REMEMBERED];
};

struct functions *functions_create(struct pclntab *pclntab)
{
	struct functions *functions = calloc(1, sizeof *functions);
	if (functions)
		functions->pclntab = pclntab;
	return functions;
}

void functions_destroy(struct functions *functions)
{
	free(functions);
}

const char *functions_name(struct functions *functions, uint64_t address)
{
	/* Functions start at multiples of 16 or 32. */
	size_t slot = (size_t)(address >> 4 ^ address >> 10) % REMEMBERED;
	char *name = functions->remembered[slot].name;
	if (functions->remembered[slot].address != address) {
		struct pclntab_function function;
		functions->remembered[slot].address = address;
		name[0] = '\0';
		if (pclntab_find(functions->pclntab, address, &function))
			pclntab_name(functions->pclntab, function.name, name, GOPROC_NAME);
	}
	return name;
}
