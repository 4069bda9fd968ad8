/*
 * Exports a trace with the durations of Go's reader, for the tests of tests/trace that compare the
 * two: trace-export FORMAT FILE writes to standard output.
 */
#include <stdio.h>
#include <string.h>

#include "export/export.h"

int main(int argc, char **argv)
{
	struct error error = {0};
	struct export_options options = {.to_ns = INT64_MAX, .reference_clock = true};
	unsigned format = 0;
	while (argc == 3 && format < EXPORT_FORMATS &&
	       strcmp(argv[1], export_format_words[format]) != 0)
		format++;
	if (argc != 3 || format == EXPORT_FORMATS) {
		fprintf(stderr, "usage: trace-export FORMAT FILE\n");
		return 2;
	}
	options.format = (enum export_format)format;
	enum status status = export_trace(argv[2], "-", &options, &error);
	if (status != STATUS_OK)
		fprintf(stderr, "%s\n", error.text);
	return (int)status;
}
