#include "trace/profile_kinds.h"

const char *const profile_kind_words[PROFILE_KINDS] = {
	[PROFILE_NET] = "net",     [PROFILE_SYNC] = "sync", [PROFILE_SYSCALL] = "syscall",
	[PROFILE_SCHED] = "sched", [PROFILE_CPU] = "cpu",   [PROFILE_BLOCKED] = "blocked",
};
