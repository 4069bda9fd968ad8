/*
 * Writes a story as JSON in the Trace Event Format, which chrome://tracing and ui.perfetto.dev
 * read: complete events for slices, async ones for tasks, flows for wake-ups, counters, and the
 * stacks as a dictionary at the end. The caller owns the sink and the story; the story's thread.
 */
#ifndef SCHEDTOP_EXPORT_CHROME_H
#define SCHEDTOP_EXPORT_CHROME_H

#include "export/sink.h"
#include "export/story.h"

/* Writes what stands before the story. The narrator is the caller's to destroy. false: no memory.
 */
bool chrome_open(struct sink *sink, const struct story *story, struct story_narrator *narrator);

#endif
