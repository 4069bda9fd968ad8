#include "goproc/gstacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH       64  /* stacks that are read together */
#define PLACE_BYTES 512 /* of each: enough for what blocks and its caller, nearly always */
#define PLACE_SITES 32
#define ATTEMPTS    3
#define RECORD_MAX  1024
/* Where a goroutine stands that has no place anybody could name. */
#define NO_PLACE 0x7fffffffU

/* How much of a stack is read: more when that was not all of it. */
static const size_t sizes[] = {(size_t)4 << 10, (size_t)32 << 10, (size_t)256 << 10};
#define SIZES     (sizeof sizes / sizeof *sizes)
#define WHOLE_MAX ((size_t)256 << 10)

struct gstacks_scratch {
	struct iovec span[2 * BATCH];
	struct gs_row *row[BATCH];
	size_t rows;
	uint8_t raw[BATCH * (PLACE_BYTES + RECORD_MAX)];
	uint32_t site[GSTACKS_SITES_MAX];
	uint8_t *whole; /* WHOLE_MAX and a record; NULL: not needed yet */
};

static enum memory_result out_of_memory(void)
{
	errno = ENOMEM;
	return MEMORY_FAILED;
}

static size_t stack_bytes(const struct gs_row *row, size_t max)
{
	uint64_t size = row->stack_end - row->sp;
	return size < max ? (size_t)size : max;
}

/* The stack and after it the G; in what is read they follow each other. */
static size_t spans_of(const struct gs *gs, const struct gs_row *row, size_t bytes,
                       struct iovec *span)
{
	span[0] = memory_span(row->sp, bytes);
	span[1] = gs_span(gs, row->goroutine.handle);
	return bytes + span[1].iov_len;
}

/* ---- places ---- */

/* Numbers that mean something else by now are forgotten. */
static void check_generation(struct gstacks *stacks)
{
	uint32_t generation = unwinder_generation(stacks->unwinder);
	if (generation == stacks->generation)
		return;
	stacks->generation = generation;
	for (size_t i = 0; i < stacks->gs->n; i++)
		stacks->gs->known[i].place = 0;
}

/* The place among these sites: the first one that is no plumbing, else the function that the
   goroutine began with. 0: it is not among them. */
static uint32_t choose(struct gstacks *stacks, const uint32_t *site, size_t n, enum unwind_end end)
{
	for (size_t i = 0; i < n; i++) {
		if (unwind_is_place(stacks->unwinder, site[i]))
			return site[i];
	}
	if (end == UNWIND_SHORT || n == 0)
		return 0;
	/* The last one is runtime.goexit. */
	size_t i = n > 1 ? n - 2 : 0;
	while (i > 0 && unwind_is_wrapper(stacks->unwinder, site[i]))
		i--;
	return end == UNWIND_WHOLE ? site[i] : NO_PLACE;
}

/* Reads more and more of one stack until all of it is known, or its place. No sites: it has run in
   between. */
static enum memory_result read_alone(struct gstacks *stacks, const struct gs_row *row,
                                     bool place_is_enough, size_t *sites, enum unwind_end *end)
{
	struct gstacks_scratch *scratch = stacks->scratch;
	*sites = 0;
	*end = UNWIND_LOST;
	if (!scratch->whole && !(scratch->whole = malloc(WHOLE_MAX + RECORD_MAX)))
		return out_of_memory();
	for (size_t i = 0; i < SIZES; i++) {
		struct iovec span[2];
		size_t bytes = stack_bytes(row, sizes[i]);
		spans_of(stacks->gs, row, bytes, span);
		enum memory_result result = memory_gather(stacks->gs->memory, scratch->whole, span, 2);
		if (result != MEMORY_OK || !gs_is_same(stacks->gs, scratch->whole + bytes, row)) {
			*sites = 0;
			return result == MEMORY_FAULT ? MEMORY_OK : result;
		}
		*end = unwind(stacks->unwinder, row, scratch->whole, bytes, scratch->site,
		              GSTACKS_SITES_MAX, sites);
		if (*end != UNWIND_SHORT || *sites == GSTACKS_SITES_MAX ||
		    (place_is_enough && choose(stacks, scratch->site, *sites, *end) != 0))
			break;
	}
	return MEMORY_OK;
}

/* What is known now of where the row stands. */
static void note_place(struct gstacks *stacks, struct gs_row *row, uint32_t place)
{
	stacks->gs->known[row->goroutine.handle].place = place & NO_PLACE;
	row->goroutine.at = place == NO_PLACE ? 0 : place;
}

static enum memory_result place_alone(struct gstacks *stacks, struct gs_row *row)
{
	size_t sites;
	enum unwind_end end;
	enum memory_result result = read_alone(stacks, row, true, &sites, &end);
	check_generation(stacks);
	/* Without sites it has its turn again. */
	uint32_t place = choose(stacks, stacks->scratch->site, sites, end);
	if (result == MEMORY_OK && sites > 0)
		note_place(stacks, row, place ? place : NO_PLACE);
	return result;
}

/* Reads what is in the batch. */
static enum memory_result flush(struct gstacks *stacks)
{
	struct gstacks_scratch *scratch = stacks->scratch;
	size_t rows = scratch->rows, spans = 0;
	scratch->rows = 0;
	for (size_t i = 0; i < rows; i++) {
		spans_of(stacks->gs, scratch->row[i], stack_bytes(scratch->row[i], PLACE_BYTES),
		         scratch->span + spans);
		spans += 2;
	}
	if (rows == 0)
		return MEMORY_OK;
	enum memory_result together =
		memory_gather(stacks->gs->memory, scratch->raw, scratch->span, spans);
	if (together != MEMORY_OK && together != MEMORY_FAULT)
		return together;
	const uint8_t *at = scratch->raw;
	enum memory_result result = MEMORY_OK;
	for (size_t i = 0; i < rows && result == MEMORY_OK; i++) {
		struct gs_row *row = scratch->row[i];
		size_t bytes = scratch->span[2 * i].iov_len, sites = 0;
		uint32_t place = 0;
		if (together == MEMORY_OK && gs_is_same(stacks->gs, at + bytes, row)) {
			enum unwind_end end =
				unwind(stacks->unwinder, row, at, bytes, scratch->site, PLACE_SITES, &sites);
			check_generation(stacks);
			place = choose(stacks, scratch->site, sites, end);
		}
		at += bytes + scratch->span[2 * i + 1].iov_len;
		if (place)
			note_place(stacks, row, place);
		else
			result = place_alone(stacks, row);
	}
	return result;
}

void gstacks_begin(struct gstacks *stacks, size_t budget)
{
	stacks->left = budget;
	stacks->from = stacks->next;
	stacks->next = 0;
}

enum memory_result gstacks_place(struct gstacks *stacks, struct gs_row *row, size_t n)
{
	enum memory_result result = MEMORY_OK;
	if (!stacks->scratch && !(stacks->scratch = calloc(1, sizeof *stacks->scratch)))
		return out_of_memory();
	stacks->scratch->rows = 0;
	for (size_t i = 0; i < n && result == MEMORY_OK; i++) {
		uint32_t handle = row[i].goroutine.handle, place = stacks->gs->known[handle].place;
		if (place != 0) {
			row[i].goroutine.at = place == NO_PLACE ? 0 : place;
			continue;
		}
		if (row[i].pc == 0 || handle < stacks->from)
			continue;
		if (stacks->left == 0) {
			stacks->next = stacks->next ? stacks->next : handle;
			continue;
		}
		stacks->left--;
		stacks->scratch->row[stacks->scratch->rows++] = &row[i];
		if (stacks->scratch->rows == BATCH)
			result = flush(stacks);
	}
	return result == MEMORY_OK ? flush(stacks) : result;
}

/* ---- whole stacks ---- */

enum memory_result gstacks_read(struct gstacks *stacks, uint32_t handle, int64_t goid,
                                const uint32_t **site, size_t *sites)
{
	*sites = 0;
	if (!stacks->scratch && !(stacks->scratch = calloc(1, sizeof *stacks->scratch)))
		return out_of_memory();
	*site = stacks->scratch->site;
	for (int attempt = 0; attempt < ATTEMPTS && *sites == 0; attempt++) {
		struct gs_row row;
		enum unwind_end end;
		enum gs_verdict verdict;
		enum memory_result result = gs_read_one(stacks->gs, handle, &verdict, &row);
		/* Gone, or another one, or one that runs: unknown. */
		if (result != MEMORY_OK || verdict != GS_ALIVE || row.goroutine.goid != goid || row.pc == 0)
			return result;
		result = read_alone(stacks, &row, false, sites, &end);
		check_generation(stacks);
		if (result != MEMORY_OK)
			return result;
		/* Half of a stack would look as if it were all. */
		if (end == UNWIND_LOST)
			*sites = 0;
	}
	return MEMORY_OK;
}

void gstacks_finish(struct gstacks *stacks)
{
	if (stacks->scratch)
		free(stacks->scratch->whole);
	free(stacks->scratch);
	stacks->scratch = NULL;
}
