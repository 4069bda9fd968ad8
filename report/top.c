#include "report/top.h"

#include <string.h>

void top_add(struct top *top, const struct goroutine_time *g)
{
	size_t at = top->n;
	while (at > 0 && top->g[at - 1].state_ns[top->state] < g->state_ns[top->state])
		at--;
	if (at == TOP_GOROUTINES || g->state_ns[top->state] == 0)
		return;
	size_t n = top->n < TOP_GOROUTINES ? top->n++ : top->n - 1;
	memmove(&top->g[at + 1], &top->g[at], (n - at) * sizeof top->g[0]);
	top->g[at] = *g;
}
