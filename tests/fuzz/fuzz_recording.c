/* Whatever a recording may hold: bytes that are frames, an index or lines, and, so that more than
   zstd's own checks is looked at, lines that are packed here. It is read to its end, and from
   everywhere that seeking leads to. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collect/frame_writer.h"
#include "collect/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct recording *r)
{
	struct snapshot *s;
	for (;;) {
		struct error error = {0};
		enum status status = recording_next(r, &s, &error);
		if (status != STATUS_OK && !error.text[0])
			abort();
		if (status == STATUS_FAILED || (status == STATUS_OK && !s))
			return;
		snapshot_unref(s);
	}
}

static void read_file(int fd)
{
	char path[64];
	struct recording *r;
	struct line_times first, last;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (recording_open(&r, path, NULL) != STATUS_OK)
		abort();
	read_all(r);
	if (recording_ends(r, &first, &last)) {
		const int64_t moments[] = {INT64_MIN / 2, first.wall_ns, last.wall_ns,
		                           first.wall_ns / 2 + last.wall_ns / 2, INT64_MAX};
		for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
			if (recording_seek(r, moments[i], NULL) == STATUS_OK)
				read_all(r);
	}
	recording_close(r);
}

/* As the recorder packs them, a line of the input each. */
static void pack(int fd, const char *text, size_t size)
{
	struct frame_writer *w;
	if (frame_writer_create(&w, fd, NULL) != STATUS_OK)
		abort();
	for (size_t at = 0, end; at < size; at = end) {
		for (end = at; end < size && text[end] != '\n';)
			end++;
		end += end < size;
		struct line_times times = {0};
		line_times_read(&times, text + at, end - at);
		if (frame_writer_add(w, text + at, end - at, times.monotonic_ns, times.wall_ns, NULL) !=
		    STATUS_OK)
			abort();
	}
	frame_writer_finish(w, NULL);
	frame_writer_destroy(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int packed = 0; packed < 2; packed++) {
		int fd = memfd_create("recording", MFD_CLOEXEC);
		if (fd < 0)
			abort();
		if (packed)
			pack(fd, (const char *)data, size);
		else if (write(fd, data, size) != (ssize_t)size)
			abort();
		read_file(fd);
		close(fd);
	}
	return 0;
}
