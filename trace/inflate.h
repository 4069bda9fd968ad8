/*
 * gzip and zstd streams, unpacked piece by piece. The input owns its inflater; one thread.
 */
#ifndef SCHEDTOP_TRACE_INFLATE_H
#define SCHEDTOP_TRACE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct inflater;

#define INFLATE_MAGIC 4 /* bytes that tell a packing */

/* "gzip", "zstd", or NULL when the bytes look like neither. */
const char *inflater_recognise(const uint8_t *data, size_t n);
/* NULL: no memory. */
struct inflater *inflater_create(const char *packing);
void inflater_destroy(struct inflater *inflater);

/* Unpacks from `in` into `out`, sets how much was used and made. false: the stream is damaged. */
bool inflater_run(struct inflater *inflater, const uint8_t *in, size_t n, size_t *used,
                  uint8_t *out, size_t room, size_t *made);
/* At a place where the stream may end. */
bool inflater_at_end(const struct inflater *inflater);

#endif
