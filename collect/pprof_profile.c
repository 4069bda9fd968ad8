#include "collect/pprof_profile.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* 100,000 goroutines of which each stands elsewhere need a tenth of it. */
#define BYTES_MAX ((size_t)32 << 20)
#define ITEMS_MAX ((size_t)1 << 20) /* of one kind */
#define COUNT_MAX (INT64_C(1) << 40)

/* --- the bytes ------------------------------------------------------------------------------- */

static const char too_large[] = "it is too large", no_memory[] = "out of memory";

static enum status say(const char *why, struct error *error)
{
	return why == no_memory ? error_no_memory(error) : error_set(error, STATUS_DAMAGED, "%s", why);
}

struct bytes {
	uint8_t *data;
	size_t size, capacity;
};

/* NULL: there is room. */
static const char *grow(struct bytes *b)
{
	size_t capacity = b->capacity ? 2 * b->capacity : (size_t)64 << 10;
	if (capacity > BYTES_MAX)
		return too_large;
	uint8_t *data = realloc(b->data, capacity);
	if (!data)
		return no_memory;
	b->data = data;
	b->capacity = capacity;
	return NULL;
}

/* NULL: all of it is there; else why not. */
static const char *inflate_all(struct bytes *to, const void *body, size_t size)
{
	z_stream z = {.next_in = (z_const Bytef *)body, .avail_in = (uInt)size};
	const char *why = NULL;
	int result = Z_OK;
	if (size > BYTES_MAX)
		return too_large;
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return no_memory;
	while (result == Z_OK) {
		if (to->size == to->capacity && (why = grow(to)) != NULL)
			break;
		z.next_out = to->data + to->size;
		z.avail_out = (uInt)(to->capacity - to->size);
		result = inflate(&z, Z_NO_FLUSH);
		to->size = to->capacity - z.avail_out;
	}
	inflateEnd(&z);
	if (why)
		return why;
	return result == Z_STREAM_END  ? NULL
	       : result == Z_MEM_ERROR ? no_memory
	                               : "it is cut off or damaged";
}

/* --- the wire -------------------------------------------------------------------------------- */

struct wire {
	const uint8_t *at, *end;
	bool bad;
};

struct field {
	uint32_t number;
	uint64_t value;     /* of a number */
	struct wire inside; /* of anything longer; at == NULL: it was a number */
};

static uint64_t read_varint(struct wire *w)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64 && w->at < w->end; shift += 7) {
		uint8_t byte = *w->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	w->bad = true;
	return 0;
}

static bool skip(struct wire *w, size_t n, struct wire *inside)
{
	if (n > (size_t)(w->end - w->at)) {
		w->bad = true;
		return false;
	}
	if (inside)
		*inside = (struct wire){w->at, w->at + n, false};
	w->at += n;
	return true;
}

/* false: there is no more, or nothing that makes sense (bad). */
static bool next_field(struct wire *w, struct field *f)
{
	enum { VARINT, FIXED64, LENGTH, FIXED32 = 5 };
	if (w->bad || w->at == w->end)
		return false;
	uint64_t key = read_varint(w);
	*f = (struct field){.number = key >> 3 < UINT32_MAX ? (uint32_t)(key >> 3) : 0};
	switch (key & 7) {
	case VARINT:
		f->value = read_varint(w);
		return !w->bad;
	case FIXED64:
		return skip(w, 8, NULL);
	case LENGTH:
		f->value = read_varint(w);
		return !w->bad && skip(w, f->value < SIZE_MAX ? (size_t)f->value : SIZE_MAX, &f->inside);
	case FIXED32:
		return skip(w, 4, NULL);
	default:
		w->bad = true;
		return false;
	}
}

/* --- tables ---------------------------------------------------------------------------------- */

enum { IN_SAMPLE = 2, IN_MAPPING = 3, IN_LOCATION = 4, IN_FUNCTION = 5, IN_STRING = 6 };

/* What is read from and into. IDs of runtime/pprof are positions, from 1 on. */
struct reader {
	struct wire all;
	struct pprof_profile *p;
	char *text; /* all strings, each terminated */
	const char **string;
	size_t strings, stacks;
};

struct parts {
	char *text;
	const char **string;
};

/* How many there are of everything, so that each table is made once. */
static bool measure(struct reader *r, size_t *text_bytes)
{
	struct wire w = r->all;
	struct field f, inner;
	struct pprof_profile *p = r->p;
	*text_bytes = 0;
	while (next_field(&w, &f)) {
		struct wire in = f.inside;
		switch (in.at ? f.number : 0) {
		case IN_SAMPLE:
			p->samples++;
			while (next_field(&in, &inner))
				r->stacks += inner.number != 1 ? 0 : inner.inside.at ? inner.value : 1;
			break;
		case IN_MAPPING:
			p->mappings++;
			break;
		case IN_LOCATION:
			p->locations++;
			while (next_field(&in, &inner))
				p->lines += inner.number == 4;
			break;
		case IN_FUNCTION:
			p->functions++;
			break;
		case IN_STRING:
			r->strings++;
			*text_bytes += f.value + 1;
			break;
		default:
			break;
		}
	}
	return !w.bad && p->samples <= ITEMS_MAX && p->mappings <= ITEMS_MAX &&
	       p->locations <= ITEMS_MAX && p->lines <= ITEMS_MAX && p->functions <= ITEMS_MAX &&
	       r->strings <= ITEMS_MAX;
}

static bool allocate(struct reader *r, size_t text_bytes)
{
	struct pprof_profile *p = r->p;
	struct parts *parts = calloc(1, sizeof *parts);
	p->parts = parts;
	if (!parts)
		return false;
	parts->text = r->text = malloc(text_bytes + 1);
	parts->string = r->string = calloc(r->strings + 1, sizeof *r->string);
	p->function = calloc(p->functions + 1, sizeof *p->function);
	p->line = calloc(p->lines + 1, sizeof *p->line);
	p->location = calloc(p->locations + 1, sizeof *p->location);
	p->sample = calloc(p->samples + 1, sizeof *p->sample);
	p->mapping = calloc(p->mappings + 1, sizeof *p->mapping);
	p->stack = calloc(r->stacks + 1, sizeof *p->stack);
	p->functions = p->lines = p->locations = p->samples = p->mappings = 0;
	r->strings = r->stacks = 0;
	return r->text && r->string && p->function && p->line && p->location && p->sample &&
	       p->mapping && p->stack;
}

static const char *string_at(const struct reader *r, uint64_t number)
{
	return number < r->strings ? r->string[number] : "";
}

static int32_t line_number(uint64_t value)
{
	return value <= INT32_MAX ? (int32_t)value : 0;
}

static void read_string(struct reader *r, struct wire w)
{
	size_t n = (size_t)(w.end - w.at);
	memcpy(r->text, w.at, n);
	r->text[n] = '\0';
	r->string[r->strings++] = r->text;
	r->text += n + 1;
}

static bool read_function(struct reader *r, struct wire w)
{
	struct pprof_function *to = &r->p->function[r->p->functions++];
	struct field f;
	*to = (struct pprof_function){.name = "", .file = ""};
	while (next_field(&w, &f))
		switch (f.number) {
		case 2:
			to->name = string_at(r, f.value);
			break;
		case 4:
			to->file = string_at(r, f.value);
			break;
		case 5:
			to->start_line = line_number(f.value);
			break;
		default:
			break;
		}
	return !w.bad;
}

static bool read_line(struct reader *r, struct wire w)
{
	struct pprof_line *to = &r->p->line[r->p->lines++];
	struct field f;
	*to = (struct pprof_line){.function = UINT32_MAX};
	while (next_field(&w, &f)) {
		if (f.number == 1 && f.value > 0 && f.value <= r->p->functions)
			to->function = (uint32_t)f.value - 1;
		else if (f.number == 2)
			to->line = line_number(f.value);
	}
	return !w.bad;
}

static bool read_location(struct reader *r, struct wire w)
{
	struct pprof_location *to = &r->p->location[r->p->locations++];
	struct field f;
	*to = (struct pprof_location){.first = (uint32_t)r->p->lines};
	while (next_field(&w, &f))
		if (f.number == 4 && f.inside.at) {
			if (!read_line(r, f.inside))
				return false;
			to->lines++;
		}
	return !w.bad;
}

/* Of a location that is not there nothing is known: it is left out. */
static void add_frame(struct reader *r, struct pprof_sample *to, uint64_t id)
{
	if (id == 0 || id > r->p->locations)
		return;
	r->p->stack[r->stacks++] = (uint32_t)id - 1;
	to->depth++;
}

static bool read_sample(struct reader *r, struct wire w)
{
	struct pprof_sample *to = &r->p->sample[r->p->samples++];
	struct field f;
	bool counted = false;
	*to = (struct pprof_sample){.first = (uint32_t)r->stacks};
	while (next_field(&w, &f)) {
		struct wire in = f.inside;
		if (f.number == 1 && !in.at)
			add_frame(r, to, f.value);
		else if (f.number == 1)
			while (!in.bad && in.at < in.end)
				add_frame(r, to, read_varint(&in));
		else if (f.number == 2 && !counted) {
			to->count = (int64_t)(in.at ? read_varint(&in) : f.value);
			counted = true;
		}
		if (in.bad)
			return false;
	}
	return !w.bad;
}

static bool read_mapping(struct reader *r, struct wire w)
{
	struct pprof_mapping *to = &r->p->mapping[r->p->mappings++];
	struct field f;
	*to = (struct pprof_mapping){.file = ""};
	while (next_field(&w, &f))
		switch (f.number) {
		case 2:
			to->start = f.value;
			break;
		case 3:
			to->limit = f.value;
			break;
		case 5:
			to->file = string_at(r, f.value);
			break;
		default:
			break;
		}
	return !w.bad;
}

/* What others refer to comes first, wherever it stands in the file. */
static bool read_all(struct reader *r)
{
	static const unsigned order[] = {IN_STRING, IN_FUNCTION, IN_LOCATION, IN_MAPPING, IN_SAMPLE};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		struct wire w = r->all;
		struct field f;
		while (next_field(&w, &f)) {
			bool good = true;
			if (!f.inside.at || f.number != order[i])
				continue;
			if (f.number == IN_STRING)
				read_string(r, f.inside);
			else
				good = f.number == IN_FUNCTION   ? read_function(r, f.inside)
				       : f.number == IN_LOCATION ? read_location(r, f.inside)
				       : f.number == IN_MAPPING  ? read_mapping(r, f.inside)
				                                 : read_sample(r, f.inside);
			if (!good)
				return false;
		}
	}
	return true;
}

enum status pprof_profile_parse(struct pprof_profile **out, const void *data, size_t size,
                                struct error *error)
{
	size_t text_bytes = 0;
	const char *why = NULL;
	struct reader r = {.p = calloc(1, sizeof *r.p)};
	if (!r.p)
		return error_no_memory(error);
	if (size)
		r.all = (struct wire){data, (const uint8_t *)data + size, false};
	if (!measure(&r, &text_bytes))
		why = "it is damaged or not believed";
	else if (!allocate(&r, text_bytes))
		why = no_memory;
	else if (!read_all(&r))
		why = "it is damaged";
	if (why) {
		pprof_profile_close(r.p);
		return say(why, error);
	}
	*out = r.p;
	return STATUS_OK;
}

enum status pprof_profile_open(struct pprof_profile **out, const void *body, size_t size,
                               struct error *error)
{
	struct bytes bytes = {0};
	const char *why = inflate_all(&bytes, body, size);
	enum status status =
		why ? say(why, error) : pprof_profile_parse(out, bytes.data, bytes.size, error);
	free(bytes.data);
	return status;
}

void pprof_profile_close(struct pprof_profile *p)
{
	if (!p)
		return;
	struct parts *parts = p->parts;
	if (parts) {
		free(parts->text);
		free(parts->string);
	}
	free(parts);
	free(p->function);
	free(p->line);
	free(p->location);
	free(p->sample);
	free(p->mapping);
	free(p->stack);
	free(p);
}

int64_t pprof_profile_total(const struct pprof_profile *p)
{
	int64_t total = 0;
	for (size_t i = 0; i < p->samples; i++) {
		int64_t count = p->sample[i].count;
		if (count < 0 || count > COUNT_MAX || total > COUNT_MAX)
			return -1;
		total += count;
	}
	return total;
}
