/*
 * Does a stream of bytes end where an execution trace can end? For what comes from a server that
 * says no more than that it has ended: a proxy may say that, too, when the program broke off. Of
 * the format since Go 1.22 the batches are followed; older ones can end anywhere. The caller owns
 * the struct, zeroed at first.
 */
#ifndef SCHEDTOP_COLLECT_TRACE_SHAPE_H
#define SCHEDTOP_COLLECT_TRACE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_shape {
	unsigned char head[16];
	size_t head_size;
	int part;       /* what comes next */
	unsigned shift; /* of the number that is being read */
	uint64_t number;
	uint64_t left; /* bytes of the batch */
	bool closed;   /* the last generation has ended, in formats that say so */
	bool lost;     /* no batch was found where one must be */
};

void trace_shape_add(struct trace_shape *s, const void *data, size_t size);
bool trace_shape_is_whole(const struct trace_shape *s);

#endif
