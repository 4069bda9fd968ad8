#include "tests/unit/goproc_elf.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "goproc/memory.h"
#include "tests/unit/goproc_tables.h"

#define CAPACITY ((size_t)64 << 10)

/* ---- bytes ---- */

static size_t put(struct go_elf *elf, const void *bytes, size_t n)
{
	size_t at = elf->n;
	if (n > CAPACITY - at)
		abort();
	memcpy(elf->bytes + at, bytes, n);
	elf->n += n;
	return at;
}

static void put_u64(struct go_elf *elf, size_t at, uint64_t value)
{
	memcpy(elf->bytes + at, &value, sizeof value);
}

static void align(struct go_elf *elf, size_t to)
{
	while (elf->n % to)
		elf->bytes[elf->n++] = 0;
}

static size_t put_zeros(struct go_elf *elf, size_t n)
{
	size_t at = elf->n;
	if (n > CAPACITY - at)
		abort();
	elf->n += n; /* the buffer is zeroed */
	return at;
}

/* A length of at most 16383 as a varint, then the text. */
static void put_string(struct go_elf *elf, const char *text, size_t n)
{
	uint8_t length[2] = {(uint8_t)(n & 0x7f), (uint8_t)(n >> 7)};
	if (n > 0x7f)
		length[0] |= 0x80;
	put(elf, length, n > 0x7f ? 2 : 1);
	put(elf, text, n);
}

/* ---- type descriptors: internal/abi ---- */

enum { KIND_INT = 6, KIND_SLICE = 23, KIND_STRING = 24, KIND_STRUCT = 25 };

struct member {
	const char *name;
	int kind;
	size_t size;
	const struct member *members; /* of a struct, ended by a nameless one */
};

#define WORD(name, size)           \
	{                              \
		name, KIND_INT, size, NULL \
	}
#define STRUCT(name, size, inner)      \
	{                                  \
		name, KIND_STRUCT, size, inner \
	}
#define END              \
	{                    \
		NULL, 0, 0, NULL \
	}

static const struct member atomic_u64[] = {WORD("noCopy", 0), WORD("value", 8), END};
static const struct member atomic_u32[] = {WORD("noCopy", 0), WORD("value", 4), END};
static const struct member g_list[] = {WORD("head", 8), WORD("size", 4), END};
static const struct member timers[] = {WORD("mu", 8), {"heap", KIND_SLICE, 24, NULL}, END};
static const struct member limiter_event[] = {STRUCT("stamp", 8, atomic_u64), END};
static const struct member p_members[] = {
	WORD("id", 4),
	WORD("status", 4),
	WORD("link", 8),
	WORD("schedtick", 4),
	WORD("syscalltick", 4),
	WORD("m", 8),
	WORD("runqhead", 4),
	WORD("runqtail", 4),
	WORD("runq", 2048),
	WORD("runnext", 8),
	STRUCT("gFree", 16, g_list),
	STRUCT("timers", 32, timers),
	STRUCT("limiterEvent", 8, limiter_event),
	WORD("gcMarkWorkerMode", 8),
	WORD("goroutinesCreated", 8),
	END,
};
static const struct member lock_profile[] = {STRUCT("waitTime", 8, atomic_u64), END};
static const struct member m_members[] = {
	WORD("g0", 8),
	WORD("procid", 8),
	WORD("curg", 8),
	WORD("p", 8),
	WORD("id", 8),
	WORD("mallocing", 4),
	WORD("throwing", 4),
	{"preemptoff", KIND_STRING, 16, NULL},
	WORD("locks", 4),
	WORD("dying", 4),
	WORD("spinning", 1),
	WORD("blocked", 1),
	WORD("incgo", 1),
	WORD("pad", 5),
	WORD("alllink", 8),
	WORD("lockedg", 8),
	WORD("syscalltick", 4),
	WORD("pad", 4),
	STRUCT("mLockProfile", 8, lock_profile),
	END,
};
static const struct member stack[] = {WORD("lo", 8), WORD("hi", 8), END};
static const struct member gobuf[] = {WORD("sp", 8), WORD("pc", 8), END};
static const struct member g_members[] = {
	STRUCT("stack", 16, stack),
	STRUCT("atomicstatus", 4, atomic_u32),
	WORD("stackLock", 4),
	WORD("goid", 8),
	WORD("startpc", 8),
	WORD("m", 8),
	STRUCT("sched", 16, gobuf),
	WORD("syscallsp", 8),
	WORD("syscallpc", 8),
	WORD("waitsince", 8),
	WORD("waitreason", 1),
	WORD("trackingSeq", 1),
	WORD("pad", 6),
	WORD("trackingStamp", 8),
	WORD("lockedm", 8),
	WORD("gopc", 8),
	END,
};

static uint64_t address_of(size_t at)
{
	return GO_ELF_BASE + at;
}

static size_t put_name(struct go_elf *elf, const char *name)
{
	size_t at = put(elf, "\0", 1); /* flags */
	put_string(elf, name, strlen(name));
	return at;
}

/* Returns the address of the descriptor. `name` carries a * in front. Offsets rise as members come.
 */
static uint64_t put_type(struct go_elf *elf, int minor, const char *name, const struct member *of)
{
	enum { SIZE_AT = 0, FLAG_AT = 20, KIND_AT = 23, NAME_AT = 40, FIELDS_AT = 56, HEAD = 80 };
	size_t count = 0;
	while (of->members && of->members[count].name)
		count++;
	size_t stored = put_name(elf, name);
	align(elf, 8);
	size_t fields = put_zeros(elf, count * 24);
	uint64_t offset = 0;
	for (size_t i = 0; i < count; i++) {
		const struct member *member = &of->members[i];
		size_t member_name = put_name(elf, member->name);
		put_u64(elf, fields + i * 24, address_of(member_name));
		put_u64(elf, fields + i * 24 + 8, put_type(elf, minor, "*atomic.Some", member));
		put_u64(elf, fields + i * 24 + 16, minor <= 18 ? offset << 1 : offset);
		offset += member->size;
	}
	align(elf, 8);
	size_t head = put_zeros(elf, HEAD);
	put_u64(elf, head + SIZE_AT, of->size);
	elf->bytes[head + FLAG_AT] = 2;
	elf->bytes[head + KIND_AT] = (uint8_t)of->kind;
	uint32_t name_offset = (uint32_t)(stored - elf->types);
	memcpy(elf->bytes + head + NAME_AT, &name_offset, sizeof name_offset);
	put_u64(elf, head + FIELDS_AT, address_of(fields));
	put_u64(elf, head + FIELDS_AT + 8, count);
	return address_of(head);
}

/* ---- sections ---- */

enum { SEGMENT_READ, SEGMENT_WRITE, SEGMENT_CODE, SEGMENTS };
enum { NONE, BUILDINFO, PCLNTAB, NOPTRDATA, RODATA, SYMTAB, STRTAB, SHSTRTAB, SECTIONS };
static const char *const section_names[SECTIONS] = {
	"", ".go.buildinfo", ".gopclntab", ".noptrdata", ".rodata", ".symtab", ".strtab", ".shstrtab",
};

static void put_buildinfo(struct go_elf *elf, const char *version, const char *modules)
{
	static const char header[32] = "\xff Go buildinf:\x08\x02";
	static const char marker[16] = "0w\xaf\x0c\x92t\x08\x02"
								   "A\xe1\xc1\x07\xe6\xd6\x18\xe6";
	char wrapped[4096];
	size_t n = strlen(modules);
	if (n > sizeof wrapped - 2 * sizeof marker)
		abort();
	memcpy(wrapped, marker, sizeof marker);
	memcpy(wrapped + sizeof marker, modules, n);
	memcpy(wrapped + sizeof marker + n, marker, sizeof marker);
	put(elf, header, sizeof header);
	put_string(elf, version, strlen(version));
	put_string(elf, wrapped, n + 2 * sizeof marker);
}

#define AFTER_SCHED (GO_ELF_SCHED + GO_ELF_SCHED_SIZE)
const struct globals go_elf_globals = {
	.sched = GO_ELF_SCHED,
	.allp = AFTER_SCHED,
	.allm = AFTER_SCHED + 0x40,
	.gomaxprocs = AFTER_SCHED + 0x60,
	.allglen = AFTER_SCHED + 0x80,
	.allgptr = AFTER_SCHED + 0xa0,
};

static void put_symbols(struct go_elf *elf, size_t *symtab, size_t *strtab)
{
	const struct {
		const char *name;
		uint64_t address, size;
		unsigned char type;
	} symbols[] = {
		{"", 0, 0, 0},
		{"main.worker", GO_ELF_WORKER, 64, STT_FUNC},
		{"main.main", GO_ELF_MAIN, 64, STT_FUNC},
		{"runtime.schedule", GO_ELF_SCHED - 64, 8, STT_OBJECT},
		{"runtime.sched", GO_ELF_SCHED, GO_ELF_SCHED_SIZE, STT_OBJECT},
		{"runtime.allp", go_elf_globals.allp, 24, STT_OBJECT},
		{"runtime.allm", go_elf_globals.allm, 8, STT_OBJECT},
		{"runtime.gomaxprocs", go_elf_globals.gomaxprocs, 4, STT_OBJECT},
		{"runtime.allglen", go_elf_globals.allglen, 8, STT_OBJECT},
		{"runtime.allgptr", go_elf_globals.allgptr, 8, STT_OBJECT},
	};
	enum { COUNT = sizeof symbols / sizeof *symbols };
	Elf64_Sym table[COUNT] = {0};
	align(elf, 8);
	*symtab = put(elf, table, sizeof table);
	*strtab = elf->n;
	for (size_t i = 0; i < COUNT; i++) {
		table[i] = (Elf64_Sym){
			.st_name = (Elf64_Word)(elf->n - *strtab),
			.st_info = ELF64_ST_INFO(STB_LOCAL, symbols[i].type),
			.st_shndx = i ? NOPTRDATA : SHN_UNDEF,
			.st_value = symbols[i].address,
			.st_size = symbols[i].size,
		};
		put(elf, symbols[i].name, strlen(symbols[i].name) + 1);
	}
	memcpy(elf->bytes + *symtab, table, sizeof table);
}

static struct tables put_tables(struct go_elf *elf, int minor)
{
	uint8_t bytes[TABLES_SIZE] = {0};
	struct tables tables = tables_write(bytes, minor);
	put(elf, bytes, tables.n);
	return tables;
}

/* Where the code is in the file. */
static size_t put_code(struct go_elf *elf, int minor)
{
	uint8_t code[TABLES_END];
	tables_write_code(code, GO_ELF_TEXT, layout_find(minor), &go_elf_globals);
	return put(elf, code, sizeof code);
}

static Elf64_Phdr make_segment(size_t offset, uint64_t address, size_t size, uint32_t flags)
{
	return (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = flags,
		.p_offset = offset,
		.p_vaddr = address,
		.p_filesz = size,
		.p_memsz = size,
	};
}

static void put_word(struct go_elf *elf, size_t moduledata, size_t i, uint64_t value)
{
	put_u64(elf, moduledata + i * sizeof value, value);
}

static void put_module_tables(struct go_elf *elf, size_t moduledata, uint64_t pclntab,
                              const struct tables *tables)
{
	static const size_t element[MODULE_TABLES] = {1, 4, 1, 1, 1, 8};
	put_word(elf, moduledata, 0, pclntab);
	for (size_t i = 0; i < MODULE_TABLES; i++) {
		uint64_t count = tables->table[i].size / element[i];
		put_word(elf, moduledata, 1 + 3 * i, pclntab + tables->table[i].start);
		put_word(elf, moduledata, 2 + 3 * i, count);
		put_word(elf, moduledata, 3 + 3 * i, count);
	}
}

struct go_elf go_elf_create(int minor, const char *version, const char *modules)
{
	struct go_elf elf = {.bytes = calloc(1, CAPACITY)};
	if (!elf.bytes)
		abort();
	Elf64_Shdr section[SECTIONS] = {0};
	Elf64_Phdr segment[SEGMENTS] = {{0}};
#define BEGIN(id, kind, allocated)                    \
	align(&elf, 16);                                  \
	section[id].sh_type = kind;                       \
	section[id].sh_flags = allocated ? SHF_ALLOC : 0; \
	section[id].sh_offset = elf.n;                    \
	section[id].sh_addr = allocated ? address_of(elf.n) : 0
#define FINISH(id) section[id].sh_size = elf.n - section[id].sh_offset

	put_zeros(&elf, sizeof(Elf64_Ehdr) + sizeof segment);
	BEGIN(BUILDINFO, SHT_PROGBITS, 1);
	put_buildinfo(&elf, version, modules);
	FINISH(BUILDINFO);
	elf.buildinfo = section[BUILDINFO].sh_offset;
	elf.buildinfo_n = section[BUILDINFO].sh_size;
	BEGIN(PCLNTAB, SHT_PROGBITS, 1);
	struct tables tables = put_tables(&elf, minor);
	FINISH(PCLNTAB);
	BEGIN(RODATA, SHT_PROGBITS, 1);
	elf.types = elf.n;
	put_type(&elf, minor, "*runtime.g", &(struct member)STRUCT("g", 128, g_members));
	put_type(&elf, minor, "*runtime.m", &(struct member)STRUCT("m", 112, m_members));
	put_type(&elf, minor, "*runtime.p", &(struct member)STRUCT("p", 2160, p_members));
	elf.types_n = elf.n - elf.types;
	FINISH(RODATA);
	BEGIN(NOPTRDATA, SHT_PROGBITS, 1);
	put_zeros(&elf, 24); /* something else comes first */
	size_t moduledata = put_zeros(&elf, 48 * sizeof(uint64_t));
	size_t first_types = minor >= 20 ? 37 : 35;
	put_module_tables(&elf, moduledata, section[PCLNTAB].sh_addr, &tables);
	put_word(&elf, moduledata, 22, GO_ELF_TEXT);
	put_word(&elf, moduledata, 23, GO_ELF_ETEXT);
	put_word(&elf, moduledata, first_types, address_of(elf.types));
	put_word(&elf, moduledata, first_types + (minor >= 27 ? 2 : 1),
	         address_of(elf.types + elf.types_n));
	put_word(&elf, moduledata, first_types + (minor >= 27 ? 6 : 3),
	         section[PCLNTAB].sh_addr + tables.gofunc);
	put_word(&elf, moduledata, 28, GO_ELF_SCHED); /* bss */
	put_word(&elf, moduledata, 29, GO_ELF_SCHED + GO_ELF_SCHED_SIZE + 0x1000);
	FINISH(NOPTRDATA);
	segment[SEGMENT_READ] = make_segment(0, GO_ELF_BASE, section[NOPTRDATA].sh_offset, PF_R);
	segment[SEGMENT_WRITE] = make_segment(section[NOPTRDATA].sh_offset, section[NOPTRDATA].sh_addr,
	                                      section[NOPTRDATA].sh_size, PF_R | PF_W);
	segment[SEGMENT_CODE] =
		make_segment(put_code(&elf, minor), GO_ELF_TEXT, TABLES_END, PF_R | PF_X);
	BEGIN(SYMTAB, SHT_SYMTAB, 0);
	size_t symtab, strtab;
	put_symbols(&elf, &symtab, &strtab);
	section[SYMTAB].sh_offset = symtab;
	section[SYMTAB].sh_size = strtab - symtab;
	section[SYMTAB].sh_link = STRTAB;
	section[SYMTAB].sh_entsize = sizeof(Elf64_Sym);
	section[STRTAB] =
		(Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = strtab, .sh_size = elf.n - strtab};
	BEGIN(SHSTRTAB, SHT_STRTAB, 0);
	for (size_t i = 0; i < SECTIONS; i++) {
		section[i].sh_name = (Elf64_Word)(elf.n - section[SHSTRTAB].sh_offset);
		put(&elf, section_names[i], strlen(section_names[i]) + 1);
	}
	FINISH(SHSTRTAB);
#undef BEGIN
#undef FINISH

	align(&elf, 8);
	Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = GO_ELF_MAIN,
		.e_phoff = sizeof header,
		.e_phentsize = sizeof segment[0],
		.e_phnum = SEGMENTS,
		.e_shoff = elf.n,
		.e_ehsize = sizeof header,
		.e_shentsize = sizeof section[0],
		.e_shnum = SECTIONS,
		.e_shstrndx = SHSTRTAB,
	};
	put(&elf, section, sizeof section);
	memcpy(elf.bytes, &header, sizeof header);
	memcpy(elf.bytes + sizeof header, segment, sizeof segment);
	return elf;
}

void go_elf_drop_sections(struct go_elf *elf)
{
	Elf64_Ehdr header;
	memcpy(&header, elf->bytes, sizeof header);
	header.e_shoff = 0;
	header.e_shnum = header.e_shstrndx = 0;
	memcpy(elf->bytes, &header, sizeof header);
}

void go_elf_finish(struct go_elf *elf)
{
	free(elf->bytes);
	*elf = (struct go_elf){0};
}
