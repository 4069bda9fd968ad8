/* What is wrong with the file itself: then all else can't be known. */
#include "doctor/catalogue.h"

static const struct advice advice[] = {
	{
		.slug = SLUG_TRACE_TRUNCATED,
		.from = FROM_TRACE,
		.title = "The trace is not whole",
		.means =
			"Bytes of the trace are missing or wrong. Usually the program ended before "
			"trace.Stop was called, by os.Exit, log.Fatal, a panic or a signal, or the disk was "
			"full, or the file was copied while it was still written. What lies before the "
			"damage was read; what happened afterwards nobody knows, least of all that "
			"it was in order.",
		.remedy =
			"Take the trace again and let it end: call trace.Stop before the program exits, also "
			"where it ends by os.Exit, and check what writing and closing the file return. "
			"schedtop capture keeps no trace that did not end properly.",
		.refuted =
			"A trace of the same moment whose last bytes are there: schedtop check says whole "
			"and ends with status 0.",
		.found = "Every byte is read and validated, and the places where that fails are told with "
				 "what was lost. The status is 6, whatever else was found.",
	},
	{
		.slug = SLUG_TRACE_EMPTY,
		.from = FROM_TRACE,
		.title = "The trace holds nothing",
		.means = "The file is empty, or has a header and no events. Nothing can be said of the "
				 "program, neither good nor bad. Usually the file was closed before trace.Stop, "
				 "the capture was asked for no time at all, or a flight recorder was written "
				 "before it had begun.",
		.remedy =
			"Close the file after trace.Stop and not before, and let the program do some work "
			"between trace.Start and trace.Stop.",
		.refuted = "schedtop stat shows goroutines that ran.",
		.found = "Not one event was read. The status is 6.",
	},
	{
		.slug = SLUG_TRACE_VERSION,
		.from = FROM_TRACE,
		.title = "The trace is of a newer Go than this program knows",
		.means = "The header names a version of the format that did not exist when schedtop was "
				 "made. The trace was read as the newest known one, which may leave out or "
				 "misunderstand what is new.",
		.remedy = "Use a newer schedtop, or go tool trace of the Go release that wrote the trace.",
		.refuted = "None: what the header says is so. The other findings may still be right.",
		.found = "The number in the header is compared with those that are known. The status is 6.",
	},
};

const struct chapter chapter_file = {"The trace file", advice, sizeof advice / sizeof *advice};
