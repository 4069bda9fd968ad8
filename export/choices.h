/*
 * What can be chosen of an export, as words of the command line. Constant data; any thread.
 */
#ifndef SCHEDTOP_EXPORT_CHOICES_H
#define SCHEDTOP_EXPORT_CHOICES_H

enum export_format {
	EXPORT_PERFETTO,
	EXPORT_CHROME,
	EXPORT_FOLDED,
	EXPORT_JSON,
	EXPORT_CSV,
	EXPORT_FORMATS
};
extern const char *const export_format_words[EXPORT_FORMATS];

enum redact_level {
	REDACT_NONE,
	REDACT_SECRETS, /* the parts of a string that look like a password, key or token */
	REDACT_ALL,     /* every one of these strings; names stay different from each other */
	REDACT_LEVELS
};
extern const char *const redact_level_words[REDACT_LEVELS];

#endif
