#include "trace/places.h"

#include <stdlib.h>
#include <string.h>

void places_finish(struct places *p)
{
	free(p->place);
	memset(p, 0, sizeof *p);
}

/* What a status says was so before: some are written long after the next generation began. */
static bool is_status(uint8_t type)
{
	return type == EV_GO_STATUS || type == EV_GO_STATUS_STACK || type == EV_PROC_STATUS;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct places *p = self;
	int64_t last = p->any ? p->last_ns : INT64_MIN;
	for (size_t i = 0; i < block->events; i++)
		if (block->event[i].at_ns > last && !is_status(block->event[i].type))
			last = block->event[i].at_ns;
	p->last_ns = last;
	p->any = true;
	return true;
}

/* Every other place goes. */
static void thin_out(struct places *p)
{
	for (size_t i = 0; i < p->n / 2; i++) {
		struct place joined = p->place[2 * i];
		if (p->place[2 * i + 1].last_ns > joined.last_ns)
			joined.last_ns = p->place[2 * i + 1].last_ns;
		joined.broken |= p->place[2 * i + 1].broken;
		p->place[i] = joined;
	}
	p->n /= 2;
	p->step *= 2;
}

static bool on_generation_end(void *self, const struct trace_block *block)
{
	struct places *p = self;
	const struct generation *g = block->generation;
	if (!g || !p->any)
		return true;
	if (!p->place) {
		p->place = calloc(PLACES_MOST, sizeof *p->place);
		p->step = 1;
		if (!p->place)
			return false;
	}
	if (p->n == PLACES_MOST)
		thin_out(p);
	if (p->seen++ % p->step == 0) {
		p->place[p->n++] = (struct place){
			.offset = g->offset,
			.number = g->number,
			.since_ns = block->since_ns,
			.last_ns = p->last_ns,
		};
	} else if (p->last_ns > p->place[p->n - 1].last_ns) {
		p->place[p->n - 1].last_ns = p->last_ns;
	}
	p->any = false;
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct places *p = self;
	(void)time_ns;
	if (p->n)
		p->place[p->n - 1].broken = true;
}

struct trace_visitor places_visitor(struct places *places)
{
	return (struct trace_visitor){.self = places,
	                              .events = on_events,
	                              .generation_end = on_generation_end,
	                              .gap = on_gap};
}

size_t places_find(const struct places *p, int64_t at_ns)
{
	size_t i = 0;
	while (i + 1 < p->n && p->place[i].last_ns <= at_ns)
		i++;
	/* Between two generations it is as the first of them left it. */
	if (i > 0 && p->place[i].since_ns > at_ns)
		i--;
	while (i > 0 && p->place[i].broken)
		i--;
	return i;
}
