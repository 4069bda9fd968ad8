/*
 * MANIFEST.json of a bundle: why it was made, of what, and what is in it. The format is told in
 * doc/sentinel.md. Pure functions; any thread.
 */
#ifndef SCHEDTOP_WATCH_MANIFEST_H
#define SCHEDTOP_WATCH_MANIFEST_H

#include <jansson.h>

#include "watch/job.h"

#define MANIFEST_SCHEMA 1

/* One capture that was tried. */
struct manifest_capture {
	const char *kind, *member; /* "trace", "capture.trace"; constants */
	bool ok;
	struct capture_state state; /* how it ended, when ok */
	char why[512];              /* why not */
};

struct manifest {
	const struct job_reason *reason;
	const struct target *target;
	const struct recent_copy *recent;
	const char *build; /* as buildinfo_text has it; NULL: not known */
	const struct manifest_capture *taken;
	size_t n;
};

/* For people and programs, with a newline at its end; free() it. NULL when out of memory. */
char *manifest_encode(const struct manifest *m);
/* One capture, as in the manifest and the log. NULL when out of memory. */
json_t *manifest_of_capture(const struct manifest_capture *capture);

#endif
