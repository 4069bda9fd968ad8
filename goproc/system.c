#include "goproc/system.h"

#include <string.h>

/* Functions of the runtime that a program's own goroutines begin with (traceback.go). The finalizer
   goroutine counts as the runtime's even while it calls back: schedt.ngsys keeps counting it. */
static const char *const own[] = {"runtime.main", "runtime.corostart", "runtime.handleAsyncEvent"};

static bool ask(struct functions *functions, uint64_t start)
{
	const char *name = functions_name(functions, start);
	if (strncmp(name, "runtime.", strlen("runtime.")) != 0)
		return false;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		if (strcmp(name, own[i]) == 0)
			return false;
	}
	return true;
}

bool system_is_start(struct system_starts *starts, struct functions *functions, uint64_t start)
{
	/* Functions begin at multiples of 16 or 32. One that has another's place takes it. */
	uint64_t *slot = &starts->remembered[(start >> 4 ^ start >> 13) % SYSTEM_REMEMBERED];
	if (start == 0 || start > UINT64_MAX / 2 || !functions)
		return false; /* begun by C */
	if (*slot >> 1 != start)
		*slot = start << 1 | ask(functions, start);
	return *slot & 1;
}
