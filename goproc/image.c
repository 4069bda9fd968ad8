#include "goproc/image.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTIONS_MAX 4096
#define SEGMENTS_MAX 64
/* The symbol table and its strings; a very large program has some tens of megabytes. */
#define SYMTAB_MAX (512U << 20)

static enum status read_sections(struct image *image, Elf *elf, const char *subject,
                                 struct error *error)
{
	size_t count, names;
	if (elf_getshdrnum(elf, &count) != 0 || elf_getshdrstrndx(elf, &names) != 0)
		return error_set(error, STATUS_NO_TARGET, "%s has a damaged ELF header: %s", subject,
		                 elf_errmsg(-1));
	if (count > SECTIONS_MAX)
		return error_set(error, STATUS_NO_TARGET, "%s has %zu ELF sections; no Go program does",
		                 subject, count);
	image->sections = calloc(count ? count : 1, sizeof *image->sections);
	if (!image->sections)
		return error_no_memory(error);
	image->section_count = count;
	for (size_t i = 1; i < count; i++) {
		Elf_Scn *scn = elf_getscn(elf, i);
		GElf_Shdr header;
		if (!scn || !gelf_getshdr(scn, &header))
			continue; /* stays zero: a section without name and bytes */
		struct image_section *section = &image->sections[i];
		const char *name = elf_strptr(elf, names, header.sh_name);
		snprintf(section->name, sizeof section->name, "%s", name ? name : "");
		section->address = header.sh_addr;
		section->offset = header.sh_offset;
		section->size = header.sh_size;
		section->flags = header.sh_flags;
		section->type = header.sh_type;
		section->link = header.sh_link;
	}
	return STATUS_OK;
}

/* Segments whose bytes are not all in the file are left out. */
static enum status read_segments(struct image *image, Elf *elf, const char *subject,
                                 struct error *error)
{
	size_t count;
	if (elf_getphdrnum(elf, &count) != 0 || count > SEGMENTS_MAX)
		return error_set(error, STATUS_NO_TARGET, "%s has a damaged table of segments", subject);
	image->segments = calloc(count ? count : 1, sizeof *image->segments);
	if (!image->segments)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr header;
		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD ||
		    header.p_filesz > image->size || header.p_offset > image->size - header.p_filesz ||
		    header.p_vaddr > UINT64_MAX - header.p_filesz)
			continue;
		image->segments[image->segment_count++] = (struct image_segment){
			.address = header.p_vaddr,
			.offset = header.p_offset,
			.size = header.p_filesz,
			.writable = header.p_flags & PF_W,
		};
	}
	return STATUS_OK;
}

static enum status read_headers(struct image *image, const char *subject, struct error *error)
{
	if (elf_version(EV_CURRENT) == EV_NONE)
		return error_set(error, STATUS_FAILED, "libelf is too old: %s", elf_errmsg(-1));
	/* Reads, no mapping: see the top of image.h. */
	Elf *elf = elf_begin(image->fd, ELF_C_READ, NULL);
	if (!elf)
		return error_set(error, STATUS_FAILED, "%s can't be read: %s", subject, elf_errmsg(-1));
	enum status status;
	GElf_Ehdr header;
	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header)) {
		status = error_set(error, STATUS_NO_TARGET, "%s is not an ELF executable", subject);
	} else {
		image->entry = header.e_entry;
		image->machine = header.e_machine;
		image->is64 =
			header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB;
		status = read_sections(image, elf, subject, error);
		if (status == STATUS_OK)
			status = read_segments(image, elf, subject, error);
	}
	elf_end(elf);
	return status;
}

enum status image_open(struct image *image, const char *path, const char *subject,
                       struct error *error)
{
	*image = (struct image){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
	if (image->fd < 0) {
		int saved = errno;
		error_set(error, STATUS_FAILED, "%s can't be opened: %s", subject, strerror(saved));
		errno = saved;
		return STATUS_FAILED;
	}
	struct stat stat;
	enum status status;
	if (fstat(image->fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
		status = error_set(error, STATUS_NO_TARGET, "%s is not a regular file", subject);
	} else {
		image->size = (uint64_t)stat.st_size;
		status = read_headers(image, subject, error);
	}
	if (status != STATUS_OK) {
		image_close(image);
		errno = 0;
	}
	return status;
}

void image_close(struct image *image)
{
	if (image->fd >= 0)
		close(image->fd);
	free(image->sections);
	free(image->segments);
	*image = (struct image){.fd = -1};
}

static bool has_bytes(const struct image *image, const struct image_section *section)
{
	return section->type != SHT_NULL && section->type != SHT_NOBITS &&
	       !(section->flags & SHF_COMPRESSED) && section->size <= image->size &&
	       section->offset <= image->size - section->size;
}

const struct image_section *image_section(const struct image *image, const char *name)
{
	for (size_t i = 1; i < image->section_count; i++) {
		const struct image_section *section = &image->sections[i];
		if (strcmp(section->name, name) == 0 && has_bytes(image, section))
			return section;
	}
	return NULL;
}

bool image_read(const struct image *image, uint64_t offset, void *to, size_t n)
{
	uint8_t *at = to;
	if (offset > INT64_MAX - n)
		return false;
	while (n > 0) {
		ssize_t got = pread(image->fd, at, n, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	return true;
}

uint8_t *image_load(const struct image *image, const struct image_section *section, size_t max)
{
	if (!section || !has_bytes(image, section) || section->size > max)
		return NULL;
	uint8_t *bytes = malloc(section->size ? section->size : 1);
	if (bytes && !image_read(image, section->offset, bytes, section->size)) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

enum status image_load_symbols(const struct image *image, struct image_symtab *symtab)
{
	*symtab = (struct image_symtab){0};
	const struct image_section *section = image_section(image, ".symtab");
	if (!section || section->type != SHT_SYMTAB || section->link == 0 ||
	    section->link >= image->section_count)
		return STATUS_FAILED;
	const struct image_section *strings = &image->sections[section->link];
	symtab->symbols = image_load(image, section, SYMTAB_MAX);
	symtab->names = image_load(image, strings, SYMTAB_MAX);
	if (!symtab->symbols || !symtab->names) {
		image_free_symbols(symtab);
		return STATUS_FAILED;
	}
	symtab->count = section->size / sizeof(Elf64_Sym);
	symtab->names_size = strings->size;
	symtab->names_offset = strings->offset;
	return STATUS_OK;
}

void image_free_symbols(struct image_symtab *symtab)
{
	free(symtab->symbols);
	free(symtab->names);
	*symtab = (struct image_symtab){0};
}

struct image_symbol image_symbol(const struct image_symtab *symtab, size_t i)
{
	Elf64_Sym symbol;
	memcpy(&symbol, symtab->symbols + i * sizeof symbol, sizeof symbol);
	return (struct image_symbol){
		.name = symbol.st_name,
		.address = symbol.st_value,
		.size = symbol.st_size,
		.is_function = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC,
		.defined = symbol.st_shndx != SHN_UNDEF,
	};
}

bool image_symbol_named(const struct image_symtab *symtab, const struct image_symbol *symbol,
                        const char *name)
{
	size_t length = strlen(name) + 1; /* the terminator must match too */
	return symbol->name < symtab->names_size && length <= symtab->names_size - symbol->name &&
	       memcmp(symtab->names + symbol->name, name, length) == 0;
}

const struct image_segment *image_segment(const struct image *image, uint64_t address)
{
	for (size_t i = 0; i < image->segment_count; i++) {
		const struct image_segment *segment = &image->segments[i];
		if (address >= segment->address && address - segment->address < segment->size)
			return segment;
	}
	return NULL;
}

ssize_t image_readv(void *context, void *to, size_t size, const struct iovec *remote, size_t n)
{
	const struct image *image = context;
	uint8_t *at = to;
	(void)size;
	for (size_t i = 0; i < n; i++) {
		uint64_t address = (uintptr_t)remote[i].iov_base, length = remote[i].iov_len;
		const struct image_segment *in = image_segment(image, address);
		if (!in || length > in->size - (address - in->address) ||
		    !image_read(image, in->offset + (address - in->address), at, length)) {
			errno = EFAULT;
			return at == (uint8_t *)to ? -1 : at - (uint8_t *)to;
		}
		at += length;
	}
	return at - (uint8_t *)to;
}

#define SEARCH_WINDOW    ((size_t)256 << 10)
#define SEARCH_ALIGNMENT 8
#define SEARCH_OVERLAP   ((size_t)64)

/* From that offset in the segment on. */
static bool search_segment(const struct image *image, const struct image_segment *segment,
                           uint64_t from, const void *bytes, size_t n, uint8_t *window,
                           uint64_t *address)
{
	while (from < segment->size && n <= segment->size - from) {
		uint64_t left = segment->size - from;
		size_t size = left < SEARCH_WINDOW ? (size_t)left : SEARCH_WINDOW;
		if (!image_read(image, segment->offset + from, window, size))
			return false;
		for (size_t at = 0; at + n <= size; at += SEARCH_ALIGNMENT) {
			if (memcmp(window + at, bytes, n) == 0) {
				*address = segment->address + from + at;
				return true;
			}
		}
		from += size < SEARCH_WINDOW ? size : SEARCH_WINDOW - SEARCH_OVERLAP;
	}
	return false;
}

bool image_search(const struct image *image, const void *bytes, size_t n, uint64_t *address)
{
	uint8_t *window = malloc(SEARCH_WINDOW);
	bool found = false;
	for (size_t i = 0; window && i < image->segment_count && !found; i++) {
		const struct image_segment *segment = &image->segments[i];
		uint64_t from = *address > segment->address ? *address - segment->address : 0;
		from = (from + SEARCH_ALIGNMENT - 1) / SEARCH_ALIGNMENT * SEARCH_ALIGNMENT;
		found = search_segment(image, segment, from, bytes, n, window, address);
	}
	free(window);
	return found;
}

const char *image_packer(const struct image *image)
{
	/* UPX writes its mark right after the program headers. */
	uint8_t head[1024];
	size_t n = image->size < sizeof head ? (size_t)image->size : sizeof head;
	return image_read(image, 0, head, n) && memmem(head, n, "UPX!", 4) ? "UPX" : NULL;
}
