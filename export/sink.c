#include "export/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "util/write.h"

enum {
	BUFFER = 64 * 1024,
	GZIP = 15 + 16, /* zlib.h: windowBits of 15, and a gzip header around it */
	MEMORY_LEVEL = 8,
};

static void fail(struct sink *s, enum status status)
{
	if (s->status == STATUS_OK)
		s->status = status;
}

/* Straight to where it goes. */
static void put(struct sink *s, const uint8_t *data, size_t size)
{
	if (sink_failed(s))
		return;
	if (s->path) {
		fail(s, atomic_file_write(&s->file, data, size, &s->error));
		return;
	}
	if (!write_whole(s->fd, data, size))
		fail(s, error_set(&s->error, STATUS_FAILED, "the output can't be written: %s",
		                  strerror(errno)));
}

static void flush(struct sink *s)
{
	put(s, s->buffer, s->used);
	s->used = 0;
}

/* `end`: and nothing comes after it. */
static void pack(struct sink *s, const uint8_t *data, size_t size, bool end)
{
	const size_t most = 1U << 30; /* at a time: zlib counts in 32 bits */
	s->zip->next_in = (z_const Bytef *)data;
	do {
		size_t part = size < most ? size : most;
		int result = Z_OK;
		s->zip->avail_in = (uInt)part;
		size -= part;
		do {
			s->zip->next_out = s->buffer + s->used;
			s->zip->avail_out = (uInt)(BUFFER - s->used);
			result = deflate(s->zip, end && size == 0 ? Z_FINISH : Z_NO_FLUSH);
			s->used = BUFFER - s->zip->avail_out;
			if (s->used == BUFFER)
				flush(s);
		} while (s->zip->avail_in > 0 || (end && size == 0 && result != Z_STREAM_END));
	} while (size > 0);
}

void sink_write(struct sink *s, const void *data, size_t size)
{
	if (sink_failed(s))
		return;
	if (s->zip) {
		pack(s, data, size, false);
		return;
	}
	if (size > BUFFER - s->used)
		flush(s);
	if (size >= BUFFER) {
		put(s, data, size);
		return;
	}
	memcpy(s->buffer + s->used, data, size);
	s->used += size;
}

void sink_text(struct sink *s, const char *text)
{
	sink_write(s, text, strlen(text));
}

static enum status prepare(struct sink *s, bool packed, struct error *error)
{
	s->buffer = malloc(BUFFER);
	s->zip = packed ? calloc(1, sizeof *s->zip) : NULL;
	if (!s->buffer ||
	    (packed && (!s->zip || deflateInit2(s->zip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP,
	                                        MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK))) {
		free(s->zip);
		s->zip = NULL;
		sink_finish(s);
		return error_no_memory(error);
	}
	return STATUS_OK;
}

enum status sink_open_fd(struct sink *s, int fd, bool packed, struct error *error)
{
	*s = (struct sink){.file = {.dir_fd = -1, .fd = -1}, .fd = fd};
	return prepare(s, packed, error);
}

enum status sink_open(struct sink *s, const char *path, bool packed, struct error *error)
{
	if (strcmp(path, "-") == 0) {
		if (packed && isatty(STDOUT_FILENO))
			return error_set(error, STATUS_USAGE,
			                 "that is not for a terminal: send the output to a file or a program");
		return sink_open_fd(s, STDOUT_FILENO, packed, error);
	}
	*s = (struct sink){.fd = -1};
	enum status status = atomic_file_open_path(&s->file, path, 0666, &s->path, error);
	return status == STATUS_OK ? prepare(s, packed, error) : status;
}

enum status sink_commit(struct sink *s, struct error *error)
{
	if (s->zip && !sink_failed(s))
		pack(s, NULL, 0, true);
	flush(s);
	if (s->path && !sink_failed(s))
		fail(s, atomic_file_commit(&s->file, atomic_file_name(s->path), true, NULL, &s->error));
	if (sink_failed(s) && error)
		*error = s->error;
	return s->status;
}

void sink_finish(struct sink *s)
{
	if (s->zip)
		deflateEnd(s->zip);
	free(s->zip);
	free(s->buffer);
	if (s->path)
		atomic_file_finish(&s->file);
	free(s->path);
	*s = (struct sink){.file = {.dir_fd = -1, .fd = -1}, .fd = -1};
}
