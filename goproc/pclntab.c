#include "goproc/pclntab.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

/* The header (runtime/symtab.go: pcHeader), as far as it is not in the module data as well. */
enum {
	HEADER_MAGIC_AT = 0,
	HEADER_QUANTUM_AT = 6,
	HEADER_POINTER_AT = 7,
	HEADER_SIZE = 8,
};
#define MAGIC_18 UINT32_C(0xfffffff0) /* Go 1.18 and 1.19 */
#define MAGIC_20 UINT32_C(0xfffffff1) /* since Go 1.20 */

/* A record (runtime/runtime2.go: _func). After its head come the offsets of pcdata tables, then
   those of funcdata. */
enum {
	RECORD_ENTRY_AT = 0,
	RECORD_NAME_AT = 4,
	RECORD_STACK_AT = 16,
	RECORD_FILE_AT = 20,
	RECORD_LINE_AT = 24,
	RECORD_PCDATA_COUNT_AT = 28,
	RECORD_UNIT_AT = 32,
	RECORD_HEAD_18 = 40,
	RECORD_HEAD_20 = 44, /* startLine came in */
	/* The last four bytes of the head. */
	RECORD_ID = -4,
	RECORD_FLAGS = -3,
	RECORD_FUNCDATA_COUNT = -1,
	FLAG_TOP = 1,
	FLAG_MOVES_SP = 2,
	PCDATA_INLINE = 2,   /* index of the inlined call */
	FUNCDATA_INLINE = 3, /* table of inlined calls */
};

/* An inlined call (runtime/symtabinl.go: inlinedCall). */
struct inline_layout {
	uint8_t size, id_at, name_at, parent_at;
};
static const struct inline_layout inline_18 = {20, 2, 12, 16}, inline_20 = {16, 0, 4, 8};

/* The number that compilers give to functions they generated (internal/abi: FuncIDWrapper). */
static const struct {
	int first, id;
} wrapper_ids[] = {{25, 23}, {22, 22}, {18, 21}};

#define NONE          UINT32_MAX
#define PAGE          ((uint64_t)4096)
#define PAGES         64 /* kept; a power of two */
#define SCAN          ((size_t)128 << 10)
#define VALUES_MAX    ((size_t)1 << 20) /* bytes of one table of values */
#define NAME_MAX_SIZE ((size_t)4096)    /* generic functions have long names */

struct page {
	uint64_t number, start, end; /* the part that is there; start == end: nothing */
	uint8_t *bytes;
};

struct pclntab {
	struct memory *memory;
	uint64_t bias;
	struct extent table[MODULE_TABLES]; /* where `memory` has them */
	uint64_t text, etext, gofunc;
	size_t count; /* of functions */
	uint32_t quantum, record_head;
	int wrapper_id;
	const struct inline_layout *inlined;
	struct page page[PAGES];
};

/* ---- bytes ---- */

/* The page that has the address, as far as it belongs to the extent. NULL: not there. */
static const struct page *page_of(struct pclntab *pclntab, struct extent extent, uint64_t address)
{
	uint64_t number = address / PAGE;
	struct page *page = &pclntab->page[(number ^ number >> 6) % PAGES];
	if (page->number == number && address >= page->start && address < page->end)
		return page;
	uint64_t start = number * PAGE, end = extent.start + extent.size;
	if (start < extent.start)
		start = extent.start;
	if (end > number * PAGE + PAGE)
		end = number * PAGE + PAGE;
	page->start = page->end = 0;
	if (!page->bytes && !(page->bytes = malloc(PAGE)))
		return NULL;
	if (memory_read(pclntab->memory, start, page->bytes + (start - number * PAGE),
	                (size_t)(end - start)) != MEMORY_OK)
		return NULL;
	page->number = number;
	page->start = start;
	page->end = end;
	return page;
}

/* n bytes from a table. false: they are not all in it. */
static bool read_table(struct pclntab *pclntab, enum module_table table, uint64_t at, void *to,
                       size_t n)
{
	struct extent extent = pclntab->table[table];
	uint8_t *out = to;
	if (at > extent.size || n > extent.size - at)
		return false;
	for (uint64_t address = extent.start + at; n > 0;) {
		const struct page *page = page_of(pclntab, extent, address);
		if (!page)
			return false;
		size_t part = page->end - address < n ? (size_t)(page->end - address) : n;
		memcpy(out, page->bytes + address % PAGE, part);
		out += part;
		address += part;
		n -= part;
	}
	return true;
}

static bool read_u32(struct pclntab *pclntab, enum module_table table, uint64_t at, uint32_t *value)
{
	uint8_t bytes[4];
	if (!read_table(pclntab, table, at, bytes, sizeof bytes))
		return false;
	*value = memory_u32(bytes);
	return true;
}

static void read_string(struct pclntab *pclntab, enum module_table table, uint32_t at, char *to,
                        size_t size)
{
	char raw[NAME_MAX_SIZE];
	uint64_t left = at < pclntab->table[table].size ? pclntab->table[table].size - at : 0;
	size_t n = size < sizeof raw ? size : sizeof raw;
	if (left < n)
		n = (size_t)left;
	if (!read_table(pclntab, table, at, raw, n))
		n = 0;
	text_clean(to, size, raw, strnlen(raw, n));
}

void pclntab_name(struct pclntab *pclntab, uint32_t name, char *to, size_t size)
{
	read_string(pclntab, MODULE_NAMES, name, to, size);
}

void pclntab_file(struct pclntab *pclntab, uint32_t file, char *to, size_t size)
{
	read_string(pclntab, MODULE_FILES, file, to, size);
}

/* ---- opening ---- */

static enum status check_header(struct pclntab *pclntab, uint64_t address, struct error *error)
{
	uint8_t header[HEADER_SIZE];
	if (memory_read(pclntab->memory, address - pclntab->bias, header, sizeof header) != MEMORY_OK)
		return error_set(error, STATUS_FAILED, "has no table of functions where it should be");
	uint32_t magic = memory_u32(header + HEADER_MAGIC_AT);
	if (magic != MAGIC_18 && magic != MAGIC_20)
		return error_set(error, STATUS_FAILED,
		                 "has a table of functions of an unknown kind (%08x), as obfuscators make",
		                 (unsigned)magic);
	pclntab->quantum = header[HEADER_QUANTUM_AT];
	if (header[HEADER_POINTER_AT] != 8 || (pclntab->quantum != 1 && pclntab->quantum != 4))
		return error_set(error, STATUS_FAILED, "has a damaged table of functions");
	pclntab->record_head = magic == MAGIC_18 ? RECORD_HEAD_18 : RECORD_HEAD_20;
	pclntab->inlined = magic == MAGIC_18 ? &inline_18 : &inline_20;
	return STATUS_OK;
}

static bool take_module(struct pclntab *pclntab, const struct moduledata *module)
{
	for (size_t i = 0; i < MODULE_TABLES; i++) {
		pclntab->table[i] = module->table[i];
		if (module->table[i].start < pclntab->bias || module->table[i].size == 0)
			return false;
		pclntab->table[i].start -= pclntab->bias;
	}
	pclntab->text = module->text;
	pclntab->etext = module->etext;
	pclntab->gofunc = module->gofunc;
	/* The last entry is the end of the last function. */
	pclntab->count = (size_t)(module->table[MODULE_FUNCTIONS].size / 8 - 1);
	return pclntab->count > 0 && module->pclntab >= pclntab->bias;
}

enum status pclntab_create(struct pclntab **out, struct memory *memory,
                           const struct moduledata *module, uint64_t bias, int minor,
                           struct error *error)
{
	struct pclntab *pclntab = calloc(1, sizeof *pclntab);
	*out = NULL;
	if (!pclntab)
		return error_no_memory(error);
	pclntab->memory = memory;
	pclntab->bias = bias;
	pclntab->wrapper_id = -1;
	for (size_t i = sizeof wrapper_ids / sizeof *wrapper_ids; i-- > 0;) {
		if (minor >= wrapper_ids[i].first)
			pclntab->wrapper_id = wrapper_ids[i].id;
	}
	enum status status = STATUS_OK;
	if (take_module(pclntab, module))
		status = check_header(pclntab, module->pclntab, error);
	else
		status = error_set(error, STATUS_FAILED, "has a damaged table of functions");
	if (status != STATUS_OK) {
		pclntab_destroy(pclntab);
		return status;
	}
	*out = pclntab;
	return STATUS_OK;
}

void pclntab_destroy(struct pclntab *pclntab)
{
	if (!pclntab)
		return;
	for (size_t i = 0; i < PAGES; i++)
		free(pclntab->page[i].bytes);
	free(pclntab);
}

/* ---- functions ---- */

/* Entry i of the table by address: {offset of the code, offset of the record}. */
static bool read_entry(struct pclntab *pclntab, size_t i, uint32_t *code, uint32_t *record)
{
	return read_u32(pclntab, MODULE_FUNCTIONS, (uint64_t)i * 8, code) &&
	       (!record || read_u32(pclntab, MODULE_FUNCTIONS, (uint64_t)i * 8 + 4, record));
}

static bool fill_function(struct pclntab *pclntab, size_t i, struct pclntab_function *function)
{
	uint8_t head[RECORD_HEAD_20];
	uint32_t code, next, record;
	if (!read_entry(pclntab, i, &code, &record) || !read_entry(pclntab, i + 1, &next, NULL) ||
	    next <= code || next > pclntab->etext - pclntab->text ||
	    !read_table(pclntab, MODULE_RECORDS, record, head, pclntab->record_head) ||
	    memory_u32(head + RECORD_ENTRY_AT) != code)
		return false;
	const uint8_t *tail = head + pclntab->record_head;
	*function = (struct pclntab_function){
		.entry = pclntab->text + code,
		.end = pclntab->text + next,
		.name = memory_u32(head + RECORD_NAME_AT),
		.record = record,
		.is_top = tail[RECORD_FLAGS] & FLAG_TOP,
		.moves_sp = tail[RECORD_FLAGS] & FLAG_MOVES_SP,
		.is_wrapper = tail[RECORD_ID] == pclntab->wrapper_id,
	};
	return true;
}

bool pclntab_find(struct pclntab *pclntab, uint64_t pc, struct pclntab_function *function)
{
	if (pc < pclntab->text || pc >= pclntab->etext)
		return false;
	uint64_t at = pc - pclntab->text;
	size_t low = 0, high = pclntab->count; /* the last one that starts at or before it */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		uint32_t code;
		if (!read_entry(pclntab, middle, &code, NULL))
			return false;
		if (code <= at)
			low = middle;
		else
			high = middle;
	}
	return fill_function(pclntab, low, function) && pc >= function->entry && pc < function->end;
}

/* Where the names are in their table; NONE: there is no such function. */
static bool find_names(struct pclntab *pclntab, const char *const *names, size_t n, uint32_t *at)
{
	struct extent extent = pclntab->table[MODULE_NAMES];
	char *window = malloc(SCAN);
	bool done = window && extent.size <= UINT32_MAX;
	size_t missing = n;
	for (size_t i = 0; i < n; i++)
		at[i] = NONE;
	/* Windows overlap, so that every name is whole in one of them. The runtime's come early. */
	for (uint64_t from = 0; done && missing > 0 && from < extent.size;) {
		size_t size = extent.size - from < SCAN ? (size_t)(extent.size - from) : SCAN;
		done = memory_read(pclntab->memory, extent.start + from, window, size) == MEMORY_OK;
		for (size_t i = 0; done && i < n; i++) {
			size_t length = strlen(names[i]) + 1; /* the terminator must match too */
			const char *end = window + size;
			for (const char *hit = window; at[i] == NONE; hit++) {
				hit = memmem(hit, (size_t)(end - hit), names[i], length);
				if (!hit)
					break;
				if (hit == window ? from == 0 : hit[-1] == '\0') {
					at[i] = (uint32_t)(from + (uint64_t)(hit - window));
					missing--;
				}
			}
		}
		from += size < SCAN ? size : SCAN - NAME_MAX_SIZE;
	}
	free(window);
	return done;
}

size_t pclntab_find_named(struct pclntab *pclntab, const char *const *names, size_t n,
                          struct pclntab_function *functions)
{
	enum { ENTRIES = 512 };
	uint8_t entries[ENTRIES * 8];
	uint32_t at[PCLNTAB_NAMES_MAX];
	size_t found = 0, there = 0;
	memset(functions, 0, n * sizeof *functions);
	if (n > PCLNTAB_NAMES_MAX || !find_names(pclntab, names, n, at))
		return 0;
	for (size_t k = 0; k < n; k++)
		there += at[k] != NONE;
	for (size_t i = 0; i < pclntab->count && found < there; i += ENTRIES) {
		size_t batch = pclntab->count - i < ENTRIES ? pclntab->count - i : ENTRIES;
		if (!read_table(pclntab, MODULE_FUNCTIONS, (uint64_t)i * 8, entries, batch * 8))
			break;
		for (size_t j = 0; j < batch && found < there; j++) {
			uint64_t record = memory_u32(entries + j * 8 + 4);
			uint32_t name;
			if (!read_u32(pclntab, MODULE_RECORDS, record + RECORD_NAME_AT, &name))
				continue;
			for (size_t k = 0; k < n; k++) {
				if (at[k] == name && functions[k].entry == 0)
					found += fill_function(pclntab, i + j, &functions[k]);
			}
		}
	}
	return found;
}

/* ---- what changes with the address ---- */

struct cursor {
	uint64_t at;
	size_t left;
	bool bad;
};

static uint32_t take_varint(struct pclntab *pclntab, struct cursor *cursor)
{
	struct extent extent = pclntab->table[MODULE_VALUES];
	uint32_t value = 0;
	for (unsigned shift = 0; shift < 32; shift += 7) {
		const struct page *page = NULL;
		if (cursor->left > 0 && cursor->at < extent.size)
			page = page_of(pclntab, extent, extent.start + cursor->at);
		if (!page)
			break;
		uint8_t byte = page->bytes[(extent.start + cursor->at) % PAGE];
		cursor->at++;
		cursor->left--;
		value |= (uint32_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	cursor->bad = true;
	return 0;
}

/* runtime/symtab.go: pcvalue. Pairs of differences: value (zig-zag) and code until which it holds;
   a difference of 0 in the value ends the table. */
static bool value_at(struct pclntab *pclntab, uint32_t table, uint64_t into, int32_t *value)
{
	struct cursor cursor = {.at = table, .left = VALUES_MAX};
	uint32_t now = UINT32_MAX; /* -1; arithmetic wraps as the runtime's does */
	uint64_t until = 0;
	if (table == 0)
		return false;
	for (bool first = true; !cursor.bad; first = false) {
		uint32_t change = take_varint(pclntab, &cursor);
		if (change == 0 && !first)
			return false;
		now += (change & 1) ? ~(change >> 1) : change >> 1;
		until += (uint64_t)take_varint(pclntab, &cursor) * pclntab->quantum;
		if (!cursor.bad && into < until) {
			*value = (int32_t)now;
			return true;
		}
	}
	return false;
}

static bool record_value(struct pclntab *pclntab, const struct pclntab_function *function,
                         uint32_t table_at, uint64_t pc, int32_t *value)
{
	uint32_t table;
	return pc >= function->entry && pc < function->end &&
	       read_u32(pclntab, MODULE_RECORDS, (uint64_t)function->record + table_at, &table) &&
	       value_at(pclntab, table, pc - function->entry, value);
}

bool pclntab_stack_bytes(struct pclntab *pclntab, const struct pclntab_function *function,
                         uint64_t pc, uint32_t *bytes)
{
	int32_t value;
	if (!record_value(pclntab, function, RECORD_STACK_AT, pc, &value) || value < 0)
		return false;
	*bytes = (uint32_t)value;
	return true;
}

static void fill_line(struct pclntab *pclntab, const struct pclntab_function *function, uint64_t pc,
                      struct pclntab_frame *frame)
{
	int32_t line, number;
	uint32_t unit, file;
	frame->file = PCLNTAB_NO_FILE;
	if (!record_value(pclntab, function, RECORD_LINE_AT, pc, &line) || line < 0 ||
	    !record_value(pclntab, function, RECORD_FILE_AT, pc, &number) || number < 0 ||
	    !read_u32(pclntab, MODULE_RECORDS, (uint64_t)function->record + RECORD_UNIT_AT, &unit) ||
	    !read_u32(pclntab, MODULE_UNITS, ((uint64_t)unit + (uint32_t)number) * 4, &file))
		return;
	frame->file = file;
	frame->line = file == PCLNTAB_NO_FILE ? 0 : line;
}

/* ---- inlined calls ---- */

struct inlines {
	uint32_t values_at; /* in the record: the table of indexes; 0: nothing was inlined */
	uint64_t tree;
};

static struct inlines find_inlines(struct pclntab *pclntab, const struct pclntab_function *function)
{
	struct inlines none = {0};
	uint32_t pcdata, offset;
	uint8_t funcdata;
	uint64_t record = function->record, tail = record + pclntab->record_head;
	if (!read_u32(pclntab, MODULE_RECORDS, record + RECORD_PCDATA_COUNT_AT, &pcdata) ||
	    !read_table(pclntab, MODULE_RECORDS, tail - 1, &funcdata, 1) || pcdata <= PCDATA_INLINE ||
	    funcdata <= FUNCDATA_INLINE ||
	    !read_u32(pclntab, MODULE_RECORDS, tail + ((uint64_t)pcdata + FUNCDATA_INLINE) * 4,
	              &offset) ||
	    offset == NONE || pclntab->gofunc < pclntab->bias)
		return none;
	return (struct inlines){pclntab->record_head + PCDATA_INLINE * 4,
	                        pclntab->gofunc - pclntab->bias + offset};
}

size_t pclntab_frames(struct pclntab *pclntab, const struct pclntab_function *function, uint64_t pc,
                      struct pclntab_frame *frames, size_t max)
{
	const struct inline_layout *layout = pclntab->inlined;
	struct inlines inlines = find_inlines(pclntab, function);
	size_t n = 0;
	while (n < max && pc >= function->entry && pc < function->end) {
		struct pclntab_frame *frame = &frames[n++];
		*frame = (struct pclntab_frame){.name = function->name, .is_wrapper = function->is_wrapper};
		fill_line(pclntab, function, pc, frame);
		int32_t index;
		uint8_t call[20];
		if (inlines.values_at == 0 ||
		    !record_value(pclntab, function, inlines.values_at, pc, &index) || index < 0 ||
		    memory_read(pclntab->memory, inlines.tree + (uint64_t)(uint32_t)index * layout->size,
		                call, layout->size) != MEMORY_OK)
			break;
		frame->name = memory_u32(call + layout->name_at);
		frame->is_inlined = true;
		frame->is_wrapper = call[layout->id_at] == pclntab->wrapper_id;
		pc = function->entry + memory_u32(call + layout->parent_at);
	}
	return n;
}
