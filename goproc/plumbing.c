#include "goproc/plumbing.h"

#include <stddef.h>
#include <string.h>

/* What begins like that. */
static const char *const plumbing[] = {
	"runtime.",
	"runtime/",
	"internal/",
	"sync.",
	"sync/",
	"syscall.",
	"time.Sleep",
	"net.(*netFD).",
	"vendor/",
	"reflect.",
	"os.(*file)",
	"os.(*File).read",
	"os.(*File).write",
	"os.ignoringEINTR",
};

bool plumbing_is(const char *function)
{
	for (size_t i = 0; i < sizeof plumbing / sizeof *plumbing; i++)
		if (strncmp(function, plumbing[i], strlen(plumbing[i])) == 0)
			return true;
	return false;
}
