#include "metrics/history.h"

#include <stdlib.h>
#include <string.h>

/* `count` and `bytes` are of the ring. The first one ever added may be in it or have left it. */
struct history {
	int64_t span_ns;
	size_t bytes_max;
	const struct snapshot *first;
	const struct snapshot **ring;
	size_t capacity; /* a power of two, or 0 */
	size_t oldest, count;
	size_t with_rows; /* how many of the newest still have their rows */
	size_t bytes;
};

struct history *history_create(int64_t span_ns, size_t bytes_max)
{
	struct history *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->span_ns = span_ns;
	h->bytes_max = bytes_max;
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

/* `first` is held twice while it is in the ring, so it never sheds its rows: the base stays whole.
 */
static void shed_old_rows(struct history *h, int64_t now_ns)
{
	while (h->with_rows > 2) {
		const struct snapshot *s = *slot(h, h->count - h->with_rows);
		if (now_ns - s->monotonic_ns <= HISTORY_ROWS_NS)
			break;
		size_t before = snapshot_bytes(s);
		if (snapshot_shed_rows(s))
			h->bytes -= before - snapshot_bytes(s);
		h->with_rows--;
	}
}

static void drop_oldest(struct history *h)
{
	const struct snapshot *s = *slot(h, 0);
	h->bytes -= snapshot_bytes(s);
	snapshot_unref(s);
	h->oldest++;
	h->count--;
	if (h->with_rows > h->count)
		h->with_rows = h->count;
}

enum status history_add(struct history *h, const struct snapshot *s)
{
	const struct snapshot *newest = history_get(h, 0);
	if ((newest && s->monotonic_ns < newest->monotonic_ns) ||
	    (h->count == h->capacity && grow(h) != STATUS_OK)) {
		snapshot_unref(s);
		return STATUS_FAILED;
	}
	if (!h->first)
		h->first = snapshot_ref(s);
	*slot(h, h->count++) = s;
	h->with_rows++;
	h->bytes += snapshot_bytes(s);
	shed_old_rows(h, s->monotonic_ns);
	while (h->count > 2 && (s->monotonic_ns - (*slot(h, 0))->monotonic_ns > h->span_ns ||
	                        history_bytes(h) > h->bytes_max))
		drop_oldest(h);
	return STATUS_OK;
}

size_t history_count(const struct history *h)
{
	return h->count;
}

const struct snapshot *history_get(const struct history *h, size_t i)
{
	return i < h->count ? *slot(h, h->count - 1 - i) : NULL;
}

const struct snapshot *history_first(const struct history *h)
{
	return h->first;
}

size_t history_index(const struct history *h, int64_t monotonic_ns)
{
	/* Everything before `low` (counted from the oldest) was read at or before monotonic_ns. */
	size_t low = 0, high = h->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if ((*slot(h, middle))->monotonic_ns <= monotonic_ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (h->count == 0)
		return 0;
	return h->count - (low > 0 ? low : 1);
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
