#include "tui/layout.h"

#include <stdbool.h>

/* Room that the shown slots take, gaps included. */
static int taken(const struct slot *slot, size_t n)
{
	int sum = 0;
	bool first = true;
	for (size_t i = 0; i < n; i++) {
		if (!slot[i].size)
			continue;
		sum += slot[i].size + (first ? 0 : slot[i].gap);
		first = false;
	}
	return sum;
}

/* The slot to give up next: the highest `drop`, of equals the last one. n when only one is left. */
static size_t weakest(const struct slot *slot, size_t n)
{
	size_t worst = n, shown = 0;
	for (size_t i = 0; i < n; i++) {
		if (!slot[i].size)
			continue;
		shown++;
		if (worst == n || slot[i].drop >= slot[worst].drop)
			worst = i;
	}
	return shown > 1 ? worst : n;
}

static void share_growth(struct slot *slot, size_t n, int left)
{
	int shares = 0;
	for (size_t i = 0; i < n; i++)
		shares += slot[i].size ? slot[i].grow : 0;
	for (size_t i = 0; i < n && shares > 0; i++) {
		if (!slot[i].size || !slot[i].grow)
			continue;
		int more = left * slot[i].grow / shares;
		slot[i].size += more;
		left -= more;
		shares -= slot[i].grow;
	}
}

int layout(struct slot *slot, size_t n, int room)
{
	for (size_t i = 0; i < n; i++)
		slot[i].size = slot[i].min;
	size_t victim;
	while (taken(slot, n) > room && (victim = weakest(slot, n)) < n)
		slot[victim].size = 0;

	int left = room - taken(slot, n);
	for (size_t i = 0; i < n; i++) {
		if (left < 0 && slot[i].size) { /* the last one standing */
			slot[i].size = room > 0 ? room : 0;
			left = 0;
		}
		int more = slot[i].size ? slot[i].want - slot[i].size : 0;
		if (more > left)
			more = left;
		if (more > 0) {
			slot[i].size += more;
			left -= more;
		}
	}
	share_growth(slot, n, left);

	int at = 0;
	bool first = true;
	for (size_t i = 0; i < n; i++) {
		slot[i].at = at;
		if (!slot[i].size)
			continue;
		slot[i].at += first ? 0 : slot[i].gap;
		at = slot[i].at + slot[i].size;
		first = false;
	}
	return at;
}
