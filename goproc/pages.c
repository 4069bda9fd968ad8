#include "goproc/pages.h"

#include <stdlib.h>
#include <string.h>

#define PAGE UINT64_C(4096)

/* The page with the address; NULL: it can't be read whole. */
static const uint8_t *find_page(struct pages *pages, uint64_t address)
{
	uint64_t start = address - address % PAGE, number = start / PAGE;
	size_t slot = (size_t)(number ^ number >> 6) % PAGES_KEPT;
	uint8_t *bytes = pages->page[slot].bytes;
	if (bytes && pages->page[slot].address == start)
		return bytes;
	if (!bytes && !(bytes = malloc(PAGE)))
		return NULL;
	pages->page[slot].bytes = NULL;
	if (memory_read(pages->below, start, bytes, PAGE) != MEMORY_OK) {
		free(bytes);
		return NULL;
	}
	pages->page[slot].address = start;
	pages->page[slot].bytes = bytes;
	return bytes;
}

/* Large pieces gain nothing, and those at the end of a mapping have no whole page. */
static enum memory_result read_piece(struct pages *pages, uint64_t address, uint8_t *to, size_t n)
{
	if (n > PAGE)
		return memory_read(pages->below, address, to, n);
	while (n > 0) {
		const uint8_t *page = find_page(pages, address);
		size_t part = PAGE - address % PAGE < n ? (size_t)(PAGE - address % PAGE) : n;
		if (!page)
			return memory_read(pages->below, address, to, n);
		memcpy(to, page + address % PAGE, part);
		to += part;
		address += part;
		n -= part;
	}
	return MEMORY_OK;
}

static ssize_t readv_pages(void *context, void *to, size_t size, const struct iovec *remote,
                           size_t n)
{
	uint8_t *at = to;
	(void)size;
	for (size_t i = 0; i < n; i++) {
		if (read_piece(context, (uintptr_t)remote[i].iov_base, at, remote[i].iov_len) != MEMORY_OK)
			return at == (uint8_t *)to ? -1 : at - (uint8_t *)to;
		at += remote[i].iov_len;
	}
	return at - (uint8_t *)to;
}

struct memory pages_memory(struct pages *pages, struct memory *below)
{
	*pages = (struct pages){.below = below};
	return (struct memory){.readv = readv_pages, .context = pages};
}

void pages_finish(struct pages *pages)
{
	for (size_t i = 0; i < PAGES_KEPT; i++)
		free(pages->page[i].bytes);
	*pages = (struct pages){0};
}
