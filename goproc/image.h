/*
 * An ELF executable as a file: its sections, its segments, its symbols, and reads by virtual
 * address. The file may be anything; all numbers in it are checked against its size before they are
 * used, and nothing is mapped, so a file that shrinks while it is read gives an error and no
 * SIGBUS.
 *
 * The caller owns the struct: image_open fills it, image_close frees what it holds. Any one thread.
 */
#ifndef SCHEDTOP_GOPROC_IMAGE_H
#define SCHEDTOP_GOPROC_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "goproc/memory.h"
#include "util/status.h"

struct image_section {
	char name[40];
	uint64_t address, offset, size;
	uint64_t flags;
	uint32_t type, link;
};

/* What the loader maps (PT_LOAD), as far as the file has bytes for it. */
struct image_segment {
	uint64_t address, offset, size;
	bool writable;
};

struct image {
	int fd;
	uint64_t size;  /* of the file */
	uint64_t entry; /* e_entry */
	uint16_t machine;
	bool is64;
	struct image_section *sections;
	size_t section_count; /* 0: some tools remove them all; the segments are always there */
	struct image_segment *segments;
	size_t segment_count;
};

/* `subject` begins the sentences ("process 12 (bash)"). STATUS_NO_TARGET: no ELF file. When open(2)
   fails, STATUS_FAILED with errno left as open set it, for the caller knows better what it means.
 */
enum status image_open(struct image *image, const char *path, const char *subject,
                       struct error *error);
void image_close(struct image *image);

/* The first section of that name that has bytes in the file, or NULL. */
const struct image_section *image_section(const struct image *image, const char *name);
/* The section's bytes, malloc'ed; NULL when they are not all in the file or more than `max`. */
uint8_t *image_load(const struct image *image, const struct image_section *section, size_t max);
/* false when the file ends before. */
bool image_read(const struct image *image, uint64_t offset, void *to, size_t n);

/* .symtab and its strings, whole. Large: freed again as soon as the few symbols are found. */
struct image_symtab {
	uint8_t *symbols, *names;
	size_t count, names_size;
	uint64_t names_offset; /* of the strings in the file */
};
/* STATUS_FAILED: there is none, or it is damaged. */
enum status image_load_symbols(const struct image *image, struct image_symtab *symtab);
void image_free_symbols(struct image_symtab *symtab);

struct image_symbol {
	uint32_t name; /* offset in names, not checked */
	bool is_function, defined;
	uint64_t address, size; /* without load bias */
};
struct image_symbol image_symbol(const struct image_symtab *symtab, size_t i);
bool image_symbol_named(const struct image_symtab *symtab, const struct image_symbol *symbol,
                        const char *name);

/* Reads what the loader would put at these addresses before relocation; the context is the image.
 */
memory_readv image_readv;

/* The segment the address is in, or NULL. */
const struct image_segment *image_segment(const struct image *image, uint64_t address);

/* Looks through the segments for bytes at a multiple of 8, from *address on, and puts the address
   of the first there. n is at most 64. For executables without sections: it reads the whole file.
 */
bool image_search(const struct image *image, const void *bytes, size_t n, uint64_t *address);

/* The name of the packer that wrote the file ("UPX"), whose real content is not to be seen in it;
   NULL: none that is known. */
const char *image_packer(const struct image *image);

#endif
