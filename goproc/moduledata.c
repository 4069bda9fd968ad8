#include "goproc/moduledata.h"

#include <stdlib.h>
#include <string.h>

/* Numbers of the 8-byte words in runtime.moduledata (runtime/symtab.go). */
enum {
	WORD_PCHEADER = 0,
	WORD_TABLES = 1, /* slices: address, length, capacity */
	SLICE_WORDS = 3,
	WORD_TEXT = 22,
	WORD_ETEXT = 23,
	WORD_SEGMENTS = 24, /* start and end of each */
	WORDS = 44,
};

/* Size of an element of each table. */
static const uint64_t element[MODULE_TABLES] = {1, 4, 1, 1, 1, 8};

/* These moved when fields were added before them. */
static const struct layout_words {
	int first, types, etypes, gofunc;
} layout_words[] = {
	{27, 37, 39, 43}, /* typedesclen, itaboffset, itabsize */
	{20, 37, 38, 40}, /* covctrs, ecovctrs */
	{18, 35, 36, 38},
};

#define WINDOW     ((size_t)64 << 10)
#define TYPES_MAX  (UINT64_C(1) << 30)
#define TABLE_MAX  (UINT64_C(1) << 31)
#define CANDIDATES 4

static const struct layout_words *words_of(int minor)
{
	for (size_t i = 0; i < sizeof layout_words / sizeof *layout_words; i++) {
		if (minor >= layout_words[i].first)
			return &layout_words[i];
	}
	return NULL;
}

/* Everything that can be checked is; what is left out stays zero and has no bytes. */
static void take_tables(const uint64_t *word, struct moduledata *out)
{
	for (size_t i = 0; i < MODULE_TABLES; i++) {
		const uint64_t *slice = word + WORD_TABLES + i * SLICE_WORDS;
		if (slice[1] <= slice[2] && slice[1] <= TABLE_MAX / element[i] &&
		    slice[0] <= UINT64_MAX - TABLE_MAX)
			out->table[i] = (struct extent){slice[0], slice[1] * element[i]};
	}
	for (size_t i = 0; i < MODULE_SEGMENTS; i++) {
		const uint64_t *ends = word + WORD_SEGMENTS + i * 2;
		if (ends[0] <= ends[1])
			out->segment[i] = (struct extent){ends[0], ends[1] - ends[0]};
	}
}

static bool accept(const uint8_t *at, uint64_t pclntab, int minor, struct moduledata *out)
{
	uint64_t word[WORDS];
	const uint64_t *names = word + WORD_TABLES;
	const struct layout_words *where = words_of(minor);
	memcpy(word, at, sizeof word);
	if (!where || word[WORD_PCHEADER] != pclntab || names[1] != names[2] ||
	    word[WORD_TEXT] >= word[WORD_ETEXT])
		return false;
	*out = (struct moduledata){
		.pclntab = pclntab,
		.text = word[WORD_TEXT],
		.etext = word[WORD_ETEXT],
		.types = word[where->types],
		.etypes = word[where->etypes],
		.gofunc = word[where->gofunc],
	};
	take_tables(word, out);
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

/* Looks in the data for a module whose table of functions is there. */
static bool search_data(const struct image *image, struct memory *memory, uint64_t bias,
                        uint64_t pclntab, int minor, uint8_t *window, struct moduledata *out)
{
	static const char *const homes[] = {".go.module", ".noptrdata", ".data", ".data.rel.ro"};
	bool found = false;
	for (size_t i = 0; i < sizeof homes / sizeof *homes && !found; i++) {
		const struct image_section *home = image_section(image, homes[i]);
		if (home)
			found = search(memory, home->address + bias, home->size, pclntab + bias, minor, window,
			               out);
	}
	for (size_t i = 0; image->section_count == 0 && i < image->segment_count && !found; i++) {
		const struct image_segment *home = &image->segments[i];
		if (home->writable)
			found = search(memory, home->address + bias, home->size, pclntab + bias, minor, window,
			               out);
	}
	return found;
}

/* The header of a table of functions: two magic numbers, instructions of 1 or 4 bytes. */
static const uint8_t headers[][8] = {
	{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8},
	{0xf0, 0xff, 0xff, 0xff, 0, 0, 1, 8},
	{0xf1, 0xff, 0xff, 0xff, 0, 0, 4, 8},
	{0xf0, 0xff, 0xff, 0xff, 0, 0, 4, 8},
};

/* Without sections any place that looks like the header may be it; that the module data refers to
   it proves it. */
static bool search_everywhere(const struct image *image, struct memory *memory, uint64_t bias,
                              int minor, uint8_t *window, struct moduledata *out)
{
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		uint64_t address = 0;
		for (int tries = 0; tries < CANDIDATES; tries++, address++) {
			if (!image_search(image, headers[i], sizeof headers[i], &address))
				break;
			if (search_data(image, memory, bias, address, minor, window, out))
				return true;
		}
	}
	return false;
}

bool moduledata_find(const struct image *image, struct memory *memory, uint64_t bias, int minor,
                     struct moduledata *out)
{
	/* PIE keeps the pclntab where the loader may relocate it, until 1.25. */
	static const char *const pclntabs[] = {".gopclntab", ".data.rel.ro.gopclntab"};
	const struct image_section *pclntab = NULL;
	for (size_t i = 0; i < sizeof pclntabs / sizeof *pclntabs && !pclntab; i++)
		pclntab = image_section(image, pclntabs[i]);
	uint8_t *window = malloc(WINDOW);
	bool found = false;
	if (window && pclntab)
		found = search_data(image, memory, bias, pclntab->address, minor, window, out);
	else if (window && image->section_count == 0)
		found = search_everywhere(image, memory, bias, minor, window, out);
	free(window);
	return found;
}
