/*
 * The goroutines that lead by time in one state. Plain values: all zero, with the state, is empty.
 * Any thread.
 */
#ifndef SCHEDTOP_REPORT_TOP_H
#define SCHEDTOP_REPORT_TOP_H

#include "trace/goroutines.h"

enum { TOP_GOROUTINES = 20 };

struct top {
	uint8_t state; /* enum go_status */
	struct goroutine_time g[TOP_GOROUTINES];
	size_t n;
};

void top_add(struct top *top, const struct goroutine_time *g);

#endif
