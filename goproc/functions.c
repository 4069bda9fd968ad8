#include "goproc/functions.h"

#include <stdlib.h>
#include <string.h>

#include "goproc/goproc.h"
#include "util/text.h"

#define REMEMBERED 64 /* a power of two */

struct function {
	uint32_t start; /* from the start of the code */
	uint32_t name;  /* in the string table */
};

struct functions {
	const struct image *image;
	uint64_t text, size;
	bool built;
	struct function *index; /* by start */
	size_t count;
	uint64_t names_offset, names_size;
	struct {
		uint64_t address; /* 0: free */
		char name[GOPROC_NAME];
	} remembered[REMEMBERED];
};

struct functions *functions_create(const struct image *image, uint64_t text, uint64_t etext)
{
	struct functions *functions = calloc(1, sizeof *functions);
	if (functions) {
		functions->image = image;
		functions->text = text;
		functions->size = etext > text && etext - text < UINT32_MAX ? etext - text : 0;
	}
	return functions;
}

void functions_destroy(struct functions *functions)
{
	if (functions)
		free(functions->index);
	free(functions);
}

static int compare(const void *left, const void *right)
{
	const struct function *a = left, *b = right;
	return (a->start > b->start) - (a->start < b->start);
}

static bool wanted(const struct functions *functions, const struct image_symbol *symbol)
{
	return symbol->is_function && symbol->defined && symbol->address >= functions->text &&
	       symbol->address - functions->text < functions->size;
}

/* Without memory or symbols the index stays empty: functions have no names then. */
static void build(struct functions *functions)
{
	struct image_symtab symtab;
	functions->built = true;
	if (image_load_symbols(functions->image, &symtab) != STATUS_OK)
		return;
	size_t count = 0, sorted = 1;
	for (size_t i = 0; i < symtab.count; i++) {
		struct image_symbol symbol = image_symbol(&symtab, i);
		count += wanted(functions, &symbol);
	}
	functions->index = calloc(count ? count : 1, sizeof *functions->index);
	for (size_t i = 0; functions->index && i < symtab.count; i++) {
		struct image_symbol symbol = image_symbol(&symtab, i);
		if (!wanted(functions, &symbol))
			continue;
		struct function *function = &functions->index[functions->count++];
		*function = (struct function){(uint32_t)(symbol.address - functions->text), symbol.name};
		sorted &= function == functions->index || function[-1].start <= function->start;
	}
	if (functions->count && !sorted)
		qsort(functions->index, functions->count, sizeof *functions->index, compare);
	functions->names_offset = symtab.names_offset;
	functions->names_size = symtab.names_size;
	image_free_symbols(&symtab);
}

/* The last function that starts at or before the address. */
static const struct function *find(const struct functions *functions, uint32_t at)
{
	size_t low = 0, high = functions->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (functions->index[middle].start <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &functions->index[low - 1] : NULL;
}

static void read_name(const struct functions *functions, const struct function *function,
                      char *name)
{
	char raw[GOPROC_NAME];
	if (function->name >= functions->names_size)
		return;
	uint64_t left = functions->names_size - function->name;
	size_t n = left < sizeof raw ? (size_t)left : sizeof raw;
	if (image_read(functions->image, functions->names_offset + function->name, raw, n))
		text_clean(name, GOPROC_NAME, raw, strnlen(raw, n));
}

const char *functions_name(struct functions *functions, uint64_t address)
{
	if (address < functions->text || address - functions->text >= functions->size)
		return "";
	if (!functions->built)
		build(functions);
	/* Functions start at multiples of 16 or 32. */
	size_t slot = (size_t)(address >> 4 ^ address >> 10) % REMEMBERED;
	if (functions->remembered[slot].address != address) {
		functions->remembered[slot].address = address;
		functions->remembered[slot].name[0] = '\0';
		const struct function *function = find(functions, (uint32_t)(address - functions->text));
		if (function)
			read_name(functions, function, functions->remembered[slot].name);
	}
	return functions->remembered[slot].name;
}
