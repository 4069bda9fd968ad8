#include "goproc/types.h"

#include <stdlib.h>
#include <string.h>

/* internal/abi.Type and, for structs, the fields that follow (abi.StructType). */
enum {
	TYPE_SIZE_AT = 0,
	TYPE_FLAG_AT = 20,
	TYPE_KIND_AT = 23,
	TYPE_NAME_AT = 40, /* 32-bit offset from the start of the section */
	TYPE_HEAD = 48,
	STRUCT_FIELDS_AT = 56,
	STRUCT_COUNT_AT = 64,
	STRUCT_HEAD = 80,

	FIELD_NAME_AT = 0,
	FIELD_TYPE_AT = 8,
	FIELD_OFFSET_AT = 16,
	FIELD_SIZE = 24,
};
enum {
	KIND_MASK = 31,
	KIND_SLICE = 23,
	KIND_STRING = 24,
	KIND_STRUCT = 25,
	FLAG_EXTRA_STAR = 2, /* the stored name has a * in front that is not part of it */
};

#define WINDOW          ((size_t)256 << 10)
#define OVERLAP         ((size_t)128)
#define NAME_MAX_LENGTH 48
#define CANDIDATES      8   /* places where the bytes of a name occur */
#define FIELDS_MAX      512 /* of one struct; m has about 90 */
#define UNWRAP_MAX      4   /* atomic types nested in each other */
#define DEPTH_MAX       8   /* components of a path */

static bool inside(const struct types *types, uint64_t address, uint64_t n)
{
	return address >= types->start && address < types->end && n <= types->end - address;
}

/* One name that is searched: how it is stored, where it was seen, the descriptor that has it. */
struct wanted {
	uint8_t stored[NAME_MAX_LENGTH + 2]; /* length, *, name */
	size_t stored_n;
	uint32_t seen[CANDIDATES]; /* offsets from the start of the section */
	size_t seen_n;
	uint64_t *address;
};

struct search {
	const struct types *types;
	struct wanted wanted[TYPES_FIND_MAX];
	size_t n;
};

/* Looks at a window, the n bytes at that address. true: all has been found. */
typedef bool look_fn(struct search *search, uint64_t address, const uint8_t *window, size_t n);

/* Shows the section to `look`, in windows that overlap, until it has found all. */
static bool scan(struct search *search, uint8_t *window, look_fn *look)
{
	const struct types *types = search->types;
	for (uint64_t at = types->start; at < types->end;) {
		size_t n = types->end - at < WINDOW ? (size_t)(types->end - at) : WINDOW;
		if (memory_read(types->memory, at, window, n) != MEMORY_OK)
			return false;
		if (look(search, at, window, n) || n < WINDOW)
			break;
		at += WINDOW - OVERLAP;
	}
	return true;
}

static bool look_for_names(struct search *search, uint64_t address, const uint8_t *window, size_t n)
{
	for (size_t i = 0; i < search->n; i++) {
		struct wanted *wanted = &search->wanted[i];
		const uint8_t *at = window, *end = window + n;
		while ((at = memmem(at, (size_t)(end - at), wanted->stored, wanted->stored_n))) {
			/* A byte of flags comes before the length. */
			uint64_t name = address + (uint64_t)(at - window) - 1;
			if (name >= search->types->start && wanted->seen_n < CANDIDATES)
				wanted->seen[wanted->seen_n++] = (uint32_t)(name - search->types->start);
			at++;
		}
	}
	return false; /* the same bytes may come again, and mean it then */
}

/* Bytes that look like a descriptor by chance have no table of fields. */
static bool is_struct(const struct types *types, const uint8_t *head)
{
	uint64_t count = memory_u64(head + STRUCT_COUNT_AT);
	return (head[TYPE_KIND_AT] & KIND_MASK) == KIND_STRUCT &&
	       (head[TYPE_FLAG_AT] & FLAG_EXTRA_STAR) && count > 0 && count <= FIELDS_MAX &&
	       inside(types, memory_u64(head + STRUCT_FIELDS_AT), count * FIELD_SIZE);
}

static bool look_for_types(struct search *search, uint64_t address, const uint8_t *window, size_t n)
{
	for (size_t at = 0; at + STRUCT_HEAD <= n; at += 8) {
		if (!is_struct(search->types, window + at))
			continue;
		uint32_t name = memory_u32(window + at + TYPE_NAME_AT);
		for (size_t i = 0; i < search->n; i++) {
			struct wanted *wanted = &search->wanted[i];
			for (size_t k = 0; k < wanted->seen_n; k++) {
				if (wanted->seen[k] == name && *wanted->address == 0)
					*wanted->address = address + at;
			}
		}
	}
	for (size_t i = 0; i < search->n; i++) {
		if (*search->wanted[i].address == 0)
			return false;
	}
	return true;
}

bool types_find(const struct types *types, const char *const *names, size_t n, uint64_t *address)
{
	struct search search = {.types = types, .n = n};
	if (n > TYPES_FIND_MAX || types->start % 8 != 0 || types->end - types->start > UINT32_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct wanted *wanted = &search.wanted[i];
		size_t length = strlen(names[i]);
		if (length > NAME_MAX_LENGTH)
			return false;
		wanted->stored[0] = (uint8_t)(length + 1);
		wanted->stored[1] = '*';
		memcpy(wanted->stored + 2, names[i], length);
		wanted->stored_n = length + 2;
		wanted->address = &address[i];
		address[i] = 0;
	}
	uint8_t *window = malloc(WINDOW);
	bool done =
		window && scan(&search, window, look_for_names) && scan(&search, window, look_for_types);
	free(window);
	return done;
}

/* One step of a path: where it leads. */
struct step {
	uint64_t type; /* 0: a word that has no descriptor, the length of a slice */
	uint64_t offset, size;
};

/* The name at `stored` is `word`. */
static bool name_is(const uint8_t *stored, size_t n, const char *word, size_t length)
{
	return length < 0x80 && n >= 2 + length && stored[1] == length &&
	       memcmp(stored + 2, word, length) == 0;
}

static bool struct_member(const struct types *types, const uint8_t *head, const char *word,
                          size_t length, struct step *step)
{
	uint64_t fields = memory_u64(head + STRUCT_FIELDS_AT),
			 count = memory_u64(head + STRUCT_COUNT_AT);
	if (count > FIELDS_MAX || !inside(types, fields, count * FIELD_SIZE))
		return false;
	struct found {
		uint8_t field[FIELD_SIZE];
	} *field = malloc((size_t)(count + 1) * sizeof *field);
	bool found = false;
	if (field &&
	    memory_read(types->memory, fields, field, (size_t)count * FIELD_SIZE) == MEMORY_OK) {
		for (uint64_t i = 0; i < count && !found; i++) {
			uint8_t name[2 + NAME_MAX_LENGTH];
			uint64_t at = memory_u64(field[i].field + FIELD_NAME_AT);
			if (length > NAME_MAX_LENGTH || !inside(types, at, length + 2) ||
			    memory_read(types->memory, at, name, length + 2) != MEMORY_OK)
				continue;
			if (!name_is(name, length + 2, word, length))
				continue;
			found = true;
			step->type = memory_u64(field[i].field + FIELD_TYPE_AT);
			step->offset = memory_u64(field[i].field + FIELD_OFFSET_AT);
			/* Until 1.18 the lowest bit said that the field is embedded. */
			if (types->minor <= 18)
				step->offset >>= 1;
		}
	}
	free(field);
	return found;
}

/* Slices and strings have no fields in their descriptors; their headers are fixed. */
static bool header_member(int kind, const char *word, size_t length, struct step *step)
{
	static const struct {
		int kind;
		const char *name;
		uint64_t offset;
	} headers[] = {
		{KIND_SLICE, "array", 0}, {KIND_SLICE, "len", 8},  {KIND_SLICE, "cap", 16},
		{KIND_STRING, "str", 0},  {KIND_STRING, "len", 8},
	};
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		if (headers[i].kind == kind && strlen(headers[i].name) == length &&
		    memcmp(headers[i].name, word, length) == 0) {
			*step = (struct step){.type = 0, .offset = headers[i].offset, .size = 8};
			return true;
		}
	}
	return false;
}

/* Loads as much of a descriptor as its kind has. */
static bool load_type(const struct types *types, uint64_t address, uint8_t head[STRUCT_HEAD],
                      int *kind)
{
	memset(head, 0, STRUCT_HEAD);
	if (!inside(types, address, TYPE_HEAD) ||
	    memory_read(types->memory, address, head, TYPE_HEAD) != MEMORY_OK)
		return false;
	*kind = head[TYPE_KIND_AT] & KIND_MASK;
	return *kind != KIND_STRUCT ||
	       (inside(types, address, STRUCT_HEAD) &&
	        memory_read(types->memory, address, head, STRUCT_HEAD) == MEMORY_OK);
}

static bool take_step(const struct types *types, const uint8_t *head, int kind, const char *word,
                      size_t length, struct step *step)
{
	return kind == KIND_STRUCT ? struct_member(types, head, word, length, step)
	                           : header_member(kind, word, length, step);
}

/* Follows one path of `length` bytes; the atomic wrappers at its end are taken off. */
static bool follow(const struct types *types, uint64_t type, const char *path, size_t length,
                   struct type_place *place)
{
	uint8_t head[STRUCT_HEAD];
	int kind, unwrapped = 0;
	uint64_t offset = 0;
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		if (!load_type(types, type, head, &kind))
			return false;
		struct step step = {0};
		if (length > 0) {
			const char *dot = memchr(path, '.', length);
			size_t word = dot ? (size_t)(dot - path) : length;
			if (!take_step(types, head, kind, path, word, &step))
				return false;
			size_t skip = word + (dot ? 1 : 0);
			path += skip;
			length -= skip;
		} else if (kind != KIND_STRUCT) {
			*place = (struct type_place){offset, memory_u64(head + TYPE_SIZE_AT)};
			return true;
		} else if (unwrapped++ == UNWRAP_MAX || (!take_step(types, head, kind, "value", 5, &step) &&
		                                         !take_step(types, head, kind, "u", 1, &step))) {
			return false; /* a struct, but no atomic type: not a value */
		}
		if (step.offset > INT32_MAX)
			return false;
		offset += step.offset;
		if (step.type == 0) {
			*place = (struct type_place){offset, step.size};
			return length == 0;
		}
		type = step.type;
	}
	return false;
}

bool types_place(const struct types *types, uint64_t address, const char *paths,
                 struct type_place *place)
{
	for (const char *path = paths; *path;) {
		size_t length = strcspn(path, "|");
		if (follow(types, address, path, length, place))
			return true;
		path += length;
		path += *path == '|' ? 1 : 0;
	}
	return false;
}
