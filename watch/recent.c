#include "watch/recent.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "collect/frame_writer.h"

#define LEVEL 3

struct recent_line {
	int64_t monotonic_ns, wall_ns;
	size_t size, packed; /* of the text with its newline, and of what it became */
	char bytes[];
};

struct recent {
	ZSTD_CCtx *context;
	char *text; /* one line with its newline */
	size_t text_capacity;
	struct recent_line **line;   /* by time */
	size_t first, end, capacity; /* [first, end) are kept */
	size_t bytes, bytes_max;
};

struct recent *recent_create(size_t bytes_max)
{
	struct recent *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->bytes_max = bytes_max;
	r->context = ZSTD_createCCtx();
	if (r->context)
		return r;
	free(r);
	return NULL;
}

static void drop(struct recent *r)
{
	r->bytes -= r->line[r->first]->packed;
	free(r->line[r->first++]);
}

void recent_destroy(struct recent *r)
{
	if (!r)
		return;
	while (r->first < r->end)
		drop(r);
	ZSTD_freeCCtx(r->context);
	free(r->line);
	free(r->text);
	free(r);
}

void recent_forget(struct recent *r, int64_t before_ns)
{
	while (r->first < r->end &&
	       (r->line[r->first]->monotonic_ns < before_ns || r->bytes > r->bytes_max))
		drop(r);
}

static bool make_room(struct recent *r)
{
	if (r->end < r->capacity)
		return true;
	if (r->first > r->capacity / 2) {
		memmove(r->line, r->line + r->first, (r->end - r->first) * sizeof(void *));
		r->end -= r->first;
		r->first = 0;
		return true;
	}
	size_t capacity = r->capacity ? r->capacity * 2 : 256;
	struct recent_line **line = realloc(r->line, capacity * sizeof(void *));
	if (!line)
		return false;
	r->line = line;
	r->capacity = capacity;
	return true;
}

/* The line and its newline, in one piece. */
static bool keep_text(struct recent *r, const char *line, size_t size)
{
	if (size + 1 > r->text_capacity) {
		char *grown = realloc(r->text, size + 1);
		if (!grown)
			return false;
		r->text = grown;
		r->text_capacity = size + 1;
	}
	memcpy(r->text, line, size);
	r->text[size] = '\n';
	return true;
}

bool recent_add(struct recent *r, int64_t monotonic_ns, int64_t wall_ns, const char *line)
{
	size_t size = strlen(line), bound = ZSTD_compressBound(size + 1);
	if (!make_room(r) || !keep_text(r, line, size))
		return false;
	struct recent_line *packed = malloc(sizeof *packed + bound);
	if (!packed)
		return false;
	size_t n = ZSTD_compressCCtx(r->context, packed->bytes, bound, r->text, size + 1, LEVEL);
	if (ZSTD_isError(n)) {
		free(packed);
		return false;
	}
	*packed = (struct recent_line){monotonic_ns, wall_ns, size + 1, n};
	/* The bound is a little more than the line: most of it goes back. */
	struct recent_line *fitting = realloc(packed, sizeof *packed + n);
	if (fitting)
		packed = fitting;
	r->line[r->end++] = packed;
	r->bytes += n;
	return true;
}

bool recent_take(const struct recent *r, int64_t from_ns, struct recent_copy *out)
{
	size_t first = r->first;
	*out = (struct recent_copy){0};
	while (first < r->end && r->line[first]->monotonic_ns < from_ns)
		first++;
	out->line = calloc(r->end - first + 1, sizeof(void *));
	if (!out->line)
		return false;
	for (size_t i = first; i < r->end; i++) {
		size_t size = sizeof *r->line[i] + r->line[i]->packed;
		struct recent_line *copy = malloc(size);
		if (!copy) {
			recent_copy_finish(out);
			return false;
		}
		memcpy(copy, r->line[i], size);
		if (out->n == 0)
			out->first_ns = copy->monotonic_ns;
		out->last_ns = copy->monotonic_ns;
		out->line[out->n++] = copy;
	}
	return true;
}

static enum status write_line(struct frame_writer *writer, const struct recent_line *line,
                              struct error *error)
{
	char *text = malloc(line->size);
	if (!text)
		return error_no_memory(error);
	size_t n = ZSTD_decompress(text, line->size, line->bytes, line->packed);
	enum status status = n == line->size ? frame_writer_add(writer, text, n, line->monotonic_ns,
	                                                        line->wall_ns, error)
	                                     : error_no_memory(error);
	free(text);
	return status;
}

enum status recent_write(const struct recent_copy *copy, int fd, struct error *error)
{
	struct frame_writer *writer = NULL;
	struct error why = {0};
	enum status status = frame_writer_create(&writer, fd, &why);
	for (size_t i = 0; status == STATUS_OK && i < copy->n; i++)
		status = write_line(writer, copy->line[i], &why);
	if (status == STATUS_OK)
		status = frame_writer_finish(writer, &why);
	frame_writer_destroy(writer);
	return status == STATUS_OK
	           ? status
	           : error_set(error, status, "the snapshots can't be written: %.400s", why.text);
}

void recent_copy_finish(struct recent_copy *copy)
{
	for (size_t i = 0; i < copy->n; i++)
		free(copy->line[i]);
	free(copy->line);
	*copy = (struct recent_copy){0};
}
