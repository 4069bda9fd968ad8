#include "tests/unit/goproc_tables.h"

#include <stdlib.h>
#include <string.h>

struct writer {
	uint8_t *bytes;
	size_t n;
};

static size_t put(struct writer *writer, const void *bytes, size_t n)
{
	size_t at = writer->n;
	if (n > TABLES_SIZE - at)
		abort();
	memcpy(writer->bytes + at, bytes, n);
	writer->n += n;
	return at;
}

static size_t put_u32(struct writer *writer, uint32_t value)
{
	return put(writer, &value, sizeof value);
}

static void put_varint(struct writer *writer, uint32_t value)
{
	for (; value > 0x7f; value >>= 7)
		put(writer, &(uint8_t){(uint8_t)(value | 0x80)}, 1);
	put(writer, &(uint8_t){(uint8_t)value}, 1);
}

struct step {
	int32_t value;
	uint32_t until; /* from the entry; 0 ends the list */
};

/* The steps as differences; the offset from `base`. */
static uint32_t put_values(struct writer *writer, size_t base, const struct step *steps)
{
	uint32_t at = (uint32_t)(writer->n - base), until = 0;
	int32_t value = -1;
	for (; steps->until; steps++) {
		int32_t change = steps->value - value;
		put_varint(writer, change < 0 ? ((uint32_t)-change << 1) - 1 : (uint32_t)change << 1);
		put_varint(writer, steps->until - until);
		value = steps->value;
		until = steps->until;
	}
	put(writer, "", 1);
	return at;
}

enum {
	NAME_MAIN,
	NAME_WORKER,
	NAME_MIDDLE,
	NAME_INNER,
	NAME_GOEXIT,
	NAME_SCHEDTRACE,
	NAME_GOROUTINES,
	NAME_MARK,
	NAME_MARK_END,
	NAMES
};

struct function {
	uint32_t entry, name, stack, file, line, inlined; /* offsets of tables of values; 0: none */
	uint8_t flags;
};

static uint32_t put_record(struct writer *writer, size_t base, int minor,
                           const struct function *function)
{
	while (writer->n % 4)
		put(writer, "", 1);
	uint32_t at = (uint32_t)(writer->n - base);
	const uint32_t words[] = {
		function->entry, function->name, 0, 0, function->stack,
		function->file,  function->line, 3, 0,
	};
	put(writer, words, sizeof words);
	if (minor >= 20)
		put_u32(writer, 1);                                 /* startLine */
	put(writer, (uint8_t[]){0, function->flags, 0, 4}, 4);  /* id, flags, padding, funcdata */
	put(writer, (uint32_t[]){0, 0, function->inlined}, 12); /* pcdata */
	put(writer,
	    (uint32_t[]){UINT32_MAX, UINT32_MAX, UINT32_MAX, /* funcdata */
	                 function->inlined ? 0 : UINT32_MAX},
	    16);
	return at;
}

static void put_inlined_call(struct writer *writer, int minor, uint32_t name, uint32_t parent)
{
	if (minor >= 20)
		put(writer, (uint32_t[]){0, name, parent, 1}, 16);
	else
		put(writer, (uint32_t[]){0, 0, 0, name, parent}, 20);
}

struct tables tables_write(uint8_t bytes[TABLES_SIZE], int minor)
{
	static const char *const names[NAMES] = {
		"main.main",
		"main.worker",
		"main.middle",
		"main.inner",
		"runtime.goexit",
		"runtime.schedtrace",
		"runtime.forEachGRace",
		"runtime.gcMark",
		"runtime.gcMarkTermination",
	};
	struct writer writer = {.bytes = bytes};
	struct tables tables = {0};
	uint32_t name[NAMES];
#define BEGIN(id)  tables.table[id].start = writer.n
#define FINISH(id) tables.table[id].size = writer.n - tables.table[id].start
	put_u32(&writer, minor >= 20 ? 0xfffffff1 : 0xfffffff0);
	put(&writer, "\0\0\x01\x08", 4);
	writer.n = 72; /* the rest of the header is in the module data as well */
	BEGIN(MODULE_NAMES);
	put(&writer, "", 1);
	for (size_t i = 0; i < NAMES; i++)
		name[i] = (uint32_t)(put(&writer, names[i], strlen(names[i]) + 1) -
		                     tables.table[MODULE_NAMES].start);
	FINISH(MODULE_NAMES);
	writer.n += -writer.n % 4;
	BEGIN(MODULE_UNITS);
	put(&writer, (uint32_t[]){1, 9}, 8);
	FINISH(MODULE_UNITS);
	BEGIN(MODULE_FILES);
	put(&writer, "\0main.go\0inner.go", 18);
	FINISH(MODULE_FILES);

	BEGIN(MODULE_VALUES);
	size_t values = writer.n;
	put(&writer, "", 1);
	uint32_t first_file = put_values(&writer, values, (struct step[]){{0, 0x400}, {0, 0}});
	uint32_t main_line =
		put_values(&writer, values, (struct step[]){{TABLES_MAIN_LINE, 0x300}, {0, 0}});
	uint32_t worker_file = put_values(
		&writer, values,
		(struct step[]){{0, TABLES_INNER_AT}, {1, TABLES_INNER_END}, {0, 0x400}, {0, 0}});
	uint32_t worker_line = put_values(&writer, values,
	                                  (struct step[]){{TABLES_WORKER_LINE, TABLES_MIDDLE_AT},
	                                                  {TABLES_MIDDLE_LINE, TABLES_INNER_AT},
	                                                  {TABLES_INNER, TABLES_INNER_END},
	                                                  {TABLES_WORKER_LINE + 1, 0x400},
	                                                  {0, 0}});
	uint32_t worker_inlined = put_values(&writer, values,
	                                     (struct step[]){{-1, TABLES_MIDDLE_AT},
	                                                     {0, TABLES_INNER_AT},
	                                                     {1, TABLES_INNER_END},
	                                                     {-1, 0x400},
	                                                     {0, 0}});
	uint32_t worker_stack =
		put_values(&writer, values, (struct step[]){{0, 8}, {TABLES_WORKER_STACK, 0x400}, {0, 0}});
	uint32_t other_line = put_values(&writer, values, (struct step[]){{1, 0x100}, {0, 0}});
	FINISH(MODULE_VALUES);

	writer.n += -writer.n % 8;
	BEGIN(MODULE_RECORDS);
	size_t records = writer.n;
	const struct function functions[] = {
		{TABLES_MAIN, name[NAME_MAIN], 0, first_file, main_line, 0, 0},
		{TABLES_WORKER, name[NAME_WORKER], worker_stack, worker_file, worker_line, worker_inlined,
	     0},
		{TABLES_GOEXIT, name[NAME_GOEXIT], 0, first_file, other_line, 0, 1},
		{TABLES_SCHEDTRACE, name[NAME_SCHEDTRACE], 0, first_file, other_line, 0, 0},
		{TABLES_GOROUTINES, name[NAME_GOROUTINES], 0, first_file, other_line, 0, 0},
		{TABLES_MARK, name[NAME_MARK], 0, first_file, other_line, 0, 0},
		{TABLES_MARK_END, name[NAME_MARK_END], 0, first_file, other_line, 0, 0},
	};
	enum { COUNT = sizeof functions / sizeof *functions };
	uint32_t entries[2 * COUNT + 2] = {[2 * COUNT] = TABLES_END};
	writer.n += sizeof entries; /* the table by address comes first */
	for (size_t i = 0; i < COUNT; i++) {
		entries[2 * i] = functions[i].entry;
		entries[2 * i + 1] = put_record(&writer, records, minor, &functions[i]);
	}
	memcpy(bytes + records, entries, sizeof entries);
	FINISH(MODULE_RECORDS);
	tables.table[MODULE_FUNCTIONS] = (struct extent){records, sizeof entries};
#undef BEGIN
#undef FINISH

	tables.gofunc = writer.n;
	put_inlined_call(&writer, minor, name[NAME_MIDDLE], TABLES_MIDDLE_AT - 4);
	put_inlined_call(&writer, minor, name[NAME_INNER], TABLES_INNER_AT - 4);
	tables.n = writer.n;
	return tables;
}

/* ---- code ---- */

struct code {
	uint8_t *bytes;
	uint64_t text;
	size_t at;
};

/* An instruction whose last four bytes are how far the target is from its end. */
static void emit(struct code *code, const char *opcode, size_t n, uint64_t target)
{
	memcpy(code->bytes + code->at, opcode, n);
	code->at += n + 4;
	uint32_t displacement = (uint32_t)(target - (code->text + code->at));
	memcpy(code->bytes + code->at - 4, &displacement, sizeof displacement);
}

static void emit_load(struct code *code, int size, uint64_t target)
{
	if (size == 1)
		emit(code, "\x0f\xb6\x0d", 3, target); /* movzx ecx, byte [target] */
	else if (size == 4)
		emit(code, "\x8b\x15", 2, target); /* mov edx, [target] */
	else
		emit(code, "\x48\x8b\x05", 3, target); /* mov rax, [target] */
}

void tables_write_code(uint8_t code[TABLES_END], uint64_t text, const struct layout *layout,
                       const struct globals *globals)
{
	const struct layout_field printed[] = {
		layout->npidle,    layout->nmspinning, layout->needspinning, layout->nmidle,
		layout->runq_size, layout->mnext,      layout->nmfreed,      layout->gcwaiting,
		layout->stopwait,  layout->sysmonwait, layout->nmidlelocked,
	};
	memset(code, 0x90, TABLES_END); /* nop */
	struct code out = {code, text, TABLES_SCHEDTRACE};
	for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
		if (printed[i].off >= 0)
			emit_load(&out, printed[i].size, globals->sched + (uint64_t)printed[i].off);
	}
	emit_load(&out, 4, globals->gomaxprocs);
	emit_load(&out, 8, globals->allp);
	emit_load(&out, 8, globals->allp + 8);
	emit_load(&out, 8, globals->allm);
	out.at = TABLES_GOROUTINES;
	emit_load(&out, 8, globals->allglen);
	emit_load(&out, 8, globals->allgptr);
	if (globals->gc_phase) {
		out.at = TABLES_MARK;
		emit(&out, "\x8b\x15", 2, globals->gc_phase);      /* mov edx, [phase] */
		emit(&out, "\x8b\x15", 2, globals->gc_phase + 32); /* another variable */
		out.at = TABLES_MARK_END;
		emit(&out, "\x8b\x15", 2, globals->gc_phase + 32);
		emit(&out, "\x48\x8d\x0d", 3, globals->gc_phase); /* lea rcx, [phase] */
		emit(&out, "\x8b\x15", 2, globals->gc_phase);
	}
}
