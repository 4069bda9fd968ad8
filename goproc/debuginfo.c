#include "goproc/debuginfo.h"

#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <stdbool.h>
#include <string.h>

/* Where the fields are named otherwise than in the table; alternatives are separated by |. The same
   paths as in tools/layouts. */
static const struct {
	const char *field, *paths;
} renamed[] = {
	{"runq_size", "runq.size|runqsize"},
	{"gfree_stack", "gFree.stack.size"},
	{"gfree_nostack", "gFree.noStack.size"},
	{"gfree_n", "gFree.n"},
};

/* Bounds on what damaged DWARF can make us do. */
#define UNITS_MAX    100000
#define CHILDREN_MAX 200000
#define UNWRAP_MAX   8
#define OFFSET_MAX   (1 << 20)
/* Of all sections together, when they are unpacked; libdw does that with all of them at once. */
#define DEBUG_MAX (UINT64_C(1) << 30)

/* What typedefs and qualifiers stand for. */
static bool plain_type(Dwarf_Die *die)
{
	for (int i = 0; i < UNWRAP_MAX; i++) {
		int tag = dwarf_tag(die);
		if (tag != DW_TAG_typedef && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type)
			return true;
		Dwarf_Attribute attribute;
		Dwarf_Die inner;
		if (!dwarf_attr(die, DW_AT_type, &attribute) || !dwarf_formref_die(&attribute, &inner))
			return false;
		*die = inner;
	}
	return false;
}

static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attribute;
	return dwarf_attr(die, DW_AT_type, &attribute) && dwarf_formref_die(&attribute, type) &&
	       plain_type(type);
}

/* The child of that kind and name. */
static bool find_child(Dwarf_Die *parent, int tag, const char *name, size_t length,
                       Dwarf_Die *child)
{
	if (dwarf_child(parent, child) != 0)
		return false;
	for (int i = 0; i < CHILDREN_MAX; i++) {
		const char *its = dwarf_tag(child) == tag ? dwarf_diename(child) : NULL;
		if (its && strlen(its) == length && memcmp(its, name, length) == 0)
			return true;
		/* One that leads back to where we were would do so again and again. */
		Dwarf_Off before = dwarf_dieoffset(child);
		if (dwarf_siblingof(child, child) != 0 || dwarf_dieoffset(child) <= before)
			return false;
	}
	return false;
}

/* Several units are called "runtime", those of assembly files among them; one has the variable. */
static bool find_sched(Dwarf *dwarf, Dwarf_Die *type)
{
	static const char variable[] = "runtime.sched";
	Dwarf_Off offset = 0, next;
	size_t header;
	for (int i = 0; i < UNITS_MAX; i++, offset = next) {
		Dwarf_Die unit, sched;
		if (dwarf_nextcu(dwarf, offset, &next, &header, NULL, NULL, NULL) != 0 || next <= offset)
			return false;
		const char *name =
			dwarf_offdie(dwarf, offset + header, &unit) ? dwarf_diename(&unit) : NULL;
		if (name && strcmp(name, "runtime") == 0 &&
		    find_child(&unit, DW_TAG_variable, variable, sizeof variable - 1, &sched))
			return type_of(&sched, type);
	}
	return false;
}

/* Goes from a struct to its member, adding where it lies. */
static bool enter(Dwarf_Die *type, const char *name, size_t length, uint64_t *offset)
{
	Dwarf_Die member, inner;
	Dwarf_Attribute attribute;
	Dwarf_Word at;
	if (dwarf_tag(type) != DW_TAG_structure_type ||
	    !find_child(type, DW_TAG_member, name, length, &member) ||
	    !dwarf_attr(&member, DW_AT_data_member_location, &attribute) ||
	    dwarf_formudata(&attribute, &at) != 0 || at > OFFSET_MAX || !type_of(&member, &inner))
		return false;
	*type = inner;
	*offset += at;
	return true;
}

/* Takes the types of runtime/internal/atomic off: value, or u in those that wrap another. */
static bool unwrap(Dwarf_Die *type, uint64_t *offset)
{
	for (int i = 0; i < UNWRAP_MAX; i++) {
		const char *name = dwarf_diename(type);
		if (dwarf_tag(type) != DW_TAG_structure_type || !name || !strstr(name, "atomic."))
			return true;
		if (!enter(type, "value", 5, offset) && !enter(type, "u", 1, offset))
			return false;
	}
	return false;
}

/* Scalars, and histograms of 64-bit counts. */
static bool is_size(uint64_t size)
{
	return size == 1 || size == 4 || (size != 0 && size % 8 == 0 && size <= OFFSET_MAX);
}

static bool find_path(Dwarf_Die type, const char *path, size_t length, struct layout_field *field)
{
	uint64_t offset = 0;
	Dwarf_Word size;
	while (length > 0) {
		const char *dot = memchr(path, '.', length);
		size_t word = dot ? (size_t)(dot - path) : length;
		if (!enter(&type, path, word, &offset))
			return false;
		size_t skip = word + (dot ? 1 : 0);
		path += skip;
		length -= skip;
	}
	if (!unwrap(&type, &offset) || offset > OFFSET_MAX)
		return false;
	if (dwarf_tag(&type) == DW_TAG_pointer_type)
		size = 8;
	else if (dwarf_aggregate_size(&type, &size) != 0)
		return false;
	if (!is_size(size))
		return false;
	*field = (struct layout_field){(int)offset, (int)size};
	return true;
}

static struct layout_field find_field(const Dwarf_Die *schedt, const char *name)
{
	struct layout_field field = {-1, 0};
	const char *paths = name;
	for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
		if (strcmp(renamed[i].field, name) == 0)
			paths = renamed[i].paths;
	}
	for (const char *path = paths; *path;) {
		size_t length = strcspn(path, "|");
		if (find_path(*schedt, path, length, &field))
			break;
		path += length;
		path += *path == '|' ? 1 : 0;
	}
	return field;
}

static enum status read_layout(Dwarf *dwarf, struct layout *layout, struct error *error)
{
	const struct layout *newest = layout_find(layout_newest());
	const char *missing = NULL;
	Dwarf_Die schedt;
	*layout = (struct layout){0};
	if (!find_sched(dwarf, &schedt))
		return error_set(error, STATUS_FAILED, "has DWARF that does not describe runtime.sched");
#define READ(name)                                     \
	layout->name = find_field(&schedt, #name);         \
	if (layout->name.off < 0 && newest->name.off >= 0) \
		missing = #name;
	LAYOUT_FIELDS(READ)
#undef READ
	if (missing)
		return error_set(error, STATUS_FAILED,
		                 "has DWARF whose runtime.sched lacks the field %s of Go 1.%d", missing,
		                 layout_newest());
	return STATUS_OK;
}

/* How large the section is for libdw. */
static uint64_t unpacked_size(const struct image *image, const struct image_section *section)
{
	Elf64_Chdr header;
	uint8_t old[12]; /* "ZLIB" and the size, big-endian */
	uint64_t size = 0;
	if (section->flags & SHF_COMPRESSED)
		return image_read(image, section->offset, &header, sizeof header) ? header.ch_size : 0;
	if (strncmp(section->name, ".zdebug", 7) != 0 ||
	    !image_read(image, section->offset, old, sizeof old) || memcmp(old, "ZLIB", 4) != 0)
		return section->size;
	for (size_t i = 4; i < sizeof old; i++)
		size = size << 8 | old[i];
	return size;
}

/* All that libdw may unpack, the sections for link-time optimization too. */
static bool is_debug(const char *name)
{
	static const char *const prefixes[] = {".debug", ".zdebug", ".gnu.debuglto_.debug"};
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static bool is_too_large(const struct image *image)
{
	uint64_t total = 0;
	for (size_t i = 0; i < image->section_count; i++) {
		const struct image_section *section = &image->sections[i];
		if (!is_debug(section->name))
			continue;
		uint64_t size = unpacked_size(image, section);
		if (size > DEBUG_MAX - total)
			return true;
		total += size;
	}
	return false;
}

enum status debuginfo_layout(const struct image *image, struct layout *layout, struct error *error)
{
	if (is_too_large(image))
		return error_set(error, STATUS_FAILED, "has more DWARF than any program has");
	Dwarf *dwarf = dwarf_begin(image->fd, DWARF_C_READ);
	if (!dwarf)
		return error_set(error, STATUS_FAILED, "has no DWARF that would tell");
	enum status status = read_layout(dwarf, layout, error);
	dwarf_end(dwarf);
	return status;
}
