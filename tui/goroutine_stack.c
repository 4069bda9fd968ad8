#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/goroutines.h"
#include "util/text.h"

/* The member whose stack is shown: the selected one, or the one that waits longest. */
static const struct goroutine_member *member_of(const struct goroutine_line *line)
{
	const struct goroutine_set *set = line->set;
	if (line->member)
		return line->member;
	return set->detail == line->stat->group->key && set->members > 0 ? &set->member[0] : NULL;
}

/* "G8812 · > 12m 04s", and at the right how many of the group there are to look at. */
static void draw_title(struct pane row, const struct goroutine_line *line,
                       const struct goroutine_member *member)
{
	char wait[32], count[32], text[96];
	const struct goroutine_set *set = line->set;
	int x = 0;
	if (member && !member->goid) {
		text_count(count, sizeof count, member->count);
		x = pane_text(row, 0, 0, STYLE_STRONG, count);
		pane_text(row, x, 0, STYLE_TEXT,
		          member->count == 1 ? " has this stack" : " have this stack");
		return;
	}
	if (member) {
		goroutine_wait(wait, sizeof wait, member->wait_ns, member->at_least);
		x = pane_print(row, 0, 0, STYLE_STRONG, "G%" PRId64, member->goid);
		x = pane_text(row, x, 0, STYLE_DIM, row.canvas->ascii ? " | " : " · ");
		x = pane_text(row, x, 0, STYLE_TEXT, wait);
	}
	if (member && line->stat->group->count > set->members) {
		text_count(count, sizeof count, line->stat->group->count);
		snprintf(text, sizeof text, "oldest %zu of %s", set->members, count);
		if (x + 2 + canvas_text_width(row.canvas, text) <= row.width)
			pane_right(row, 0, STYLE_DIM, text);
	}
}

/* What stands below every wait, and is looked at last. */
static bool is_plumbing(const char *function)
{
	return strncmp(function, "runtime.", 8) == 0 || strncmp(function, "internal/", 9) == 0;
}

/* The function from the left, the place in its file at the right edge. */
static void draw_frame(struct pane row, const struct goroutine_set *set,
                       const struct goroutine_frame *frame)
{
	char location[96];
	const char *function = goroutine_text(set, frame->place.function);
	goroutine_location(location, sizeof location, set, &frame->place);
	int width = canvas_text_width(row.canvas, location);
	bool both = width > 0 && width + 14 <= row.width;
	struct pane left = row;
	if (both) {
		left = pane_sub(row, 0, 0, row.width - width - 2, 1);
		pane_right(row, 0, STYLE_DIM, location);
	}
	pane_fit(left, 0, 0, *function && !is_plumbing(function) ? STYLE_TEXT : STYLE_DIM,
	         *function ? goroutine_function(row.canvas, function, left.width) : "?");
}

/* How many frames the stack begins with that are the runtime's. */
static int count_plumbing(const struct goroutine_set *set, const struct goroutine_frame *frame,
                          int n)
{
	int plumbing = 0;
	while (plumbing < n && is_plumbing(goroutine_text(set, frame[plumbing].place.function)))
		plumbing++;
	return plumbing < n ? plumbing : 0;
}

/* Where not all fit, those of the runtime make room first. */
static void draw_frames(struct pane pane, const struct goroutine_set *set,
                        const struct goroutine_member *member)
{
	const struct goroutine_frame *frame = &set->frame[member->first_frame];
	int frames = (int)member->frames;
	int folded = frames > pane.height ? count_plumbing(set, frame, frames) : 0;
	if (folded > 1 && pane.height > 1) {
		pane_print(pane, 0, 0, STYLE_DIM, "%d of the runtime", folded);
		pane = pane_sub(pane, 0, 1, pane.width, pane.height - 1);
		frame += folded;
		frames -= folded;
	}
	for (int y = 0; y < pane.height && y < frames; y++) {
		struct pane row = pane_row(pane, y);
		if (y == pane.height - 1 && frames > pane.height)
			pane_print(row, 0, 0, STYLE_DIM, "%d more", frames - y);
		else
			draw_frame(row, set, &frame[y]);
	}
}

void goroutine_draw_stack(struct pane pane, const struct view_data *data,
                          const struct goroutine_line *line)
{
	const struct goroutine_member *member = member_of(line);
	bool live = !data->playback.recorded && !data->paused && data->capture;
	struct view_part sched = view_part(data, PART_SCHED);
	enum origin origin = sched.s ? sched.s->sched_at.origin : ORIGIN_NONE;
	struct pane rest = pane_sub(pane, 0, 1, pane.width, pane.height - 1);
	draw_title(pane_row(pane, 0), line, member);
	if (member && member->frames > 0)
		draw_frames(rest, line->set, member);
	else if (member)
		pane_wrap(rest, STYLE_DIM,
		          line->stat->group->state == GOROUTINE_RUNNING ||
		                  line->stat->group->state == GOROUTINE_SYSCALL
		              ? "its stack is in use and can't be read"
		              : "its stack could not be read this time");
	else
		pane_wrap(rest, STYLE_DIM,
		          line->set->detail == line->stat->group->key
		              ? "none of them was there when they were read one by one"
		          : origin == ORIGIN_AGENT
		              ? "groups alone are told here: stacks are read from the process's memory"
		          : live && origin == ORIGIN_PPROF ? "the next reading tells their stacks"
		          : live ? "the next reading tells these goroutines one by one"
		                 : "at this moment these goroutines were not read one by one");
}
