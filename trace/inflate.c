#include "trace/inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

struct inflater {
	bool gzip, at_end;
	z_stream z;
	ZSTD_DStream *zstd;
};

const char *inflater_recognise(const uint8_t *data, size_t n)
{
	if (n >= 3 && memcmp(data, "\x1f\x8b\x08", 3) == 0) /* RFC 1952 */
		return "gzip";
	if (n >= 4 && memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0) /* RFC 8878 */
		return "zstd";
	return NULL;
}

struct inflater *inflater_create(const char *packing)
{
	struct inflater *inflater = calloc(1, sizeof *inflater);
	if (!inflater)
		return NULL;
	inflater->gzip = strcmp(packing, "gzip") == 0;
	bool ok;
	if (inflater->gzip) {
		ok = inflateInit2(&inflater->z, 16 + MAX_WBITS) == Z_OK;
	} else {
		inflater->zstd = ZSTD_createDStream();
		ok = inflater->zstd != NULL;
	}
	if (!ok) {
		free(inflater);
		return NULL;
	}
	return inflater;
}

void inflater_destroy(struct inflater *inflater)
{
	if (!inflater)
		return;
	if (inflater->gzip)
		inflateEnd(&inflater->z);
	else
		ZSTD_freeDStream(inflater->zstd);
	free(inflater);
}

static bool run_gzip(struct inflater *inflater, const uint8_t *in, size_t n, size_t *used,
                     uint8_t *out, size_t room, size_t *made)
{
	z_stream *z = &inflater->z;
	/* A gzip file may be several members in a row. */
	if (inflater->at_end && n > 0) {
		inflateReset(z);
		inflater->at_end = false;
	}
	z->next_in = (Bytef *)(uintptr_t)in;
	z->avail_in = n > UINT_MAX ? UINT_MAX : (uInt)n;
	z->next_out = out;
	z->avail_out = room > UINT_MAX ? UINT_MAX : (uInt)room;
	int result = inflate(z, Z_NO_FLUSH);
	*used = (size_t)(z->next_in - in);
	*made = (size_t)(z->next_out - out);
	inflater->at_end = result == Z_STREAM_END;
	return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

bool inflater_run(struct inflater *inflater, const uint8_t *in, size_t n, size_t *used,
                  uint8_t *out, size_t room, size_t *made)
{
	if (inflater->gzip)
		return run_gzip(inflater, in, n, used, out, room, made);
	*used = *made = 0;
	if (inflater->at_end && n == 0) /* else it would wait for another frame */
		return true;
	ZSTD_inBuffer from = {in, n, 0};
	ZSTD_outBuffer to = {out, room, 0};
	size_t result = ZSTD_decompressStream(inflater->zstd, &to, &from);
	*used = from.pos;
	*made = to.pos;
	inflater->at_end = result == 0;
	return !ZSTD_isError(result);
}

bool inflater_at_end(const struct inflater *inflater)
{
	return inflater->at_end;
}
