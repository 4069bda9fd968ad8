#include "metrics/history.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

/*
 * How what is no longer fresh is thinned out: of each step one snapshot is kept, with the lane
 * samples of those that went. When that is still too heavy the next level is gone to, and never
 * left again; after the last one the history gets shorter. The first fresh part is as long as the
 * longest window that is derived from neighbours.
 */
static const struct {
	int64_t fresh_ns, step_ns;
} level_info[] = {
	{60 * NS_PER_S, NS_PER_S},     {30 * NS_PER_S, NS_PER_S},    {10 * NS_PER_S, NS_PER_S},
	{10 * NS_PER_S, 2 * NS_PER_S}, {5 * NS_PER_S, 4 * NS_PER_S}, {2 * NS_PER_S, 8 * NS_PER_S},
};
#define LEVEL_MAX   (sizeof level_info / sizeof *level_info - 1)
#define SAMPLES_MAX 128 /* of one kept snapshot; evenly coarser beyond */

/* `count` and `bytes` are of the ring. The first one ever added may be in it or have left it. */
struct history {
	int64_t span_ns;
	size_t bytes_max;
	const struct snapshot *first;
	const struct snapshot **ring;
	size_t capacity; /* a power of two, or 0 */
	size_t oldest, count;
	bool whole;     /* never thin out */
	size_t thinned; /* so many from the oldest on have been thinned out */
	size_t level;   /* index into level_info */
	size_t bytes;
	int64_t moment_ns; /* of history_rewind */
};

struct history *history_create(int64_t span_ns, size_t bytes_max)
{
	struct history *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->span_ns = span_ns;
	h->bytes_max = bytes_max;
	h->moment_ns = INT64_MAX;
	return h;
}

struct history *history_create_whole(int64_t span_ns, size_t bytes_max)
{
	struct history *h = history_create(span_ns, bytes_max);
	if (h)
		h->whole = true;
	return h;
}

static const struct snapshot **slot(const struct history *h, size_t from_oldest)
{
	return &h->ring[(h->oldest + from_oldest) & (h->capacity - 1)];
}

void history_destroy(struct history *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->count; i++)
		snapshot_unref(*slot(h, i));
	snapshot_unref(h->first);
	free(h->ring);
	free(h);
}

static enum status grow(struct history *h)
{
	size_t capacity = h->capacity ? h->capacity * 2 : 64;
	const struct snapshot **ring = malloc(capacity * sizeof(void *));
	if (!ring)
		return STATUS_FAILED;
	for (size_t i = 0; i < h->count; i++)
		ring[i] = *slot(h, i);
	free(h->ring);
	h->ring = ring;
	h->capacity = capacity;
	h->oldest = 0;
	return STATUS_OK;
}

static void drop_oldest(struct history *h)
{
	const struct snapshot *s = *slot(h, 0);
	h->bytes -= snapshot_bytes(s);
	snapshot_unref(s);
	h->oldest++;
	h->count--;
	h->thinned -= h->thinned > 0;
}

/* Lets the one between its neighbours i - 1 and i + 1 go, if the history stays dense enough and
   nobody looks at it: a view that stands still must not change. */
static bool drop_between(struct history *h, size_t i)
{
	const struct snapshot *before = *slot(h, i - 1), *s = *slot(h, i), *after = *slot(h, i + 1);
	bool shown = s->monotonic_ns <= h->moment_ns && h->moment_ns < after->monotonic_ns;
	if (shown || after->monotonic_ns - before->monotonic_ns > level_info[h->level].step_ns)
		return false;
	size_t bytes = snapshot_bytes(after);
	if (!snapshot_absorb(after, s, SAMPLES_MAX))
		return false;
	h->bytes += snapshot_bytes(after) - bytes;
	for (size_t k = i; k > 0; k--)
		*slot(h, k) = *slot(h, k - 1);
	*slot(h, 0) = s;
	drop_oldest(h);
	return true;
}

/* Thins out what is no longer fresh. */
static void thin(struct history *h)
{
	int64_t newest_ns = (*slot(h, h->count - 1))->monotonic_ns;
	int64_t fresh_ns = newest_ns - level_info[h->level].fresh_ns;
	while (h->thinned < h->count && (*slot(h, h->thinned))->monotonic_ns < fresh_ns) {
		/* Somebody else reads it still, a recorder say, who will be done with it. */
		if (h->thinned >= 2 && snapshot_is_shared(*slot(h, h->thinned)))
			return;
		/* The last one thinned goes when this one makes up for it. */
		if (h->thinned >= 2)
			drop_between(h, h->thinned - 1);
		h->thinned++;
	}
}

enum status history_add(struct history *h, const struct snapshot *s)
{
	const struct snapshot *newest = h->count ? *slot(h, h->count - 1) : NULL;
	if ((newest && s->monotonic_ns < newest->monotonic_ns) ||
	    (h->count == h->capacity && grow(h) != STATUS_OK)) {
		snapshot_unref(s);
		return STATUS_FAILED;
	}
	if (!h->first)
		h->first = snapshot_ref(s);
	*slot(h, h->count++) = s;
	h->bytes += snapshot_bytes(s);
	if (!h->whole)
		thin(h);
	while (!h->whole && history_bytes(h) > h->bytes_max && h->level < LEVEL_MAX) {
		h->level++;
		h->thinned = 0;
		thin(h);
	}
	while (h->count > 2 && (s->monotonic_ns - (*slot(h, 0))->monotonic_ns > h->span_ns ||
	                        history_bytes(h) > h->bytes_max))
		drop_oldest(h);
	return STATUS_OK;
}

void history_rewind(struct history *h, int64_t monotonic_ns)
{
	h->moment_ns = monotonic_ns;
}

/* How many were read at or before the moment, counted from the oldest. */
static size_t read_by(const struct history *h, int64_t monotonic_ns)
{
	size_t low = 0, high = h->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if ((*slot(h, middle))->monotonic_ns <= monotonic_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t history_count(const struct history *h)
{
	if (h->moment_ns == INT64_MAX || h->count == 0)
		return h->count;
	size_t seen = read_by(h, h->moment_ns);
	return seen ? seen : 1;
}

const struct snapshot *history_get(const struct history *h, size_t i)
{
	size_t count = history_count(h);
	return i < count ? *slot(h, count - 1 - i) : NULL;
}

const struct snapshot *history_first(const struct history *h)
{
	return h->first;
}

size_t history_index(const struct history *h, int64_t monotonic_ns)
{
	size_t count = history_count(h);
	if (count == 0)
		return 0;
	size_t read = read_by(h, monotonic_ns);
	if (read > count)
		read = count;
	return count - (read > 0 ? read : 1);
}

const struct snapshot *history_at(const struct history *h, int64_t monotonic_ns)
{
	return history_get(h, history_index(h, monotonic_ns));
}

size_t history_bytes(const struct history *h)
{
	size_t bytes = sizeof *h + h->capacity * sizeof(void *) + h->bytes;
	/* The base counts once more when it has left the ring. */
	if (h->first && (h->count == 0 || *slot(h, 0) != h->first))
		bytes += snapshot_bytes(h->first);
	return bytes;
}
