/*
 * The stretch of time that a timeline shows, in columns: zooming, panning, and where the axis has
 * its labels. Times are on the trace's clock. Pure functions, any thread.
 */
#ifndef SCHEDTOP_BROWSE_TIMELINE_WINDOW_H
#define SCHEDTOP_BROWSE_TIMELINE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Half open, never narrower than the least unless the trace is. */
struct timeline_window {
	int64_t from_ns, to_ns;
};
#define TIMELINE_WIDTH_MIN_NS INT64_C(200)

static inline int64_t timeline_width(struct timeline_window w)
{
	return w.to_ns - w.from_ns;
}

/* The window moved and cut so that it lies in `all`, as wide as before where that is possible. */
struct timeline_window timeline_clamp(struct timeline_window w, struct timeline_window all);
/* `factor` times as wide; the moment `at_ns` stays where it is. */
struct timeline_window timeline_zoom(struct timeline_window w, struct timeline_window all,
                                     int64_t at_ns, double factor);
/* Later by that much; < 0: earlier. */
struct timeline_window timeline_pan(struct timeline_window w, struct timeline_window all,
                                    int64_t by_ns);
/* Moved so that the moment is in it, with room on both sides; as it is where that is so already. */
struct timeline_window timeline_show(struct timeline_window w, struct timeline_window all,
                                     int64_t at_ns);

/* The column of a moment; < 0 or >= columns outside the window. */
int timeline_column(struct timeline_window w, int columns, int64_t at_ns);
/* The first nanosecond of a column. */
int64_t timeline_moment(struct timeline_window w, int columns, int column);

/* The distance of labels of the axis: 1, 2 or 5 times a power of ten, and so that a label that
   tells it fits between two of them. The trace begins at first_ns. */
int64_t timeline_step(struct timeline_window w, int columns, int64_t first_ns);
/* "1.2044 s": a moment since the trace began, with as many decimals as tell `step_ns`. */
void timeline_time_text(char *to, size_t size, int64_t ns, int64_t step_ns);
/* What a column stands for, as a step for timeline_time_text: enough decimals to tell columns. */
int64_t timeline_resolution(struct timeline_window w, int columns);

#endif
