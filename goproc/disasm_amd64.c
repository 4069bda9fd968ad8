#include <string.h>

#include "goproc/disasm.h"
#include "goproc/memory.h"

/*
 * What follows an opcode, one letter each (Intel SDM volume 2, appendix A):
 *   .  nothing                      m  ModRM
 *   b  8-bit immediate              B  ModRM and that
 *   z  16- or 32-bit immediate      Z  ModRM and that
 *   j  32-bit displacement          v  like z, 64-bit with REX.W
 *   w  16-bit immediate             e  16- and 8-bit immediates
 *   o  64-bit address               g G  ModRM, and b or z when its reg is 0 or 1
 *   ?  prefixes, escapes and what no 64-bit program has
 */
static const char one_byte[] = "mmmmbz??mmmmbz??"  /* 00 add, or */
							   "mmmmbz??mmmmbz??"  /* 10 adc, sbb */
							   "mmmmbz??mmmmbz??"  /* 20 and, sub */
							   "mmmmbz??mmmmbz??"  /* 30 xor, cmp */
							   "????????????????"  /* 40 REX */
							   "................"  /* 50 push, pop */
							   "???m????zZbB...."  /* 60 movsxd, push, imul */
							   "bbbbbbbbbbbbbbbb"  /* 70 jcc */
							   "BZ?Bmmmmmmmmmmmm"  /* 80 groups, test, xchg, mov, lea */
							   "..........?....."  /* 90 xchg */
							   "oooo....bz......"  /* a0 mov, strings */
							   "bbbbbbbbvvvvvvvv"  /* b0 mov */
							   "BBw.??BZe.w..b?."  /* c0 shifts, ret, mov */
							   "mmmm???.mmmmmmmm"  /* d0 shifts, x87 */
							   "bbbbbbbbjj?b...."  /* e0 loop, call, jmp */
							   "?.??..gG......mm"; /* f0 groups */
static const char two_byte[] = "mmmm?.......?m.?"  /* 00 system */
							   "mmmmmmmmmmmmmmmm"  /* 10 SSE moves, nop */
							   "mmmm????mmmmmmmm"  /* 20 */
							   "........????????"  /* 30 system */
							   "mmmmmmmmmmmmmmmm"  /* 40 cmovcc */
							   "mmmmmmmmmmmmmmmm"  /* 50 SSE */
							   "mmmmmmmmmmmmmmmm"  /* 60 SSE */
							   "BBBBmmm.mmmmmmmm"  /* 70 SSE */
							   "jjjjjjjjjjjjjjjj"  /* 80 jcc */
							   "mmmmmmmmmmmmmmmm"  /* 90 setcc */
							   "...mBm??...mBmmm"  /* a0 bt, shld, fences, imul */
							   "mmmmmmmmmmBmmmmm"  /* b0 cmpxchg, movzx, movsx */
							   "mmBmBBBm........"  /* c0 xadd, bswap */
							   "mmmmmmmmmmmmmmmm"  /* d0 SSE */
							   "mmmmmmmmmmmmmmmm"  /* e0 SSE */
							   "mmmmmmmmmmmmmmmm"; /* f0 SSE */

enum { REX_W = 8 };

/* One instruction. */
struct decoder {
	const uint8_t *at, *end;
	uint8_t rex, opcode, map; /* map: 0 one byte, 1 after 0f, 2 after 0f 38, 3 after 0f 3a */
	bool is_vector;           /* VEX or EVEX */
	bool has_66;
	uint8_t reg;                 /* of ModRM */
	const uint8_t *displacement; /* from the instruction pointer; NULL: no such operand */
};

static bool skip(struct decoder *decoder, size_t n)
{
	if ((size_t)(decoder->end - decoder->at) < n)
		return false;
	decoder->at += n;
	return true;
}

static bool take(struct decoder *decoder, uint8_t *byte)
{
	const uint8_t *at = decoder->at;
	if (!skip(decoder, 1))
		return false;
	*byte = *at;
	return true;
}

static bool take_prefixes(struct decoder *decoder)
{
	static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
	                                   0x66, 0x67, 0xf0, 0xf2, 0xf3};
	for (;;) {
		if (!take(decoder, &decoder->opcode))
			return false;
		if (!memchr(prefixes, decoder->opcode, sizeof prefixes))
			break;
		decoder->has_66 |= decoder->opcode == 0x66;
	}
	if ((decoder->opcode & 0xf0) == 0x40) {
		decoder->rex = decoder->opcode;
		return take(decoder, &decoder->opcode);
	}
	return true;
}

/* Escapes: what leads to another map of opcodes. */
static bool take_opcode(struct decoder *decoder)
{
	uint8_t byte = 0;
	switch (decoder->opcode) {
	case 0x0f:
		decoder->map = 1;
		if (!take(decoder, &decoder->opcode))
			return false;
		if (decoder->opcode != 0x38 && decoder->opcode != 0x3a)
			return true;
		decoder->map = decoder->opcode == 0x38 ? 2 : 3;
		return take(decoder, &decoder->opcode);
	case 0xc5: /* VEX, two bytes */
		decoder->map = 1;
		decoder->is_vector = true;
		return skip(decoder, 1) && take(decoder, &decoder->opcode);
	case 0xc4: /* VEX, three bytes */
	case 0x62: /* EVEX */
		decoder->is_vector = true;
		if (!take(decoder, &byte))
			return false;
		decoder->map = decoder->opcode == 0xc4 ? byte & 31 : byte & 7;
		return skip(decoder, decoder->opcode == 0xc4 ? 1 : 2) && take(decoder, &decoder->opcode) &&
		       decoder->map >= 1 && decoder->map <= 3;
	default:
		return true;
	}
}

static bool take_modrm(struct decoder *decoder)
{
	uint8_t modrm, sib = 0;
	if (!take(decoder, &modrm))
		return false;
	uint8_t mod = modrm >> 6, rm = modrm & 7;
	decoder->reg = (modrm >> 3) & 7;
	if (mod == 3)
		return true;
	if (rm == 4 && !take(decoder, &sib))
		return false;
	if (mod == 0 && rm == 5)
		decoder->displacement = decoder->at;
	if (mod == 2 || (mod == 0 && (rm == 5 || (rm == 4 && (sib & 7) == 5))))
		return skip(decoder, 4);
	return skip(decoder, mod == 1 ? 1 : 0);
}

/* How many bytes come after ModRM. */
static size_t immediate_size(const struct decoder *decoder, char form)
{
	size_t word = decoder->has_66 && !(decoder->rex & REX_W) ? 2 : 4;
	switch (form) {
	case 'b':
	case 'B':
		return 1;
	case 'w':
		return 2;
	case 'e':
		return 3;
	case 'j':
		return 4;
	case 'z':
	case 'Z':
		return word;
	case 'v':
		return decoder->rex & REX_W ? 8 : word;
	case 'o':
		return 8;
	case 'g':
		return decoder->reg < 2 ? 1 : 0;
	case 'G':
		return decoder->reg < 2 ? word : 0;
	default:
		return 0;
	}
}

static bool take_instruction(struct decoder *decoder)
{
	if (!take_prefixes(decoder) || !take_opcode(decoder))
		return false;
	static const char maps[] = "mB"; /* all of 0f 38, all of 0f 3a */
	char form = decoder->map == 0   ? one_byte[decoder->opcode]
	            : decoder->map == 1 ? two_byte[decoder->opcode]
	                                : maps[decoder->map - 2];
	if (form == '?')
		return false;
	if (strchr("mBZgG", form) && !take_modrm(decoder))
		return false;
	return skip(decoder, immediate_size(decoder, form));
}

static bool is_one_of(uint8_t opcode, const char *opcodes)
{
	return opcode != 0 && strchr(opcodes, (char)opcode) != NULL;
}

/* Of the general instructions; what vectors read and write is nobody's concern here. */
static uint8_t operand_size(const struct decoder *decoder)
{
	uint8_t opcode = decoder->opcode;
	uint8_t word = decoder->rex & REX_W ? 8 : decoder->has_66 ? 2 : 4;
	if (decoder->is_vector || decoder->map > 1)
		return 0;
	if (decoder->map == 0) {
		if (opcode == 0x63)
			return 4; /* movsxd: whatever it is extended to */
		bool is_byte = opcode < 0x40
		                   ? !(opcode & 1)
		                   : is_one_of(opcode, "\x80\x84\x86\x88\x8a\xc0\xc6\xd0\xd2\xf6\xfe");
		return is_byte ? 1 : word;
	}
	if (is_one_of(opcode, "\xb6\xbe\xb0\xc0") || (opcode & 0xf0) == 0x90)
		return 1;
	if (is_one_of(opcode, "\xb7\xbf"))
		return 2;
	return (opcode & 0xf0) == 0x40 || is_one_of(opcode, "\xa3\xab\xaf\xb1\xb3\xba\xbb\xc1") ? word
	                                                                                        : 0;
}

static bool operand_is_written(const struct decoder *decoder)
{
	uint8_t opcode = decoder->opcode, reg = decoder->reg;
	if (decoder->map == 1)
		return is_one_of(opcode, "\xb0\xb1\xc0\xc1\xab\xb3\xbb") || (opcode & 0xf0) == 0x90;
	if (decoder->map != 0)
		return false;
	if (opcode < 0x40)
		return (opcode & 7) < 2 && opcode >> 3 != 7;
	if (is_one_of(opcode, "\x80\x81\x83"))
		return reg != 7; /* cmp */
	if (is_one_of(opcode, "\xf6\xf7"))
		return reg == 2 || reg == 3; /* not, neg */
	if (is_one_of(opcode, "\xfe\xff"))
		return reg < 2; /* inc, dec */
	return is_one_of(opcode, "\x86\x87\x88\x89\x8f\xc0\xc1\xc6\xc7\xd0\xd1\xd2\xd3");
}

bool disasm_amd64(const uint8_t *code, size_t n, uint64_t address, struct reference *references,
                  size_t max, size_t *count)
{
	*count = 0;
	for (struct decoder decoder = {.at = code, .end = code + n}; decoder.at < decoder.end;
	     decoder = (struct decoder){.at = decoder.at, .end = code + n}) {
		if (!take_instruction(&decoder))
			return false;
		if (!decoder.displacement || *count == max)
			continue;
		uint64_t displacement = (uint64_t)(int64_t)(int32_t)memory_u32(decoder.displacement);
		bool is_address = decoder.map == 0 && decoder.opcode == 0x8d;
		references[(*count)++] = (struct reference){
			.target = address + (uint64_t)(decoder.at - code) + displacement,
			.size = is_address ? 0 : operand_size(&decoder),
			.is_address = is_address,
			.writes = operand_is_written(&decoder),
		};
	}
	return true;
}
