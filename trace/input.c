#include "trace/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/inflate.h"
#include "util/bundle.h"
#include "util/text.h"

enum {
	CHUNK = 256 * 1024, /* what one read asks for */
	PACKED = 64 * 1024, /* compressed bytes held */
};

/* Compressed bytes wait in front of the inflater. */
struct packed {
	uint8_t bytes[PACKED];
	size_t start, end;
	bool eof;
};

struct unpacker {
	struct inflater *inflater;
	struct packed packed;
};

static void tear(struct input *in, const char *why)
{
	in->end = in->torn = true;
	snprintf(in->torn_why, sizeof in->torn_why, "%s", why);
}

static ssize_t read_fd(struct input *in, void *to, size_t n)
{
	for (;;) {
		ssize_t got = read(in->fd, to, n);
		if (got >= 0) {
			in->consumed += (uint64_t)got;
			return got;
		}
		if (errno != EINTR) {
			in->failed = true;
			tear(in, strerror(errno));
			return 0;
		}
	}
}

/* Fills [to, to + room) from the file, unpacking where needed; 0 at the end. */
static size_t pull(struct input *in, uint8_t *to, size_t room)
{
	struct unpacker *source = in->unpacker;
	if (!source)
		return input_is_stopped(in) ? 0 : (size_t)read_fd(in, to, room);
	struct packed *packed = &source->packed;
	while (!input_is_stopped(in)) {
		if (packed->start == packed->end && !packed->eof) {
			packed->start = 0;
			packed->end = (size_t)read_fd(in, packed->bytes, sizeof packed->bytes);
			packed->eof = packed->end == 0;
		}
		size_t used = 0, made = 0;
		bool whole = inflater_run(source->inflater, packed->bytes + packed->start,
		                          packed->end - packed->start, &used, to, room, &made);
		packed->start += used;
		if (made > 0)
			return made;
		if (!whole) {
			/* What follows the end of the last member is not ours to judge. */
			tear(in, "the compressed stream is damaged");
			return 0;
		}
		if (packed->eof) {
			if (!inflater_at_end(source->inflater) && !in->torn)
				tear(in, "the compressed stream breaks off");
			return 0;
		}
	}
	return 0;
}

/* Grown by an eighth: a pipe must not hold much more than its largest generation. realloc moves
   large blocks by remapping their pages, not by copying. */
static bool make_room(struct input *in, size_t n)
{
	if (in->start > 0) {
		memmove(in->buffer, in->buffer + in->start, in->have);
		in->start = 0;
		in->data = in->buffer;
	}
	if (n <= in->capacity)
		return true;
	size_t capacity = in->capacity + in->capacity / 8;
	if (capacity < n)
		capacity = n;
	uint8_t *buffer = realloc(in->buffer, capacity);
	if (!buffer)
		return false;
	in->buffer = buffer;
	in->data = buffer;
	in->capacity = capacity;
	if (capacity > in->largest)
		in->largest = capacity;
	return true;
}

bool input_need_slow(struct input *in, size_t n)
{
	while (in->have < n && !in->end) {
		/* Ask for what one read brings, so that growth follows what the file really holds. */
		if (in->capacity - in->start - in->have < CHUNK / 4 && !make_room(in, in->have + CHUNK))
			return false;
		size_t tail = in->start + in->have;
		size_t room = in->capacity - tail;
		size_t got = pull(in, in->buffer + tail, room < CHUNK ? room : CHUNK);
		if (got == 0)
			in->end = true;
		in->have += got;
	}
	return true;
}

const uint8_t *input_peek(const struct input *in, size_t at, size_t n, uint8_t *copy)
{
	if (in->map && pread(in->fd, copy, n, (off_t)(in->base + in->offset + at)) == (ssize_t)n)
		return copy;
	return in->data + at;
}

void input_consume(struct input *in, size_t n)
{
	in->data += n;
	in->have -= n;
	in->offset += n;
	if (in->map)
		in->consumed = in->offset;
	else
		in->start += n;
}

void input_release(struct input *in, size_t from, size_t to)
{
	if (!in->map)
		return;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	uintptr_t first = (uintptr_t)(in->data + from) & ~page; /* a shared page is read in again */
	uintptr_t last = (uintptr_t)(in->data + to) & ~page;
	if (first < last)
		madvise((void *)first, last - first, MADV_DONTNEED);
}

static enum status map_file(struct input *in, const char *path, struct error *error)
{
	uint64_t before = in->base & ((uint64_t)sysconf(_SC_PAGESIZE) - 1); /* pages are mapped */
	if (in->size > SIZE_MAX - before)
		return error_set(error, STATUS_FAILED, "%s is too large for this machine", path);
	in->map_size = (size_t)(before + in->size);
	void *map =
		mmap(NULL, in->map_size, PROT_READ, MAP_PRIVATE, in->fd, (off_t)(in->base - before));
	if (map == MAP_FAILED)
		return error_set(error, STATUS_FAILED, "%s can't be mapped: %s", path, strerror(errno));
	in->map = map;
	in->data = in->map + before;
	in->have = (size_t)in->size;
	in->end = true;
	return STATUS_OK;
}

static bool unpack_with(struct input *in, const char *packing)
{
	struct unpacker *source = calloc(1, sizeof *source);
	if (!source)
		return false;
	source->inflater = inflater_create(packing);
	if (!source->inflater || in->have > sizeof source->packed.bytes) {
		inflater_destroy(source->inflater);
		free(source);
		return false;
	}
	memcpy(source->packed.bytes, in->data, in->have);
	source->packed.end = in->have;
	source->packed.eof = in->end;
	in->have = 0;
	in->end = false;
	in->packing = packing;
	in->unpacker = source;
	return true;
}

static enum status open_stream(struct input *in, struct error *error)
{
	in->capacity = INFLATE_MAGIC;
	in->buffer = malloc(in->capacity);
	if (!in->buffer)
		return error_no_memory(error);
	in->data = in->buffer;
	/* Just the magic: what follows is read with the right unpacker in place. */
	while (in->have < INFLATE_MAGIC && !in->end) {
		size_t got = (size_t)read_fd(in, in->buffer + in->have, INFLATE_MAGIC - in->have);
		in->have += got;
		if (got == 0)
			in->end = true;
	}
	const char *packing = inflater_recognise(in->data, in->have);
	if (packing && !unpack_with(in, packing))
		return error_no_memory(error);
	return STATUS_OK;
}

static enum status open_bundle(struct input *in, const char *path, struct error *error)
{
	char shown[256];
	struct bundle_place place;
	text_clean(shown, sizeof shown, path, strlen(path));
	enum status status = bundle_find(in->fd, shown, BUNDLE_PART_TRACE, &place, error);
	if (status != STATUS_OK)
		return status;
	if (place.size == 0)
		return error_set(error, STATUS_DAMAGED, "the execution trace in %s is empty", shown);
	in->base = place.offset;
	in->size = place.size;
	return map_file(in, path, error);
}

static enum status open_fd(struct input *in, const char *path, struct error *error)
{
	struct stat st;
	if (fstat(in->fd, &st) != 0)
		return error_set(error, STATUS_FAILED, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return error_set(error, STATUS_NO_TARGET, "%s is a directory, not a trace", path);
	uint8_t magic[BUNDLE_HEAD_SIZE];
	if (S_ISREG(st.st_mode)) {
		in->size = (uint64_t)st.st_size;
		off_t at = lseek(in->fd, 0, SEEK_CUR);
		ssize_t n = pread(in->fd, magic, sizeof magic, 0);
		if (at == 0 && n > 0 && bundle_recognise(magic, (size_t)n))
			return open_bundle(in, path, error);
		if (at == 0 && st.st_size > 0 && n >= 0 && !inflater_recognise(magic, (size_t)n))
			return map_file(in, path, error);
	}
	return open_stream(in, error);
}

enum status input_open(struct input *in, const char *path, struct error *error)
{
	memset(in, 0, sizeof *in);
	if (strcmp(path, "-") == 0) {
		in->fd = STDIN_FILENO;
		path = "standard input";
	} else {
		in->fd = open(path, O_RDONLY | O_CLOEXEC);
		in->close_fd = true;
	}
	if (in->fd < 0) {
		enum status status =
			errno == EACCES || errno == EPERM ? STATUS_PERMISSION : STATUS_NO_TARGET;
		return error_set(error, status, "%s can't be opened: %s", path, strerror(errno));
	}
	enum status status = open_fd(in, path, error);
	if (status != STATUS_OK)
		input_finish(in);
	return status;
}

void input_open_memory(struct input *in, const void *data, size_t size)
{
	memset(in, 0, sizeof *in);
	in->fd = -1;
	in->data = data;
	in->have = size;
	in->size = size;
	in->end = true;
}

void input_finish(struct input *in)
{
	if (in->map)
		munmap(in->map, in->map_size);
	struct unpacker *source = in->unpacker;
	if (source) {
		inflater_destroy(source->inflater);
		free(source);
	}
	free(in->buffer);
	if (in->close_fd && in->fd >= 0)
		close(in->fd);
	memset(in, 0, sizeof *in);
	in->fd = -1;
}
