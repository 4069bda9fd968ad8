#include "goproc/unwind.h"

#include <stdlib.h>
#include <string.h>

#include "goproc/frames.h"
#include "goproc/memory.h"
#include "goproc/plumbing.h"
#include "util/siphash.h"

#define SITES_MAX   65536
#define FRAMES_MAX  64 /* inlined into one function at one place */
#define STACK_ALIGN 8
#define NO_FRAME    UINT8_MAX

/* An address in the code that a goroutine stands at or returns to. */
struct site {
	uint64_t pc;
	uint32_t stack_bytes; /* from the stack pointer to the return address */
	uint8_t place;        /* number of the innermost frame that is no plumbing; NO_FRAME: none */
	bool is_after_trap;   /* pc is where it was interrupted, not a return address */
	bool is_code;         /* there is a function */
	bool is_end;          /* nobody called it, or it can't be told who did */
	bool moves_sp, is_trap, is_wrapper;
};

struct unwinder {
	struct pclntab *pclntab;
	struct site *site; /* [count]; number 1 is site[0] */
	uint32_t *slot;    /* numbers by hash; 0: free */
	uint32_t count, capacity;
	uint32_t slots; /* a power of two */
	uint32_t generation;
	uint64_t multiplier; /* of the hash: the program that is read could choose what collides */
};

/* Calls that the runtime put in between, at an instruction that is no call (isInjectedCall). */
static const char *const traps[] = {"runtime.sigpanic", "runtime.asyncPreempt",
                                    "runtime.debugCallV2", "runtime.debugCallV1"};

static bool begins_with_one_of(const char *name, const char *const *with, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strncmp(name, with[i], strlen(with[i])) == 0)
			return true;
	}
	return false;
}

static bool is_plumbing(struct unwinder *unwinder, const struct pclntab_frame *frame)
{
	char name[128];
	pclntab_name(unwinder->pclntab, frame->name, name, sizeof name);
	return frame->is_wrapper || plumbing_is(name);
}

struct unwinder *unwinder_create(struct pclntab *pclntab)
{
	struct unwinder *unwinder = calloc(1, sizeof *unwinder);
	if (!unwinder)
		return NULL;
	unwinder->pclntab = pclntab;
	unwinder->multiplier = siphash_make_key().half[0] | 1;
	return unwinder;
}

void unwinder_destroy(struct unwinder *unwinder)
{
	if (unwinder) {
		free(unwinder->site);
		free(unwinder->slot);
	}
	free(unwinder);
}

uint32_t unwinder_generation(const struct unwinder *unwinder)
{
	return unwinder->generation;
}

/* ---- sites ---- */

/* By the upper bits of a product, which are its mixed ones (Knuth 6.4). */
static uint32_t *slot_of(const struct unwinder *unwinder, uint64_t pc, bool is_after_trap)
{
	uint64_t hash = (pc ^ (uint64_t)is_after_trap << 63) * unwinder->multiplier;
	for (uint32_t i = (uint32_t)(hash >> (64 - __builtin_ctz(unwinder->slots)));; i++) {
		uint32_t *slot = &unwinder->slot[i & (unwinder->slots - 1)];
		const struct site *site = *slot ? &unwinder->site[*slot - 1] : NULL;
		if (!site || (site->pc == pc && site->is_after_trap == is_after_trap))
			return slot;
	}
}

/* Room for one more, with half of the slots free. */
static bool reserve(struct unwinder *unwinder)
{
	if (unwinder->count < unwinder->capacity)
		return true;
	if (unwinder->capacity == SITES_MAX) {
		unwinder->count = 0;
		unwinder->generation++;
		memset(unwinder->slot, 0, unwinder->slots * sizeof *unwinder->slot);
		return true;
	}
	uint32_t capacity = unwinder->capacity ? 4 * unwinder->capacity : 256;
	struct site *site = realloc(unwinder->site, capacity * sizeof *site);
	if (site)
		unwinder->site = site;
	uint32_t *slot = calloc((size_t)capacity * 2, sizeof *slot);
	if (!site || !slot) {
		free(slot);
		return false;
	}
	free(unwinder->slot);
	unwinder->slot = slot;
	unwinder->slots = capacity * 2;
	unwinder->capacity = capacity;
	for (uint32_t i = 0; i < unwinder->count; i++)
		*slot_of(unwinder, site[i].pc, site[i].is_after_trap) = i + 1;
	return true;
}

/* The address to look up: of a return address, that of the call (unwinder.symPC). */
static uint64_t looked_up(const struct site *site, const struct pclntab_function *function)
{
	return site->is_after_trap || site->pc <= function->entry ? site->pc : site->pc - 1;
}

static void learn(struct unwinder *unwinder, struct site *site)
{
	struct pclntab_function function;
	struct pclntab_frame frame[FRAMES_MAX];
	char name[64];
	site->place = NO_FRAME;
	site->is_code = pclntab_find(unwinder->pclntab, site->pc, &function);
	if (!site->is_code)
		return;
	/* Functions without sizes are not Go's own: the race detector's, say. */
	site->is_end = function.is_top ||
	               !pclntab_stack_bytes(unwinder->pclntab, &function, site->pc, &site->stack_bytes);
	site->is_wrapper = function.is_wrapper;
	pclntab_name(unwinder->pclntab, function.name, name, sizeof name);
	/* cgocallback moves to another stack, and leaves both such that they can be walked. */
	site->moves_sp = function.moves_sp && strncmp(name, "runtime.cgocallback", 19) != 0;
	site->is_trap = begins_with_one_of(name, traps, sizeof traps / sizeof *traps);
	size_t n =
		pclntab_frames(unwinder->pclntab, &function, looked_up(site, &function), frame, FRAMES_MAX);
	for (size_t i = 0; i < n && site->place == NO_FRAME; i++) {
		if (!is_plumbing(unwinder, &frame[i]))
			site->place = (uint8_t)i;
	}
}

/* The number of a site; 0 when there is no memory for it. */
static uint32_t find_site(struct unwinder *unwinder, uint64_t pc, bool is_after_trap)
{
	if (unwinder->slots > 0) {
		uint32_t number = *slot_of(unwinder, pc, is_after_trap);
		if (number > 0)
			return number;
	}
	if (!reserve(unwinder))
		return 0;
	struct site *site = &unwinder->site[unwinder->count];
	*site = (struct site){.pc = pc, .is_after_trap = is_after_trap};
	learn(unwinder, site);
	*slot_of(unwinder, pc, is_after_trap) = unwinder->count + 1;
	return ++unwinder->count;
}

/* ---- walking ---- */

enum unwind_end unwind(struct unwinder *unwinder, const struct gs_row *row, const uint8_t *stack,
                       size_t n, uint32_t *site, size_t max, size_t *sites)
{
	uint64_t pc = row->pc, at = 0; /* bytes from row->sp */
	uint64_t size = row->stack_end - row->sp;
	bool is_after_trap = false;
	*sites = 0;
	if (pc == 0 || row->sp > row->stack_end)
		return UNWIND_LOST;
	while (*sites < max) {
		uint32_t generation = unwinder->generation;
		uint32_t number = find_site(unwinder, pc, is_after_trap);
		if (number == 0 || generation != unwinder->generation)
			return UNWIND_LOST; /* the numbers before it mean something else now */
		const struct site *here = &unwinder->site[number - 1];
		if (!here->is_code)
			return UNWIND_LOST;
		site[(*sites)++] = number;
		/* What a system call does to its stack it did after its beginning was noted. */
		bool moves_sp = here->moves_sp && !(*sites == 1 && row->in_syscall);
		if (here->is_end || moves_sp)
			return UNWIND_WHOLE;
		uint64_t next = at + here->stack_bytes + 8;
		if (next > size || here->stack_bytes % STACK_ALIGN != 0)
			return UNWIND_LOST;
		if (next > n)
			return UNWIND_SHORT;
		pc = memory_u64(stack + next - 8);
		if (pc == 0)
			return UNWIND_WHOLE;
		is_after_trap = here->is_trap;
		at = next;
	}
	return UNWIND_SHORT;
}

size_t unwind_frames(struct unwinder *unwinder, uint32_t site, struct pclntab_frame *frame,
                     size_t max)
{
	struct pclntab_function function;
	if (site == 0 || site > unwinder->count)
		return 0;
	const struct site *here = &unwinder->site[site - 1];
	if (!pclntab_find(unwinder->pclntab, here->pc, &function))
		return 0;
	return pclntab_frames(unwinder->pclntab, &function, looked_up(here, &function), frame, max);
}

bool unwind_is_place(const struct unwinder *unwinder, uint32_t site)
{
	return site > 0 && site <= unwinder->count && unwinder->site[site - 1].place != NO_FRAME;
}

bool unwind_is_wrapper(const struct unwinder *unwinder, uint32_t site)
{
	return site > 0 && site <= unwinder->count && unwinder->site[site - 1].is_wrapper;
}

bool unwind_place(struct unwinder *unwinder, uint32_t site, struct pclntab_frame *frame)
{
	struct pclntab_frame frames[FRAMES_MAX];
	size_t n = unwind_frames(unwinder, site, frames, FRAMES_MAX);
	if (n == 0)
		return false;
	uint8_t place = unwinder->site[site - 1].place;
	*frame = frames[place < n ? place : n - 1];
	return true;
}
