/*
 * Whatever DWARF a program of an unknown release may carry: the entries and abbreviations that say
 * where runtime.sched keeps its fields. Inputs that are too short to be any are replaced by what
 * the linker would write, and damaged from there.
 */
#include <stdlib.h>
#include <string.h>

#include "goproc/debuginfo.h"
#include "tests/unit/goproc_dwarf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	(void)seed;
	if (size <= DWARF_ABBREV && max_size >= DWARF_MAX)
		size = dwarf_write(data, layout_find(layout_newest()));
	return LLVMFuzzerMutate(data, size, max_size);
}

/* What a reader would then rely on. */
static void expect_sane(const struct layout *layout)
{
#define CHECK(name)                                                                          \
	if (layout->name.off >= 0 &&                                                             \
	    (layout->name.size <= 0 || layout->name.off + layout->name.size < layout->name.off)) \
		abort();
	LAYOUT_FIELDS(CHECK)
#undef CHECK
	if (layout_bytes(layout) > (size_t)4 << 20)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image image;
	struct layout layout;
	struct error error = {0};
	dwarf_open(&image, data, size);
	if (debuginfo_layout(&image, &layout, &error) == STATUS_OK)
		expect_sane(&layout);
	else if (error.text[0] == '\0')
		abort(); /* no failure without a sentence */
	image_close(&image);
	return 0;
}
