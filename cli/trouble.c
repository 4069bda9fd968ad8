#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "metrics/schedtrace.h"

void trouble_log_tell(struct trouble_log *log, const struct snapshot *s)
{
	for (int i = 0; i < ORIGIN_COUNT; i++) {
		if (s->trouble[i][0] && strcmp(s->trouble[i], log->told[i]) != 0)
			schedtrace_comment(stderr, s->trouble[i]);
		memcpy(log->told[i], s->trouble[i], sizeof log->told[i]);
	}
}
