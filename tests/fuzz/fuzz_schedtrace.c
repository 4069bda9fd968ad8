/* Whatever a program may print, to the reader of schedtrace: in pieces, it is the same as at once,
   no byte is lost, and what it tells can be told again. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/schedtrace.h"
#include "metrics/schedtrace_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
	char *text;
	size_t size, bytes;
	FILE *out;
};

static void on_snapshot(struct snapshot *s, void *arg)
{
	struct told *told = arg;
	for (size_t i = 0; i < s->np; i++)
		if (s->p[i].f.value[P_ID] != (int64_t)i)
			abort();
	schedtrace_print(told->out, s, 0, false);
	schedtrace_print(told->out, s, 0, true);
	snapshot_unref(s);
}

static void on_bytes(const char *bytes, size_t n, void *arg)
{
	(void)bytes;
	((struct told *)arg)->bytes += n;
}

static void read_in(const char *text, size_t size, size_t piece, struct told *told)
{
	told->bytes = 0;
	told->out = open_memstream(&told->text, &told->size);
	const struct schedtrace_sink sink = {NULL, on_snapshot, on_bytes, on_bytes, told};
	struct schedtrace_reader *r = schedtrace_reader_create(&sink);
	if (!told->out || !r)
		abort();
	for (size_t at = 0; at < size; at += piece)
		if (schedtrace_reader_feed(r, text + at, size - at < piece ? size - at : piece) !=
		    STATUS_OK)
			abort();
	if (schedtrace_reader_end(r) != STATUS_OK || schedtrace_reader_is_pending(r))
		abort();
	schedtrace_reader_destroy(r);
	fclose(told->out);
	if (told->bytes != size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct told whole, pieces;
	if (size == 0)
		return 0;
	read_in((const char *)data, size, size, &whole);
	read_in((const char *)data, size, 3, &pieces);
	if (whole.size != pieces.size || memcmp(whole.text, pieces.text, whole.size) != 0)
		abort();
	free(whole.text);
	free(pieces.text);
	return 0;
}
