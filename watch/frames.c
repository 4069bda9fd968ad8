#include "watch/frames.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define LEVEL 3

struct frame {
	int64_t at_ns;
	size_t size;
	char bytes[];
};

struct frames {
	ZSTD_CCtx *context;
	char *line; /* with its newline */
	size_t line_capacity;
	struct frame **frame;        /* by time */
	size_t first, end, capacity; /* [first, end) are kept */
	size_t bytes, bytes_max;
};

struct frames *frames_create(size_t bytes_max)
{
	struct frames *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	f->bytes_max = bytes_max;
	f->context = ZSTD_createCCtx();
	if (f->context)
		return f;
	free(f);
	return NULL;
}

static void drop(struct frames *f)
{
	f->bytes -= f->frame[f->first]->size;
	free(f->frame[f->first++]);
}

void frames_clear(struct frames *f)
{
	while (f->first < f->end)
		drop(f);
}

void frames_destroy(struct frames *f)
{
	if (!f)
		return;
	frames_clear(f);
	ZSTD_freeCCtx(f->context);
	free(f->frame);
	free(f->line);
	free(f);
}

void frames_forget(struct frames *f, int64_t before_ns)
{
	while (f->first < f->end && (f->frame[f->first]->at_ns < before_ns || f->bytes > f->bytes_max))
		drop(f);
}

static bool make_room(struct frames *f)
{
	if (f->end < f->capacity)
		return true;
	if (f->first > f->capacity / 2) {
		memmove(f->frame, f->frame + f->first, (f->end - f->first) * sizeof *f->frame);
		f->end -= f->first;
		f->first = 0;
		return true;
	}
	size_t capacity = f->capacity ? f->capacity * 2 : 256;
	struct frame **frame = realloc(f->frame, capacity * sizeof *frame);
	if (!frame)
		return false;
	f->frame = frame;
	f->capacity = capacity;
	return true;
}

/* The line and its newline, in one piece. */
static bool keep_line(struct frames *f, const char *line, size_t size)
{
	if (size + 1 > f->line_capacity) {
		char *grown = realloc(f->line, size + 1);
		if (!grown)
			return false;
		f->line = grown;
		f->line_capacity = size + 1;
	}
	memcpy(f->line, line, size);
	f->line[size] = '\n';
	return true;
}

bool frames_add(struct frames *f, int64_t at_ns, const char *line)
{
	size_t size = strlen(line), bound = ZSTD_compressBound(size + 1);
	if (!make_room(f) || !keep_line(f, line, size))
		return false;
	struct frame *frame = malloc(sizeof *frame + bound);
	if (!frame)
		return false;
	size_t packed = ZSTD_compressCCtx(f->context, frame->bytes, bound, f->line, size + 1, LEVEL);
	if (ZSTD_isError(packed)) {
		free(frame);
		return false;
	}
	frame->at_ns = at_ns;
	frame->size = packed;
	/* The bound is a little more than the line: most of it goes back. */
	struct frame *fitting = realloc(frame, sizeof *frame + packed);
	f->frame[f->end++] = fitting ? fitting : frame;
	f->bytes += packed;
	return true;
}

bool frames_take(const struct frames *f, int64_t from_ns, struct frames_copy *out)
{
	size_t first = f->first;
	*out = (struct frames_copy){0};
	while (first < f->end && f->frame[first]->at_ns < from_ns)
		first++;
	for (size_t i = first; i < f->end; i++)
		out->size += f->frame[i]->size;
	out->snapshots = f->end - first;
	if (out->snapshots == 0)
		return true;
	out->bytes = malloc(out->size);
	if (!out->bytes)
		return false;
	char *to = out->bytes;
	for (size_t i = first; i < f->end; i++) {
		memcpy(to, f->frame[i]->bytes, f->frame[i]->size);
		to += f->frame[i]->size;
	}
	out->first_ns = f->frame[first]->at_ns;
	out->last_ns = f->frame[f->end - 1]->at_ns;
	return true;
}
