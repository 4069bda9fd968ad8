#include "compare/side.h"

#include <string.h>

#include "trace/elapsed.h"

void side_init(struct side *side, size_t runs)
{
	memset(side, 0, sizeof *side);
	side->most = 1;
	while (side->most * 2 * runs <= SIDE_SLICES)
		side->most *= 2;
}

static struct run *current(struct side *side)
{
	return &side->run[side->runs];
}

struct run *side_begin(struct side *side, const char *path)
{
	struct run *run = current(side);
	*run = (struct run){.path = path, .first = side->slices, .slice_ns = SIDE_FIRST_SLICE_NS};
	side->begun = side->in_gap = false;
	return run;
}

void side_resume(struct side *side, int64_t time_ns)
{
	if (!side->begun) {
		side->begun = true;
		side->begin_ns = bound_ns(time_ns);
	} else if (side->in_gap) {
		add_ns(&side->begin_ns, bounded_elapsed_ns(side->gap_ns, bound_ns(time_ns)));
	}
	side->in_gap = false;
}

void side_lose(struct side *side, int64_t time_ns)
{
	if (side->in_gap)
		return;
	side->in_gap = true;
	side->gap_ns = bound_ns(time_ns);
}

void side_restart(struct side *side, int64_t time_ns)
{
	side->begun = true;
	side->in_gap = false;
	side->begin_ns = bound_ns(time_ns);
}

/* Since the run began. */
static int64_t run_time(const struct side *side, int64_t time_ns)
{
	return elapsed_ns(side->begin_ns, bound_ns(time_ns));
}

size_t side_slice(const struct side *side, int64_t time_ns)
{
	const struct run *run = &side->run[side->runs];
	int64_t slice = run_time(side, time_ns) / run->slice_ns;
	return slice < (int64_t)side->most ? run->first + (size_t)slice : SIZE_MAX;
}

void side_fold(struct side *side)
{
	current(side)->slice_ns *= 2;
}

bool side_end(struct side *side, int64_t time_ns)
{
	struct run *run = current(side);
	if (side->begun)
		run->length_ns = run_time(side, side->in_gap ? side->gap_ns : time_ns);
	int64_t rest = run->length_ns % run->slice_ns;
	run->slices = (size_t)(run->length_ns / run->slice_ns) + (rest > 0);
	/* What happens at the very end has a slice, too. */
	bool exact = rest == 0 && run->slices > 0;
	bool join = exact || (run->slices > 1 && rest < run->slice_ns / 2);
	if (join && !exact)
		run->slices--;
	if (side->begun && run->slices == 0)
		run->slices = 1; /* of no length: a single event */
	side->slices += run->slices;
	side->runs++;
	return join;
}

double side_seconds(const struct side *side)
{
	double ns = 0;
	for (size_t i = 0; i < side->runs; i++)
		ns += (double)side->run[i].length_ns;
	return ns / 1e9;
}

double run_slice_seconds(const struct run *run, size_t slice)
{
	double ns = (double)run->slice_ns;
	if (slice + 1 == run->slices)
		ns = (double)run->length_ns - ns * (double)slice;
	return ns / 1e9;
}
