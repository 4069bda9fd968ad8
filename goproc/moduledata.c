#include "goproc/moduledata.h"

#include <stdlib.h>
#include <string.h>

/* Numbers of the 8-byte words in runtime.moduledata (runtime/symtab.go). */
enum {
	WORD_PCHEADER = 0,
	WORD_FUNCNAMETAB_LEN = 2,
	WORD_FUNCNAMETAB_CAP = 3,
	WORD_TEXT = 22,
	WORD_ETEXT = 23,
	WORDS = 40,
};

/* types and etypes moved when fields were added before them. */
static const struct {
	int first, types, etypes;
} type_words[] = {
	{27, 37, 39}, /* typedesclen came in between */
	{20, 37, 38}, /* covctrs, ecovctrs */
	{18, 35, 36},
};

#define WINDOW    ((size_t)64 << 10)
#define TYPES_MAX (UINT64_C(1) << 30)

static bool accept(const uint8_t *at, uint64_t pclntab, int minor, struct moduledata *out)
{
	uint64_t word[WORDS];
	memcpy(word, at, sizeof word);
	if (word[WORD_PCHEADER] != pclntab ||
	    word[WORD_FUNCNAMETAB_LEN] != word[WORD_FUNCNAMETAB_CAP] ||
	    word[WORD_TEXT] >= word[WORD_ETEXT])
		return false;
	size_t i = 0;
	while (minor < type_words[i].first) {
		if (++i == sizeof type_words / sizeof *type_words)
			return false;
	}
	*out = (struct moduledata){
		.text = word[WORD_TEXT],
		.etext = word[WORD_ETEXT],
		.types = word[type_words[i].types],
		.etypes = word[type_words[i].etypes],
	};
	return out->types != 0 && out->types % 8 == 0 && out->types < out->etypes &&
	       out->etypes - out->types <= TYPES_MAX;
}

/* Windows overlap, so that the structure is whole in one of them. */
static bool search(struct memory *memory, uint64_t address, uint64_t size, uint64_t pclntab,
                   int minor, uint8_t *window, struct moduledata *out)
{
	const size_t need = WORDS * sizeof(uint64_t);
	for (uint64_t done = 0; size >= need && done <= size - need;) {
		size_t n = size - done < WINDOW ? (size_t)(size - done) : WINDOW;
		if (memory_read(memory, address + done, window, n) != MEMORY_OK)
			return false;
		for (size_t at = 0; at + need <= n; at += 8) {
			if (memory_u64(window + at) == pclntab && accept(window + at, pclntab, minor, out))
				return true;
		}
		if (n < WINDOW)
			break;
		done += WINDOW - need;
	}
	return false;
}

bool moduledata_find(const struct image *image, struct memory *memory, uint64_t bias, int minor,
                     struct moduledata *out)
{
	/* PIE keeps the pclntab where the loader may relocate it, until 1.25. */
	static const char *const pclntabs[] = {".gopclntab", ".data.rel.ro.gopclntab"};
	static const char *const homes[] = {".go.module", ".noptrdata", ".data", ".data.rel.ro"};
	const struct image_section *pclntab = NULL;
	for (size_t i = 0; i < sizeof pclntabs / sizeof *pclntabs && !pclntab; i++)
		pclntab = image_section(image, pclntabs[i]);
	if (!pclntab)
		return false;
	uint8_t *window = malloc(WINDOW);
	bool found = false;
	for (size_t i = 0; window && i < sizeof homes / sizeof *homes && !found; i++) {
		const struct image_section *home = image_section(image, homes[i]);
		if (home)
			found = search(memory, home->address + bias, home->size, pclntab->address + bias, minor,
			               window, out);
	}
	free(window);
	return found;
}
