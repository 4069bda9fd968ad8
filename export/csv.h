/*
 * Writes a story as one table (RFC 4180, lines end with LF), a row for each slice, instant and
 * value of a counter, in the order in which they end. What a row is says its first column. The
 * caller owns it, the sink and the story; the story's thread.
 */
#ifndef SCHEDTOP_EXPORT_CSV_H
#define SCHEDTOP_EXPORT_CSV_H

#include "export/sink.h"
#include "export/story.h"

/* Writes what stands before the story. The narrator is the caller's to destroy. false: no memory.
 */
bool csv_open(struct sink *sink, const struct story *story, struct story_narrator *narrator);

#endif
