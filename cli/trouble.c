#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "metrics/schedtrace.h"

void tell_damage(int *told, const char *sentence)
{
	enum { TOLD_MAX = 20 };
	if (*told < TOLD_MAX)
		schedtrace_comment(stderr, sentence);
	else if (*told == TOLD_MAX)
		schedtrace_comment(stderr, "more is damaged, which the end sums up");
	*told += *told <= TOLD_MAX;
}

static void tell(struct trouble_log *log, const char *sentence)
{
	schedtrace_comment(stderr, sentence);
	log->any = true;
}

/* An exit is told by whoever ends because of it. */
static void tell_state(struct trouble_log *log, const struct snapshot *s)
{
	char sentence[160], name[96];
	if (s->state == log->state || s->state == TARGET_EXITED)
		return;
	snapshot_name(s, name, sizeof name);
	snprintf(sentence, sizeof sentence, "%s %s", name,
	         s->state == TARGET_STOPPED ? "is stopped: its numbers stand still until it goes on"
	                                    : "goes on");
	tell(log, sentence);
	log->state = s->state;
}

void trouble_log_tell(struct trouble_log *log, const struct snapshot *s)
{
	tell_state(log, s);
	for (int i = 0; i < ORIGIN_COUNT; i++) {
		if (s->trouble[i][0] && strcmp(s->trouble[i], log->told[i]) != 0)
			tell(log, s->trouble[i]);
		memcpy(log->told[i], s->trouble[i], sizeof log->told[i]);
	}
}

void trouble_log_snapshot(struct trouble_log *log, const struct snapshot *s, int64_t attach_ns)
{
	trouble_log_tell(log, s);
	if (s->state == TARGET_EXITED)
		schedtrace_comment(stderr, "the process has exited");
	else
		schedtrace_print(stderr, s, attach_ns, false);
	fflush(stderr);
}
