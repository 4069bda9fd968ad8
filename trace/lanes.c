#include "trace/lanes.h"

void lane_cell_add(struct lane_cell *cell, const struct span *span, int64_t from_ns, int64_t to_ns)
{
	double ns = (double)common_ns(from_ns, to_ns, span->begin_ns, span->end_ns);
	cell->ns[span->state] += ns;
	if (!span_is_busy(span->state))
		return;
	lane_vote(&cell->goroutine, &cell->goroutine_ns, span->goroutine, ns);
	if (span->begin_ns >= from_ns && span->begin_ns < to_ns)
		cell->switches++;
}

void lane_cell_fill(struct lane_cell *cell, enum lane_kind kind, int64_t from_ns, int64_t to_ns,
                    int64_t trace_first_ns, int64_t trace_last_ns)
{
	double told = 0;
	for (size_t s = SPAN_UNKNOWN + 1; s < SPAN_STATES; s++)
		told += cell->ns[s];
	double idle = (double)common_ns(from_ns, to_ns, trace_first_ns, trace_last_ns) - told;
	if (kind == LANE_M && idle > 0) {
		cell->ns[SPAN_IDLE] += idle;
		told += idle;
	}
	double rest = (double)(to_ns - from_ns) - told;
	cell->ns[SPAN_UNKNOWN] = rest > 0 ? rest : 0;
}
