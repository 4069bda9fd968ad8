#include <string.h>

#include "goproc/disasm.h"
#include "goproc/memory.h"

/* What is known of the registers: the page that ADRP put there, or an address that was made of it.
 */
struct registers {
	uint64_t value[32];
	bool known[32];
};

struct arm64 {
	struct registers registers;
	struct reference *references;
	size_t max, *count;
};

static void refer(struct arm64 *arm64, struct reference reference)
{
	if (*arm64->count < arm64->max)
		arm64->references[(*arm64->count)++] = reference;
}

static uint32_t bits(uint32_t word, unsigned low, unsigned n)
{
	return (word >> low) & ((UINT32_C(1) << n) - 1);
}

/* The forms that matter (Arm ARM, C4.1): an instruction is one when word & mask == value. */
typedef void form_fn(struct arm64 *arm64, uint32_t word, uint64_t pc);

static void do_adrp(struct arm64 *arm64, uint32_t word, uint64_t pc)
{
	uint64_t pages = (uint64_t)bits(word, 5, 19) << 2 | bits(word, 29, 2);
	if (pages & (UINT64_C(1) << 20))
		pages |= ~UINT64_C(0) << 21; /* it is signed */
	arm64->registers.value[bits(word, 0, 5)] = (pc & ~UINT64_C(0xfff)) + (pages << 12);
	arm64->registers.known[bits(word, 0, 5)] = true;
}

static void do_add(struct arm64 *arm64, uint32_t word, uint64_t pc)
{
	uint32_t from = bits(word, 5, 5), to = bits(word, 0, 5);
	uint64_t value = bits(word, 10, 12);
	(void)pc;
	if (bits(word, 22, 1))
		value <<= 12;
	bool known = arm64->registers.known[from];
	value += arm64->registers.value[from];
	arm64->registers.known[to] = known;
	arm64->registers.value[to] = value;
	if (known)
		refer(arm64, (struct reference){.target = value, .is_address = true});
}

/* LDR, STR and their kin with an offset that is a multiple of the size. */
static void do_load_store(struct arm64 *arm64, uint32_t word, uint64_t pc)
{
	static const uint8_t bytes[] = {1, 2, 4, 8, 16}; /* of each scale */
	uint32_t base = bits(word, 5, 5), scale = bits(word, 30, 2), kind = bits(word, 22, 2);
	bool is_vector = bits(word, 26, 1);
	(void)pc;
	if (is_vector && (kind & 2))
		scale = 4;
	if (arm64->registers.known[base])
		refer(arm64,
		      (struct reference){
				  .target = arm64->registers.value[base] + ((uint64_t)bits(word, 10, 12) << scale),
				  .size = is_vector ? 0 : bytes[scale],
				  .writes = is_vector ? !(kind & 1) : kind == 0,
			  });
	if (!is_vector && kind != 0)
		arm64->registers.known[bits(word, 0, 5)] = false;
}

/* LDAR: atomic loads. */
static void do_load_acquire(struct arm64 *arm64, uint32_t word, uint64_t pc)
{
	uint32_t base = bits(word, 5, 5);
	(void)pc;
	if (arm64->registers.known[base])
		refer(arm64, (struct reference){.target = arm64->registers.value[base],
		                                .size = (uint8_t)(1 << bits(word, 30, 2))});
	arm64->registers.known[bits(word, 0, 5)] = false;
}

/* LDP of two 64-bit registers. */
static void do_load_pair(struct arm64 *arm64, uint32_t word, uint64_t pc)
{
	uint32_t base = bits(word, 5, 5);
	uint64_t offset = bits(word, 15, 7);
	(void)pc;
	if (offset & 0x40)
		offset |= ~UINT64_C(0x7f); /* it is signed */
	if (arm64->registers.known[base]) {
		uint64_t target = arm64->registers.value[base] + offset * 8;
		refer(arm64, (struct reference){.target = target, .size = 8});
		refer(arm64, (struct reference){.target = target + 8, .size = 8});
	}
	arm64->registers.known[bits(word, 0, 5)] = false;
	arm64->registers.known[bits(word, 10, 5)] = false;
}

/* Go's functions keep no register for their caller. */
static void do_call(struct arm64 *arm64, uint32_t word, uint64_t pc)
{
	(void)word;
	(void)pc;
	memset(arm64->registers.known, 0, sizeof arm64->registers.known);
}

static const struct {
	uint32_t mask, value;
	form_fn *run;
} forms[] = {
	{0x9f000000, 0x90000000, do_adrp},       {0xff800000, 0x91000000, do_add},
	{0x3b000000, 0x39000000, do_load_store}, {0x3ffffc00, 0x08dffc00, do_load_acquire},
	{0xffc00000, 0xa9400000, do_load_pair},  {0xfc000000, 0x94000000, do_call}, /* BL */
	{0xfffffc1f, 0xd63f0000, do_call},                                          /* BLR */
};

static void run(struct arm64 *arm64, uint32_t word, uint64_t pc)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if ((word & forms[i].mask) == forms[i].value) {
			forms[i].run(arm64, word, pc);
			return;
		}
	}
	/* Anything else may have changed the register it names first; for stores and branches that is
	   too careful, which loses nothing: the pairs stand next to each other. */
	arm64->registers.known[bits(word, 0, 5)] = false;
}

bool disasm_arm64(const uint8_t *code, size_t n, uint64_t address, struct reference *references,
                  size_t max, size_t *count)
{
	struct arm64 arm64 = {.references = references, .max = max, .count = count};
	*count = 0;
	for (size_t at = 0; at + 4 <= n; at += 4)
		run(&arm64, memory_u32(code + at), address + at);
	return n % 4 == 0;
}
