/*
 * Writes a story as a trace of Perfetto (ui.perfetto.dev, trace_processor): a packet for each thing
 * that is told, as it is told. Names, categories and stacks are interned and forgotten together
 * every now and then, so that neither writer nor reader has to keep more than a part of them. The
 * caller owns the sink and the story; the story's thread.
 */
#ifndef SCHEDTOP_EXPORT_PERFETTO_H
#define SCHEDTOP_EXPORT_PERFETTO_H

#include "export/sink.h"
#include "export/story.h"

/* Writes what stands before the story. The narrator is the caller's to destroy. false: no memory.
 */
bool perfetto_open(struct sink *sink, const struct story *story, struct story_narrator *narrator);

#endif
