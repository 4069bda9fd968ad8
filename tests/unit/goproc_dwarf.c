#include "tests/unit/goproc_dwarf.h"

#include <dwarf.h>
#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DWARF_VERSION 4
#define UNIT_HEADER   11 /* length, version, place of the abbreviations, size of an address */

enum { UNIT = 1, BASE, STRUCT, MEMBER, VARIABLE };

static const struct abbreviation {
	uint8_t kind, tag, has_children;
	uint8_t attribute[3][2]; /* with their forms; 0: no more */
} abbreviations[] = {
	{UNIT, DW_TAG_compile_unit, 1, {{DW_AT_name, DW_FORM_string}}},
	{BASE, DW_TAG_base_type, 0, {{DW_AT_name, DW_FORM_string}, {DW_AT_byte_size, DW_FORM_udata}}},
	{STRUCT,
     DW_TAG_structure_type,
     1,
     {{DW_AT_name, DW_FORM_string}, {DW_AT_byte_size, DW_FORM_udata}}},
	{MEMBER,
     DW_TAG_member,
     0,
     {{DW_AT_name, DW_FORM_string},
      {DW_AT_data_member_location, DW_FORM_udata},
      {DW_AT_type, DW_FORM_ref4}}},
	{VARIABLE, DW_TAG_variable, 0, {{DW_AT_name, DW_FORM_string}, {DW_AT_type, DW_FORM_ref4}}},
};

struct writer {
	uint8_t *bytes; /* of the unit */
	size_t n, max;
};

static uint32_t put(struct writer *w, const void *bytes, size_t n)
{
	uint32_t at = (uint32_t)w->n;
	if (n > w->max - w->n)
		abort();
	memcpy(w->bytes + w->n, bytes, n);
	w->n += n;
	return at;
}

static uint32_t put_byte(struct writer *w, uint8_t byte)
{
	return put(w, &byte, 1);
}

static void put_number(struct writer *w, uint32_t value)
{
	for (; value > 0x7f; value >>= 7)
		put_byte(w, (uint8_t)(value | 0x80));
	put_byte(w, (uint8_t)value);
}

/* The place of the entry, by which others refer to it. */
static uint32_t begin(struct writer *w, uint8_t kind, const char *name)
{
	uint32_t at = put_byte(w, kind);
	put(w, name, strlen(name) + 1);
	return at;
}

static uint32_t put_base(struct writer *w, const char *name, uint32_t size)
{
	uint32_t at = begin(w, BASE, name);
	put_number(w, size);
	return at;
}

static void put_member(struct writer *w, const char *name, uint32_t offset, uint32_t type)
{
	begin(w, MEMBER, name);
	put_number(w, offset);
	put(w, &type, sizeof type);
}

static uint32_t begin_struct(struct writer *w, const char *name, uint32_t size)
{
	uint32_t at = begin(w, STRUCT, name);
	put_number(w, size);
	return at;
}

static void end(struct writer *w)
{
	put_byte(w, 0);
}

/* A struct of one member. */
static uint32_t put_wrapper(struct writer *w, const char *name, const char *member, uint32_t type)
{
	uint32_t at = begin_struct(w, name, 8);
	put_member(w, member, 0, type);
	end(w);
	return at;
}

/* The fields that lie in a struct of their own are left to the caller: those with a dot in 1.25. */
static bool is_nested(const char *name)
{
	return strcmp(name, "runq_size") == 0 || strncmp(name, "gfree_", 6) == 0;
}

static uint32_t put_schedt(struct writer *w, const struct layout *layout)
{
	uint32_t bool_type = put_base(w, "uint8", 1), int_type = put_base(w, "int32", 4);
	uint32_t long_type = put_base(w, "int64", 8);
	uint32_t atomic = put_wrapper(w, "internal/runtime/atomic.Int64", "value", long_type);
	uint32_t atomic_bool =
		put_wrapper(w, "internal/runtime/atomic.Bool", "u",
	                put_wrapper(w, "internal/runtime/atomic.Uint8", "value", bool_type));
	uint32_t histogram = put_base(w, "runtime.timeHistogram", (uint32_t)layout->timeToRun.size);
	uint32_t size = put_wrapper(w, "runtime.gQueue", "size", int_type);
	uint32_t list = put_base(w, "runtime.mWaitList", (uint32_t)layout->midle.size);
	uint32_t gfree = begin_struct(w, "struct", 32);
	put_member(w, "stack", 0, size);
	put_member(w, "noStack", (uint32_t)(layout->gfree_nostack.off - layout->gfree_stack.off), size);
	end(w);
	uint32_t schedt = begin_struct(w, "runtime.schedt", (uint32_t)layout_bytes(layout));
#define PUT(name)                                                          \
	if (layout->name.off >= 0 && !is_nested(#name))                        \
		put_member(w, #name, (uint32_t)layout->name.off,                   \
		           layout->name.size == 1                    ? atomic_bool \
		           : layout->name.size == 4                  ? int_type    \
		           : layout->name.size == 8                  ? atomic      \
		           : layout->name.size == layout->midle.size ? list        \
		                                                     : histogram);
	LAYOUT_FIELDS(PUT)
#undef PUT
	put_member(w, "runq", (uint32_t)layout->runq_size.off, size);
	put_member(w, "gFree", (uint32_t)layout->gfree_stack.off, gfree);
	end(w);
	return schedt;
}

static void put_abbreviations(struct writer *w)
{
	for (size_t i = 0; i < sizeof abbreviations / sizeof *abbreviations; i++) {
		const struct abbreviation *a = &abbreviations[i];
		put(w, (uint8_t[]){a->kind, a->tag, a->has_children}, 3);
		for (size_t k = 0; k < 3 && a->attribute[k][0]; k++)
			put(w, a->attribute[k], 2);
		put(w, "\0", 2);
	}
	put_byte(w, 0);
}

size_t dwarf_write(uint8_t bytes[DWARF_MAX], const struct layout *layout)
{
	struct writer head = {bytes, 0, DWARF_ABBREV};
	struct writer w = {bytes + DWARF_ABBREV, 0, DWARF_MAX - DWARF_ABBREV};
	memset(bytes, 0, DWARF_ABBREV);
	put_abbreviations(&head);
	put(&w, (uint8_t[UNIT_HEADER]){[4] = DWARF_VERSION, [10] = 8}, UNIT_HEADER);
	begin(&w, UNIT, "runtime");
	uint32_t schedt = put_schedt(&w, layout);
	begin(&w, VARIABLE, "runtime.sched");
	put(&w, &schedt, sizeof schedt);
	end(&w);
	uint32_t length = (uint32_t)w.n - 4;
	memcpy(w.bytes, &length, sizeof length);
	return DWARF_ABBREV + w.n;
}

void dwarf_open(struct image *image, const uint8_t *bytes, size_t n)
{
	static const char names[] = "\0.debug_abbrev\0.debug_info\0.shstrtab";
	const size_t abbrev = n < DWARF_ABBREV ? n : DWARF_ABBREV;
	struct {
		Elf64_Ehdr header;
		Elf64_Shdr section[4];
		char names[sizeof names];
	} file = {
		.header =
			{
				.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
	                        EV_CURRENT},
				.e_type = ET_EXEC,
				.e_machine = EM_X86_64,
				.e_version = EV_CURRENT,
				.e_ehsize = sizeof file.header,
				.e_shentsize = sizeof file.section[0],
				.e_shnum = 4,
				.e_shstrndx = 3,
				.e_shoff = sizeof file.header,
			},
		.section =
			{
				[1] = {.sh_name = 1, .sh_offset = sizeof file, .sh_size = abbrev},
				[2] = {.sh_name = 15, .sh_offset = sizeof file + abbrev, .sh_size = n - abbrev},
				[3] = {.sh_name = 27,
	                   .sh_offset = sizeof file.header + sizeof file.section,
	                   .sh_size = sizeof names},
			},
	};
	char path[64];
	memcpy(file.names, names, sizeof names);
	for (int i = 1; i < 4; i++) {
		file.section[i].sh_type = i == 3 ? SHT_STRTAB : SHT_PROGBITS;
		file.section[i].sh_addralign = 1;
	}
	int fd = memfd_create("dwarf", MFD_CLOEXEC);
	if (fd < 0 || write(fd, &file, sizeof file) != (ssize_t)sizeof file ||
	    write(fd, bytes, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (image_open(image, path, "it", NULL) != STATUS_OK)
		abort();
	close(fd);
}
