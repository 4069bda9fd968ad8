#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "goproc/disasm.h"

#define ADDRESS UINT64_C(0x450000)
#define MAX     8

struct example {
	const char *what;
	const char *bytes; /* ended by n */
	size_t n;
	uint8_t size;
	bool is_address, writes;
	uint64_t target;
};
#define BYTES(text) text, sizeof(text) - 1

/* Instructions of Go programs that refer to a variable. */
static const struct example amd64[] = {
	{"mov eax, [x]", BYTES("\x8b\x05\x10\0\0\0"), 4, false, false, ADDRESS + 6 + 16},
	{"mov r8, [x]", BYTES("\x4c\x8b\x05\xf0\xff\xff\xff"), 8, false, false, ADDRESS + 7 - 16},
	{"mov [x], rax", BYTES("\x48\x89\x05\x10\0\0\0"), 8, false, true, ADDRESS + 7 + 16},
	{"mov dword [x], 1", BYTES("\xc7\x05\x10\0\0\0\1\0\0\0"), 4, false, true, ADDRESS + 10 + 16},
	{"mov word [x], 1", BYTES("\x66\xc7\x05\x10\0\0\0\1\0"), 2, false, true, ADDRESS + 9 + 16},
	{"mov qword [x], 1", BYTES("\x48\xc7\x05\x10\0\0\0\1\0\0\0"), 8, false, true,
     ADDRESS + 11 + 16},
	{"mov al, [x]", BYTES("\x8a\x05\x10\0\0\0"), 1, false, false, ADDRESS + 6 + 16},
	{"movzx ecx, byte [x]", BYTES("\x0f\xb6\x0d\x10\0\0\0"), 1, false, false, ADDRESS + 7 + 16},
	{"movzx ecx, word [x]", BYTES("\x0f\xb7\x0d\x10\0\0\0"), 2, false, false, ADDRESS + 7 + 16},
	{"movsxd rsi, [x]", BYTES("\x48\x63\x35\x10\0\0\0"), 4, false, false, ADDRESS + 7 + 16},
	{"lea rax, [x]", BYTES("\x48\x8d\x05\x10\0\0\0"), 0, true, false, ADDRESS + 7 + 16},
	{"sub r8, [x]", BYTES("\x4c\x2b\x05\x10\0\0\0"), 8, false, false, ADDRESS + 7 + 16},
	{"cmp qword [x], 0", BYTES("\x48\x83\x3d\x10\0\0\0\0"), 8, false, false, ADDRESS + 8 + 16},
	{"add qword [x], 1", BYTES("\x48\x83\x05\x10\0\0\0\1"), 8, false, true, ADDRESS + 8 + 16},
	{"cmp [x], ecx", BYTES("\x39\x0d\x10\0\0\0"), 4, false, false, ADDRESS + 6 + 16},
	{"add [x], ecx", BYTES("\x01\x0d\x10\0\0\0"), 4, false, true, ADDRESS + 6 + 16},
	{"lock xadd [x], ecx", BYTES("\xf0\x0f\xc1\x0d\x10\0\0\0"), 4, false, true, ADDRESS + 8 + 16},
	{"lock cmpxchg [x], rcx", BYTES("\xf0\x48\x0f\xb1\x0d\x10\0\0\0"), 8, false, true,
     ADDRESS + 9 + 16},
	{"xchg [x], rax", BYTES("\x48\x87\x05\x10\0\0\0"), 8, false, true, ADDRESS + 7 + 16},
	{"inc dword [x]", BYTES("\xff\x05\x10\0\0\0"), 4, false, true, ADDRESS + 6 + 16},
	{"test byte [x], 1", BYTES("\xf6\x05\x10\0\0\0\1"), 1, false, false, ADDRESS + 7 + 16},
	{"test dword [x], 1", BYTES("\xf7\x05\x10\0\0\0\1\0\0\0"), 4, false, false, ADDRESS + 10 + 16},
	{"neg dword [x]", BYTES("\xf7\x1d\x10\0\0\0"), 4, false, true, ADDRESS + 6 + 16},
	{"cmove rax, [x]", BYTES("\x48\x0f\x44\x05\x10\0\0\0"), 8, false, false, ADDRESS + 8 + 16},
	{"imul ecx, [x], 3", BYTES("\x6b\x0d\x10\0\0\0\3"), 4, false, false, ADDRESS + 7 + 16},
	{"movups xmm0, [x]", BYTES("\x0f\x10\x05\x10\0\0\0"), 0, false, false, ADDRESS + 7 + 16},
	{"vmovdqu ymm0, [x]", BYTES("\xc5\xfe\x6f\x05\x10\0\0\0"), 0, false, false, ADDRESS + 8 + 16},
	{"vpshufb ymm0, ymm1, [x]", BYTES("\xc4\xe2\x75\x00\x05\x10\0\0\0"), 0, false, false,
     ADDRESS + 9 + 16},
	{"vpalignr xmm0, xmm1, [x], 8", BYTES("\xc4\xe3\x71\x0f\x05\x10\0\0\0\x08"), 0, false, false,
     ADDRESS + 10 + 16},
	{"vmovdqu64 zmm0, [x]", BYTES("\x62\xf1\xfe\x48\x6f\x05\x10\0\0\0"), 0, false, false,
     ADDRESS + 10 + 16},
};

static void references_of_amd64_are_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof amd64 / sizeof *amd64; i++) {
		const struct example *example = &amd64[i];
		struct reference found[MAX];
		size_t count;
		if (!disasm_amd64((const uint8_t *)example->bytes, example->n, ADDRESS, found, MAX, &count))
			fail_msg("%s is not understood", example->what);
		if (count != 1 || found[0].target != example->target || found[0].size != example->size ||
		    found[0].is_address != example->is_address || found[0].writes != example->writes)
			fail_msg("%s: %zu references, to %#llx, %d bytes, address %d, writes %d", example->what,
			         count, (unsigned long long)found[0].target, found[0].size, found[0].is_address,
			         found[0].writes);
	}
}

/* What comes before must be measured rightly for the reference after it to be found. */
static void instructions_without_references_are_passed_over(void **state)
{
	static const struct {
		const char *what, *bytes;
		size_t n;
	} others[] = {
		{"cmp rsp, [r14+16]", BYTES("\x49\x3b\x66\x10")},
		{"jbe near", BYTES("\x0f\x86\x85\0\0\0")},
		{"jbe short", BYTES("\x76\x10")},
		{"call", BYTES("\xe8\x36\x46\xfd\xff")},
		{"call rsi", BYTES("\xff\xd6")},
		{"mov rbx, [rcx+rax*8]", BYTES("\x48\x8b\x1c\xc1")},
		{"mov rax, [rsp+rcx*8+disp32]", BYTES("\x48\x8b\x84\xcc\x80\0\0\0")},
		{"mov rax, [rax*8+disp32]", BYTES("\x48\x8b\x04\xc5\x80\0\0\0")},
		{"mov rax, [rbp+disp32]", BYTES("\x48\x8b\x85\x80\0\0\0")},
		{"mov ebx, imm32", BYTES("\xbb\x13\0\0\0")},
		{"mov rbx, imm64", BYTES("\x48\xbb\1\2\3\4\5\6\7\x08")},
		{"mov bx, imm16", BYTES("\x66\xbb\1\2")},
		{"mov eax, fs:[-8]", BYTES("\x64\x8b\x04\x25\xf8\xff\xff\xff")},
		{"cmp al, imm8", BYTES("\x3c\x1b")},
		{"cmp eax, imm32", BYTES("\x3d\1\0\0\0")},
		{"cmp ax, imm16", BYTES("\x66\x3d\1\0")},
		{"test al, imm8", BYTES("\xa8\1")},
		{"test ecx, imm32", BYTES("\xf7\xc1\1\0\0\0")},
		{"not ecx", BYTES("\xf7\xd1")},
		{"shl rcx, 4", BYTES("\x48\xc1\xe1\x04")},
		{"shld", BYTES("\x48\x0f\xa4\xc8\x04")},
		{"bt", BYTES("\x0f\xba\xe0\x04")},
		{"nop [rax+0]", BYTES("\x0f\x1f\x40\0")},
		{"ud2", BYTES("\x0f\x0b")},
		{"syscall", BYTES("\x0f\x05")},
		{"cpuid", BYTES("\x0f\xa2")},
		{"rep movsq", BYTES("\xf3\x48\xa5")},
		{"popcnt", BYTES("\xf3\x0f\xb8\xc1")},
		{"pshufb", BYTES("\x66\x0f\x38\x00\xc1")},
		{"aeskeygenassist", BYTES("\x66\x0f\x3a\xdf\xc1\1")},
		{"vzeroupper", BYTES("\xc5\xf8\x77")},
		{"vpslldq", BYTES("\xc5\xf1\x73\xf9\x04")},
		{"rorx", BYTES("\xc4\xe3\x7b\xf0\xc1\x05")},
		{"ret imm16", BYTES("\xc2\x08\0")},
		{"ret", BYTES("\xc3")},
		{"int3", BYTES("\xcc")},
	};
	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		uint8_t code[32];
		struct reference found[MAX];
		size_t n = others[i].n, count;
		memcpy(code, others[i].bytes, n);
		memcpy(code + n, "\x8b\x05\x10\0\0\0", 6);
		if (!disasm_amd64(code, n + 6, ADDRESS, found, MAX, &count) || count != 1 ||
		    found[0].target != ADDRESS + n + 6 + 16)
			fail_msg("%s is not %zu bytes long", others[i].what, n);
	}
}

static void code_that_is_cut_off_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof amd64 / sizeof *amd64; i++) {
		for (size_t n = 1; n < amd64[i].n; n++) {
			struct reference found[MAX];
			size_t count;
			assert_false(
				disasm_amd64((const uint8_t *)amd64[i].bytes, n, ADDRESS, found, MAX, &count));
			assert_int_equal(count, 0);
		}
	}
}

static void no_more_references_are_written_than_there_is_room_for(void **state)
{
	uint8_t code[6 * 10];
	struct reference found[3] = {{0}};
	size_t count;
	(void)state;
	for (size_t i = 0; i < 10; i++)
		memcpy(code + i * 6, "\x8b\x05\x10\0\0\0", 6);
	assert_true(disasm_amd64(code, sizeof code, ADDRESS, found, 2, &count));
	assert_int_equal(count, 2);
	assert_int_equal(found[2].target, 0);
}

/* Whatever bytes there are, the end comes and nothing beyond them is read. */
static void any_bytes_come_to_an_end(void **state)
{
	uint32_t random = 1;
	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint8_t code[24];
		struct reference found[MAX];
		size_t count;
		for (size_t i = 0; i < sizeof code; i++) {
			random = random * 1664525 + 1013904223;
			code[i] = (uint8_t)(random >> 24);
		}
		disasm_amd64(code, sizeof code, ADDRESS, found, MAX, &count);
		assert_true(count <= MAX);
		disasm_arm64(code, sizeof code, ADDRESS, found, MAX, &count);
		assert_true(count <= MAX);
	}
}

static void expect_arm64(const uint32_t *words, size_t n, const struct reference *want, size_t m)
{
	struct reference found[MAX];
	size_t count;
	assert_true(disasm_arm64((const uint8_t *)words, n * 4, ADDRESS, found, MAX, &count));
	assert_int_equal(count, m);
	for (size_t i = 0; i < m; i++) {
		assert_int_equal(found[i].target, want[i].target);
		assert_int_equal(found[i].size, want[i].size);
		assert_int_equal(found[i].is_address, want[i].is_address);
		assert_int_equal(found[i].writes, want[i].writes);
	}
}

static void references_of_arm64_are_understood(void **state)
{
	const uint32_t adrp = 0xb0000020; /* adrp x0, ADDRESS + 0x5000 */
	const uint64_t page = ADDRESS + 0x5000;
	(void)state;
	/* ldr w1, [x0, #8] */
	expect_arm64((uint32_t[]){adrp, 0xb9400801}, 2,
	             (struct reference[]){{.target = page + 8, .size = 4}}, 1);
	/* ldr x0, [x0, #8], after which x0 is something else */
	expect_arm64((uint32_t[]){adrp, 0xf9400400, 0xf9400400}, 3,
	             (struct reference[]){{.target = page + 8, .size = 8}}, 1);
	/* str x1, [x0, #16] */
	expect_arm64((uint32_t[]){adrp, 0xf9000801}, 2,
	             (struct reference[]){{.target = page + 16, .size = 8, .writes = true}}, 1);
	/* add x2, x0, #0x20; ldar w3, [x2] */
	expect_arm64((uint32_t[]){adrp, 0x91008002, 0x88dffc43}, 3,
	             (struct reference[]){{.target = page + 0x20, .is_address = true},
	                                  {.target = page + 0x20, .size = 4}},
	             2);
	/* add x2, x0, #0x20; ldp x3, x4, [x2] */
	expect_arm64((uint32_t[]){adrp, 0x91008002, 0xa9401043}, 3,
	             (struct reference[]){{.target = page + 0x20, .is_address = true},
	                                  {.target = page + 0x20, .size = 8},
	                                  {.target = page + 0x28, .size = 8}},
	             3);
	/* adrp x0, ADDRESS - 0x1000; ldrb w1, [x0, #3] */
	expect_arm64((uint32_t[]){0xf0ffffe0, 0x39400c01}, 2,
	             (struct reference[]){{.target = ADDRESS - 0x1000 + 3, .size = 1}}, 1);
	/* mov x0, x5; ldr w1, [x0, #8]: not what adrp put there */
	expect_arm64((uint32_t[]){adrp, 0xaa0503e0, 0xb9400801}, 3, NULL, 0);
	/* bl; ldr w1, [x0, #8]: the callee has used x0 */
	expect_arm64((uint32_t[]){adrp, 0x94000010, 0xb9400801}, 3, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_of_amd64_are_understood),
		cmocka_unit_test(instructions_without_references_are_passed_over),
		cmocka_unit_test(code_that_is_cut_off_is_refused),
		cmocka_unit_test(no_more_references_are_written_than_there_is_room_for),
		cmocka_unit_test(any_bytes_come_to_an_end),
		cmocka_unit_test(references_of_arm64_are_understood),
	};
	return cmocka_run_group_tests_name("goproc disasm", tests, NULL, NULL);
}
