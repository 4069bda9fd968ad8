/* Whatever a bundle may be: its parts lie within the file, and what reads them survives them. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collect/recording.h"
#include "metrics/snapshot.h"
#include "trace/input.h"
#include "util/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find(int fd, size_t size)
{
	for (int part = 0; part < BUNDLE_PARTS; part++) {
		struct bundle_place place;
		struct error error = {0};
		if (bundle_find(fd, "x", (enum bundle_part)part, &place, &error) == STATUS_OK) {
			if (place.offset > size || place.size > size - place.offset)
				abort();
		} else if (!error.text[0]) {
			abort();
		}
	}
}

static void read_trace(const char *path)
{
	struct input in;
	uint8_t copy[16];
	if (input_open(&in, path, NULL) != STATUS_OK)
		return;
	while (input_need(&in, sizeof copy) && in.have >= sizeof copy) {
		if (*input_peek(&in, 0, sizeof copy, copy) != in.data[0])
			abort();
		input_consume(&in, sizeof copy);
	}
	input_finish(&in);
}

static void read_snapshots(const char *path)
{
	struct recording *recording;
	struct snapshot *s = NULL;
	enum status status;
	if (recording_open(&recording, path, NULL) != STATUS_OK)
		return;
	do {
		status = recording_next(recording, &s, NULL);
		snapshot_unref(s);
	} while (status == STATUS_DAMAGED || (status == STATUS_OK && s));
	recording_close(recording);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	find(fd, size);
	read_trace(path);
	read_snapshots(path);
	close(fd);
	return 0;
}
