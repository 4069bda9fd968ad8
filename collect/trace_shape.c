#include "collect/trace_shape.h"

#include <stdlib.h>
#include <string.h>

/* internal/trace/tracev2/events.go */
enum { EVENT_BATCH = 1, EXPERIMENTAL_BATCH = 49, END_OF_GENERATION = 52 };
#define FORMAT_2    22 /* Go 1.22 */
#define FORMAT_ENDS 26 /* from here on generations end with an event of their own */
#define BATCH_MAX   (1u << 20)

/* A batch is its type, for some the experiment, four numbers and as many bytes as the last says. */
enum { PART_TYPE, PART_EXPERIMENT, PART_NUMBER, PART_SIZE = PART_NUMBER + 3, PART_DATA };

/* The NN of "go 1.NN trace"; 0: none. */
static long version_of(const struct trace_shape *s)
{
	char text[sizeof s->head + 1] = "";
	memcpy(text, s->head, s->head_size);
	return strncmp(text, "go 1.", 5) == 0 ? strtol(text + 5, NULL, 10) : 0;
}

static void begin_batch(struct trace_shape *s, unsigned char type)
{
	s->closed = type == END_OF_GENERATION;
	if (type == EVENT_BATCH)
		s->part = PART_NUMBER;
	else if (type == EXPERIMENTAL_BATCH)
		s->part = PART_EXPERIMENT;
	else if (type != END_OF_GENERATION)
		s->lost = true;
}

static void add_number(struct trace_shape *s, unsigned char byte)
{
	if (s->shift >= 64) {
		s->lost = true;
		return;
	}
	s->number |= (uint64_t)(byte & 0x7f) << s->shift;
	s->shift += 7;
	if (byte & 0x80)
		return;
	if (s->part == PART_SIZE) {
		s->left = s->number;
		s->lost = s->left > BATCH_MAX;
		s->part = s->left ? PART_DATA : PART_TYPE;
	} else {
		s->part++;
	}
	s->number = 0;
	s->shift = 0;
}

static size_t skip_data(struct trace_shape *s, size_t size)
{
	size_t n = size < s->left ? size : (size_t)s->left;
	s->left -= n;
	if (s->left == 0)
		s->part = PART_TYPE;
	return n;
}

void trace_shape_add(struct trace_shape *s, const void *data, size_t size)
{
	const unsigned char *at = data, *end = at + size;
	while (at < end && s->head_size < sizeof s->head)
		s->head[s->head_size++] = *at++;
	if (version_of(s) < FORMAT_2)
		return;
	while (at < end && !s->lost) {
		if (s->part == PART_DATA)
			at += skip_data(s, (size_t)(end - at));
		else if (s->part == PART_TYPE)
			begin_batch(s, *at++);
		else if (s->part == PART_EXPERIMENT) {
			s->part = PART_NUMBER;
			at++;
		} else
			add_number(s, *at++);
	}
}

bool trace_shape_is_whole(const struct trace_shape *s)
{
	long version = version_of(s);
	if (s->head_size < sizeof s->head || version == 0)
		return false;
	if (version < FORMAT_2)
		return true;
	return !s->lost && s->part == PART_TYPE && (s->closed || version < FORMAT_ENDS);
}
