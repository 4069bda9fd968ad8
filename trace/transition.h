/*
 * Which events change the state of a goroutine. Any thread.
 */
#ifndef SCHEDTOP_TRACE_TRANSITION_H
#define SCHEDTOP_TRACE_TRANSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/format.h"

#define TRANSITION_BIT(type) (UINT64_C(1) << (type))
#define GO_TRANSITIONS                                                          \
	(TRANSITION_BIT(EV_GO_CREATE) | TRANSITION_BIT(EV_GO_CREATE_SYSCALL) |      \
	 TRANSITION_BIT(EV_GO_START) | TRANSITION_BIT(EV_GO_DESTROY) |              \
	 TRANSITION_BIT(EV_GO_DESTROY_SYSCALL) | TRANSITION_BIT(EV_GO_STOP) |       \
	 TRANSITION_BIT(EV_GO_BLOCK) | TRANSITION_BIT(EV_GO_UNBLOCK) |              \
	 TRANSITION_BIT(EV_GO_SYSCALL_BEGIN) | TRANSITION_BIT(EV_GO_SYSCALL_END) |  \
	 TRANSITION_BIT(EV_GO_SYSCALL_END_BLOCKED) | TRANSITION_BIT(EV_GO_STATUS) | \
	 TRANSITION_BIT(EV_GO_SWITCH) | TRANSITION_BIT(EV_GO_SWITCH_DESTROY) |      \
	 TRANSITION_BIT(EV_GO_CREATE_BLOCKED) | TRANSITION_BIT(EV_GO_STATUS_STACK))

static inline bool is_go_transition(uint8_t type)
{
	return type < 64 && (GO_TRANSITIONS >> type & 1);
}

#endif
