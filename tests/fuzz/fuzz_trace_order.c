/* Whatever a trace of format 2 may hold, as Go's reader would take it and as schedtop does. */
#include "tests/fuzz/trace_pass.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (trace_header_version(data, size) < 22)
		return 0;
	trace_pass(data, size, true);
	trace_pass(data, size, false);
	return 0;
}
