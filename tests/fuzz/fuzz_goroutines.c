/*
 * Goroutines in a memory that means harm: Gs, their list, stacks and tables of functions hold what
 * the input says, and change between one call and the next, as those of a live process do.
 *
 * The input is a list of pokes of four bytes: when, what, which, and a value from a table of those
 * that matter, for random words hardly ever pass for an address.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "goproc/frames.h"
#include "tests/unit/goproc_world.h"
#include "util/clock.h"

enum { POKE = 4, READINGS = 3, FRAMES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of the input; the hook of the fake has no argument of its own. */
static struct {
	const uint8_t *at;
	size_t left;
	struct world *world;
} script;

static uint64_t value_of(uint8_t choice, size_t which)
{
	static const uint64_t fixed[] = {
		0,          1,     2,      3,          4,          5,         6,
		8,          9,     10,     11,         12,         100,       101,
		200,        201,   0x1004, 0x1fff,     UINT64_MAX, INT64_MAX, (uint64_t)INT64_MAX + 1,
		UINT32_MAX, 0xfff, 0x1001, 0xdead0000, 1000001,
	};
	enum { FIXED = sizeof fixed / sizeof *fixed };
	if (choice < FIXED)
		return fixed[choice];
	if (choice < 96) /* somewhere in the code */
		return WORLD_TEXT + (uint64_t)(choice - FIXED) * (TABLES_END / 64);
	if (choice < 160) /* in the stack, or in the one next to it */
		return world_stack_end(which) - (uint64_t)(choice - 100) * 0x48;
	if (choice < 176)
		return fake_g((size_t)choice - 160);
	return WORLD_TEXT + TABLES_WORKER + choice - 176U;
}

static void poke(const uint8_t *with)
{
	struct world *w = script.world;
	size_t which = with[2] % FAKE_GOROUTINES;
	uint64_t value = value_of(with[3], which);
	switch (with[1] % 4) {
	case 0:
		fake_set_g(w->fake, which, (enum g_member)(with[1] / 4 % IN_G_COUNT), value);
		break;
	case 1: /* a word of the stack, of those near its end */
		memcpy(fake_bytes(w->fake, world_stack_end(which) - 8U * (1U + with[1] / 4), 8), &value, 8);
		break;
	case 2:
		if (with[1] / 4 % 2)
			fake_list_g(w->fake, which, value);
		else
			fake_set_allglen(w->fake, value);
		break;
	default:
		w->tables[(size_t)with[1] / 4 * 64 + with[2] % 64] = with[3];
		break;
	}
}

/* The pokes for this call: those whose first byte is even, up to one that is not. */
static void run_script(struct fake *fake, unsigned call)
{
	(void)fake;
	(void)call;
	while (script.left >= POKE) {
		const uint8_t *with = script.at;
		script.at += POKE;
		script.left -= POKE;
		poke(with);
		if (with[0] & 1)
			return;
	}
}

static enum memory_result look(void *arg, struct gs_row *row, size_t n)
{
	struct world *w = arg;
	for (size_t i = 0; i < n; i++) {
		if (row[i].goroutine.goid <= 0 || row[i].goroutine.since_ns == 0 ||
		    row[i].goroutine.handle >= w->gs.n)
			abort();
	}
	return gstacks_place(&w->stacks, row, n);
}

static void look_at_stack(struct world *w, uint32_t handle, int64_t goid)
{
	const uint32_t *site;
	size_t sites;
	struct pclntab_frame frame[FRAMES];
	struct goproc_frame text;
	if (gstacks_read(&w->stacks, handle, goid, &site, &sites) != MEMORY_OK)
		return;
	if (sites > GSTACKS_SITES_MAX)
		abort();
	for (size_t i = 0; i < sites; i++) {
		size_t n = unwind_frames(w->unwinder, site[i], frame, FRAMES);
		for (size_t k = 0; k < n; k++)
			frames_text(w->pclntab, &frame[k], &text);
		if (unwind_place(w->unwinder, site[i], frame))
			frames_text(w->pclntab, frame, &text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = world_create(size ? 18 + data[0] % 10 : 26);
	script.world = w;
	script.at = data + (size > 0);
	script.left = size - (size > 0);
	world_set_stack(w, 0, WORLD_TEXT + TABLES_WORKER + TABLES_INNER_AT + 4,
	                (uint64_t[]){WORLD_TEXT + TABLES_WORKER + 0x80, WORLD_TEXT + TABLES_GOEXIT + 1},
	                2);
	w->fake->before_call = run_script;
	for (int i = 0; i < READINGS; i++) {
		uint32_t dropped;
		struct goproc_frame text;
		gstacks_begin(&w->stacks, size % 4 ? SIZE_MAX : 2);
		world_read(w, size % 3 ? SIZE_MAX : 2, clock_monotonic_ns(), look, w, &dropped);
		for (uint32_t k = 0; k < WORLD_GOROUTINES; k++)
			look_at_stack(w, k, 100 + k);
		frames_creator(w->pclntab, value_of(size ? data[size / 2] : 0, 0), &text);
	}
	world_destroy(w);
	return 0;
}
