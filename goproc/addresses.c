#include "goproc/addresses.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "goproc/disasm.h"

/* ---- by symbols ---- */

struct wanted {
	const char *name;
	size_t place;      /* in struct globals */
	size_t size;       /* 0: that of schedt */
	size_t size_place; /* in struct globals, of what the program may lack; 0: it may not */
};
#define WANTED(name, member, size)                                   \
	{                                                                \
		"runtime." name, offsetof(struct globals, member), (size), 0 \
	}
#define OPTIONAL(name, member)                                \
	{                                                         \
		"runtime." name, offsetof(struct globals, member), 1, \
			offsetof(struct globals, member##_size)           \
	}
static const struct wanted wanted_symbols[] = {
	WANTED("sched", sched, 0),
	WANTED("allp", allp, 24),
	WANTED("allm", allm, 8),
	WANTED("gomaxprocs", gomaxprocs, 4),
	WANTED("allglen", allglen, 8),
	WANTED("allgptr", allgptr, 8),
	OPTIONAL("gcController", gc_controller),
	OPTIONAL("memstats", memstats),
	OPTIONAL("work", work),
	OPTIONAL("gcphase", gc_phase),
};
#define WANTED_COUNT (sizeof wanted_symbols / sizeof *wanted_symbols)

static uint64_t *place_of(struct globals *globals, size_t place)
{
	return (uint64_t *)(void *)((char *)globals + place);
}

static void take_symbol(const struct image_symtab *symtab, const struct image_symbol *symbol,
                        const struct layout *layout, uint64_t bias, struct globals *globals)
{
	for (size_t k = 0; k < WANTED_COUNT; k++) {
		const struct wanted *wanted = &wanted_symbols[k];
		size_t size = wanted->size ? wanted->size : layout_bytes(layout);
		if (symbol->size < size || !image_symbol_named(symtab, symbol, wanted->name))
			continue;
		*place_of(globals, wanted->place) = symbol->address + bias;
		if (wanted->size_place)
			*place_of(globals, wanted->size_place) = symbol->size;
		return;
	}
}

enum status addresses_from_symbols(const struct image *image, const struct layout *layout,
                                   uint64_t bias, struct globals *globals, struct error *error)
{
	struct image_symtab symtab;
	*globals = (struct globals){0};
	if (image_load_symbols(image, &symtab) != STATUS_OK)
		return error_set(error, STATUS_FAILED, "has a damaged symbol table");
	for (size_t i = 0; i < symtab.count; i++) {
		struct image_symbol symbol = image_symbol(&symtab, i);
		if (symbol.defined)
			take_symbol(&symtab, &symbol, layout, bias, globals);
	}
	image_free_symbols(&symtab);
	for (size_t k = 0; k < WANTED_COUNT; k++) {
		const struct wanted *wanted = &wanted_symbols[k];
		if (*place_of(globals, wanted->place) == 0 && !wanted->size_place)
			return error_set(error, STATUS_FAILED,
			                 "has a symbol table without a %s of the size that is known",
			                 wanted->name);
	}
	return STATUS_OK;
}

/* ---- by code ---- */

/* What runtime.schedtrace prints of schedt. */
static const size_t printed_fields[] = {
	offsetof(struct layout, npidle),       offsetof(struct layout, nmspinning),
	offsetof(struct layout, needspinning), offsetof(struct layout, nmidle),
	offsetof(struct layout, runq_size),    offsetof(struct layout, mnext),
	offsetof(struct layout, nmfreed),      offsetof(struct layout, gcwaiting),
	offsetof(struct layout, nmidlelocked), offsetof(struct layout, stopwait),
	offsetof(struct layout, sysmonwait),
};
#define PRINTED_COUNT (sizeof printed_fields / sizeof *printed_fields)

/* A wrong base explains 4 or 5 of the references by chance. */
#define SCORE_MISSING_MAX 2
#define SCORE_LEAD_MIN    4

#define REFERENCES_MAX 512
#define CODE_MAX       ((size_t)64 << 10) /* schedtrace has some 4 KiB */

/* The functions that are looked at. atomicAllG is part of forEachGRace unless the runtime was built
   without inlining. */
enum { SCHEDTRACE, MARK, MARK_END, ALL_GOROUTINES, ALL_GOROUTINES_ALONE, LOOKED_AT };
static const char *const looked_at[LOOKED_AT] = {
	[SCHEDTRACE] = "runtime.schedtrace",           [MARK] = "runtime.gcMark",
	[MARK_END] = "runtime.gcMarkTermination",      [ALL_GOROUTINES] = "runtime.forEachGRace",
	[ALL_GOROUTINES_ALONE] = "runtime.atomicAllG",
};

struct references {
	struct reference all[REFERENCES_MAX];
	size_t n;
};

static bool is_data(const struct moduledata *module, uint64_t address)
{
	for (size_t i = 0; i < MODULE_SEGMENTS; i++) {
		if (address >= module->segment[i].start &&
		    address - module->segment[i].start < module->segment[i].size)
			return true;
	}
	return false;
}

/* What the function refers to in the data segments. false: its code can't be read or understood. */
static bool find_references(const struct addresses_code *code,
                            const struct pclntab_function *function, struct references *references)
{
	uint64_t size = function->end - function->entry;
	uint8_t *bytes =
		size <= CODE_MAX && function->entry >= code->bias ? malloc((size_t)size) : NULL;
	references->n = 0;
	if (!bytes)
		return false;
	size_t n = 0;
	bool done =
		memory_read(code->file, function->entry - code->bias, bytes, (size_t)size) == MEMORY_OK &&
		(code->image->machine == EM_AARCH64 ? disasm_arm64
	                                        : disasm_amd64)(bytes, (size_t)size, function->entry,
	                                                        references->all, REFERENCES_MAX, &n);
	free(bytes);
	for (size_t i = 0; done && i < n; i++) {
		if (is_data(code->module, references->all[i].target))
			references->all[references->n++] = references->all[i];
	}
	return done;
}

static const struct layout_field *printed_field(const struct layout *layout, size_t i)
{
	return (const struct layout_field *)(const void *)((const char *)layout + printed_fields[i]);
}

/* How many fields are referred to when schedt begins at `base`. */
static int score_of(const struct references *references, const struct layout *layout, uint64_t base)
{
	int score = 0;
	for (size_t i = 0; i < PRINTED_COUNT; i++) {
		const struct layout_field *field = printed_field(layout, i);
		for (size_t k = 0; field->off >= 0 && k < references->n; k++) {
			const struct reference *reference = &references->all[k];
			if (reference->target - base == (uint64_t)field->off &&
			    (reference->is_address || reference->size == field->size)) {
				score++;
				break;
			}
		}
	}
	return score;
}

static uint64_t find_sched(const struct references *references, const struct layout *layout,
                           struct addresses_score *score)
{
	uint64_t best = 0;
	*score = (struct addresses_score){0};
	for (size_t i = 0; i < PRINTED_COUNT; i++) {
		const struct layout_field *field = printed_field(layout, i);
		score->of += field->off >= 0;
		for (size_t k = 0; field->off >= 0 && k < references->n; k++) {
			uint64_t base = references->all[k].target - (uint64_t)field->off;
			int found = base == best ? 0 : score_of(references, layout, base);
			if (found > score->found) {
				score->runner_up = score->found;
				score->found = found;
				best = base;
			} else if (found > score->runner_up) {
				score->runner_up = found;
			}
		}
	}
	return best;
}

static bool is_loaded(const struct references *references, uint64_t target, uint8_t size)
{
	bool loaded = false;
	for (size_t i = 0; i < references->n; i++) {
		const struct reference *reference = &references->all[i];
		if (reference->target == target && reference->writes)
			return false; /* a variable of schedtrace's own */
		loaded |= reference->target == target && reference->size == size;
	}
	return loaded;
}

/* What the kinds of variables look like in schedtrace. */
static bool is_gomaxprocs(const struct references *references, uint64_t target)
{
	return is_loaded(references, target, 4);
}

/* The address and the length of a slice. */
static bool is_allp(const struct references *references, uint64_t target)
{
	return is_loaded(references, target, 8) && is_loaded(references, target + 8, 8);
}

static bool is_allm(const struct references *references, uint64_t target)
{
	return is_loaded(references, target, 8) && !is_loaded(references, target + 8, 8) &&
	       !is_loaded(references, target - 8, 8);
}

/* The one variable outside of schedt of which that is true; 0: none, or several. */
static uint64_t find_only(const struct references *references, const struct extent *sched,
                          bool (*is)(const struct references *, uint64_t))
{
	uint64_t found = 0;
	for (size_t i = 0; i < references->n; i++) {
		uint64_t target = references->all[i].target;
		if (target - sched->start < sched->size || target == found || !is(references, target))
			continue;
		if (found)
			return 0;
		found = target;
	}
	return found;
}

/* runtime/proc.go: atomicAllG loads the length, then the address, each atomically. */
static void find_goroutines(const struct references *references, struct globals *globals)
{
	uint64_t *const places[] = {&globals->allglen, &globals->allgptr};
	size_t n = 0;
	for (size_t i = 0; i < references->n && n < 2; i++) {
		const struct reference *reference = &references->all[i];
		if (n > 0 && reference->target == *places[n - 1])
			continue; /* its address, then a load through that */
		if ((reference->size == 8 || reference->is_address) && !reference->writes)
			*places[n++] = reference->target;
	}
	if (n < 2)
		globals->allglen = globals->allgptr = 0;
}

static bool is_referred_to(const struct references *references, uint64_t target)
{
	for (size_t i = 0; i < references->n; i++) {
		if (references->all[i].target == target && references->all[i].is_address)
			return true;
	}
	return false;
}

/*
 * runtime/mgc.go: gcMarkTermination stores gcphase atomically, by its address, and loads it at
 * once; gcMark compares it. Without inlining setGCPhase does that, and nobody looks there. 0:
 * nothing is like that, or several are, and it stays unknown.
 */
static uint64_t find_phase(const struct references *mark, const struct references *mark_end)
{
	uint64_t found = 0;
	for (size_t i = 0; i < mark->n; i++) {
		uint64_t target = mark->all[i].target;
		if (target == found || !is_loaded(mark, target, 4) || !is_loaded(mark_end, target, 4) ||
		    !is_referred_to(mark_end, target))
			continue;
		if (found)
			return 0;
		found = target;
	}
	return found;
}

static enum status check_score(const struct addresses_score *score, struct error *error)
{
	if (score->found >= score->of - SCORE_MISSING_MAX &&
	    score->found - score->runner_up >= SCORE_LEAD_MIN)
		return STATUS_OK;
	return error_set(error, STATUS_FAILED,
	                 "has no symbol table, and its code does not tell where the scheduler is: of "
	                 "the %d fields that runtime.schedtrace prints %d were found, and %d in "
	                 "another place",
	                 score->of, score->found, score->runner_up);
}

static enum status check_found(const struct globals *globals, struct error *error)
{
	for (size_t k = 0; k < WANTED_COUNT; k++) {
		const struct wanted *wanted = &wanted_symbols[k];
		uint64_t address;
		memcpy(&address, (const char *)globals + wanted->place, sizeof address);
		if (address == 0 && wanted->size_place == 0)
			return error_set(error, STATUS_FAILED,
			                 "has no symbol table, and its code does not tell where %s is",
			                 wanted->name);
	}
	return STATUS_OK;
}

/* What a program can be read without. */
static void search_collector(const struct addresses_code *code,
                             const struct pclntab_function functions[LOOKED_AT],
                             struct references references[2], struct globals *globals)
{
	if (functions[MARK].entry == 0 || functions[MARK_END].entry == 0 ||
	    !find_references(code, &functions[MARK], &references[0]) ||
	    !find_references(code, &functions[MARK_END], &references[1]))
		return;
	globals->gc_phase = find_phase(&references[0], &references[1]);
	globals->gc_phase_size = globals->gc_phase ? 4 : 0;
}

/* `references` are two: room for those of two functions. */
static enum status search(const struct addresses_code *code, const struct layout *layout,
                          struct references *references, struct globals *globals,
                          struct addresses_score *score, struct error *error)
{
	struct pclntab_function functions[LOOKED_AT];
	/* The last one is hardly ever there, and looking for what is not there takes long. */
	pclntab_find_named(code->pclntab, looked_at, ALL_GOROUTINES_ALONE, functions);
	if (functions[SCHEDTRACE].entry == 0 ||
	    !find_references(code, &functions[SCHEDTRACE], references))
		return error_set(error, STATUS_FAILED, "has no symbol table, and %s in its code is %s",
		                 looked_at[SCHEDTRACE],
		                 functions[SCHEDTRACE].entry ? "not understood" : "missing");
	globals->sched = find_sched(references, layout, score);
	enum status status = check_score(score, error);
	if (status != STATUS_OK)
		return status;
	struct extent sched = {globals->sched, layout_bytes(layout)};
	globals->gomaxprocs = find_only(references, &sched, is_gomaxprocs);
	globals->allp = find_only(references, &sched, is_allp);
	globals->allm = find_only(references, &sched, is_allm);
	for (size_t i = ALL_GOROUTINES; i <= ALL_GOROUTINES_ALONE && globals->allglen == 0; i++) {
		if (i == ALL_GOROUTINES_ALONE)
			pclntab_find_named(code->pclntab, &looked_at[i], 1, &functions[i]);
		if (functions[i].entry != 0 && find_references(code, &functions[i], references))
			find_goroutines(references, globals);
	}
	search_collector(code, functions, references, globals);
	return check_found(globals, error);
}

enum status addresses_from_code(const struct addresses_code *code, const struct layout *layout,
                                struct globals *globals, struct addresses_score *score,
                                struct error *error)
{
	struct references *references = calloc(2, sizeof *references);
	*globals = (struct globals){0};
	*score = (struct addresses_score){0};
	if (!references)
		return error_no_memory(error);
	enum status status = search(code, layout, references, globals, score, error);
	free(references);
	return status;
}
