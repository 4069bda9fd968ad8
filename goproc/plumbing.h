/*
 * Functions that wait on behalf of somebody else: in looking for the place a person would name,
 * frames of them are passed over. Pure; any thread.
 */
#ifndef SCHEDTOP_GOPROC_PLUMBING_H
#define SCHEDTOP_GOPROC_PLUMBING_H

#include <stdbool.h>

bool plumbing_is(const char *function);

#endif
