#include "goproc/layouts.h"

#include <stddef.h>

#include "goproc/layouts_generated.h"

#define LAYOUT_COUNT (sizeof layout_table / sizeof *layout_table)

const struct layout *layout_find(int minor)
{
	for (size_t i = 0; i < LAYOUT_COUNT; i++) {
		if (minor >= layout_table[i].first && minor <= layout_table[i].last)
			return &layout_table[i];
	}
	return NULL;
}

const struct gc_layout *gc_layout_find(int minor)
{
	for (size_t i = 0; i < sizeof gc_layout_table / sizeof *gc_layout_table; i++) {
		if (minor >= gc_layout_table[i].first && minor <= gc_layout_table[i].last)
			return &gc_layout_table[i];
	}
	return NULL;
}

int layout_oldest(void)
{
	return layout_table[0].first;
}

int layout_newest(void)
{
	return layout_table[LAYOUT_COUNT - 1].last;
}

size_t layout_bytes(const struct layout *layout)
{
	int end = 0;
#define EXTEND(name)                                \
	if (layout->name.off + layout->name.size > end) \
		end = layout->name.off + layout->name.size;
	LAYOUT_FIELDS(EXTEND)
#undef EXTEND
	return (size_t)end;
}
