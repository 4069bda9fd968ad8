/*
 * Writing all of something, as write(2) alone does not promise. No state; any thread; may wait for
 * as long as the descriptor does. False: errno says why, and some of it may be written.
 */
#ifndef SCHEDTOP_UTIL_WRITE_H
#define SCHEDTOP_UTIL_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool write_whole(int fd, const void *data, size_t size);
/* From this byte of the file on; where the descriptor stands neither matters nor changes. */
bool write_whole_at(int fd, const void *data, size_t size, uint64_t offset);

#endif
