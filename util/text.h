/*
 * Text that people read: numbers with units, durations from the command line, and strings from
 * outside made harmless. All functions write into the caller's buffer and always terminate it.
 */
#ifndef SCHEDTOP_UTIL_TEXT_H
#define SCHEDTOP_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Copies n bytes as printable UTF-8: control characters and invalid bytes become '?', and a string
   that is too long is cut at a character. `to` holds at most `size` bytes with the terminator. */
void text_clean(char *to, size_t size, const char *from, size_t n);
/* How many of the n bytes to keep, at most `most` and of more than that no less than TEXT_TAIL
   below it, so that no character of UTF-8 is cut. */
enum { TEXT_TAIL = 3 };
static inline size_t text_whole(const char *text, size_t n, size_t most)
{
	if (n <= most)
		return n;
	for (size_t back = 0; back <= TEXT_TAIL && back < most; back++)
		if (((unsigned char)text[most - back] & 0xc0) != 0x80)
			return most - back;
	return most; /* not valid */
}

/* "250ms", "0.3s", "2m", "1h30m", "500us"; a bare number is seconds. false: not a duration,
   negative or more than 10 years. */
bool text_parse_duration(const char *text, int64_t *ns);
/* "500MB", "2GiB", "64k", "1048576": units of 1000 (k, kB, MB, GB, TB) and of 1024 (KiB, MiB, GiB,
   TiB), in any case of letters. false: no size, not above 0 or too large. */
bool text_parse_bytes(const char *text, int64_t *bytes);
/* A decimal integer from min to max, nothing after it. */
bool text_parse_integer(const char *text, long min, long max, long *value);

/* Three significant digits with the unit: "412 ns", "41.2 µs", "1.28 ms", "12.6 s", and two units
   from a minute up: "4m 10s", "5h 04m", "3d 04:12". In ASCII mode µ is u. No number is "-". */
void text_duration(char *to, size_t size, double ns, bool ascii);
/* "41–51 µs", "3.1–3.7 ms", "≤ 64 ns", "≥ 1.2 s": a range in one unit. Unbounded ends are
   +-INFINITY; a range that begins at 0 or below is told by its upper end alone. */
void text_duration_range(char *to, size_t size, double lo_ns, double hi_ns, bool ascii);
/* "812", "12,453", "1.23M": up to 99,999 in full. */
void text_count(char *to, size_t size, int64_t n);
/* "1.9k/s" and the like, without the "/s". */
void text_rate(char *to, size_t size, double per_s);
/* "38.2 MiB" */
void text_bytes(char *to, size_t size, int64_t bytes);
/* "7.2 %", "98 %", "100 %": one decimal below 10. */
void text_percent(char *to, size_t size, double ratio);

/* Closes a stream of open_memstream, whose text the caller then owns. false: there was no memory
   for all of it, and *text is NULL. */
bool text_stream_close(FILE *stream, char **text);

#endif
