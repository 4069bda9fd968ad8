#include "export/choices.h"

const char *const export_format_words[EXPORT_FORMATS] = {
	[EXPORT_PERFETTO] = "perfetto", [EXPORT_CHROME] = "chrome", [EXPORT_FOLDED] = "folded",
	[EXPORT_JSON] = "json",         [EXPORT_CSV] = "csv",
};
const char *const redact_level_words[REDACT_LEVELS] = {
	[REDACT_NONE] = "none",
	[REDACT_SECRETS] = "secrets",
	[REDACT_ALL] = "all",
};
