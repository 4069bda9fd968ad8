#include "goproc/frames.h"

#include <stdio.h>
#include <string.h>

/* What generics are instantiated with can be as long as the source likes. */
#define RAW_NAME_MAX 2048

/* The name of a function; what generics are instantiated with is left out: slices.Sort[...]. */
static void frames_function(struct pclntab *pclntab, uint32_t name, char *to, size_t size)
{
	char raw[RAW_NAME_MAX];
	pclntab_name(pclntab, name, raw, sizeof raw);
	/* traceback.go: funcNamePiecesForPrint. A name that was cut has no end of it. */
	const char *open = strchr(raw, '['), *close = strrchr(raw, ']');
	bool is_cut = open && strlen(raw) == sizeof raw - 1;
	if (!open || (!is_cut && (!close || close < open)))
		snprintf(to, size, "%s", raw);
	else
		snprintf(to, size, "%.*s[...]%s", (int)(open - raw), raw, is_cut ? "" : close + 1);
}

void frames_text(struct pclntab *pclntab, const struct pclntab_frame *from, struct goproc_frame *to)
{
	*to = (struct goproc_frame){.is_inlined = from->is_inlined};
	frames_function(pclntab, from->name, to->function, sizeof to->function);
	if (from->file == PCLNTAB_NO_FILE)
		return;
	pclntab_file(pclntab, from->file, to->file, sizeof to->file);
	to->line = from->line;
}

/* traceback.go, printcreatedby1: the name is that of the whole function, even where the go
   statement was inlined into it; the line is that of the statement. */
static void whole(struct pclntab *pclntab, const struct pclntab_function *function, uint64_t pc,
                  struct goproc_frame *to)
{
	struct pclntab_frame frame;
	if (pclntab_frames(pclntab, function, pc, &frame, 1) == 0)
		return;
	frame.name = function->name;
	frame.is_inlined = false;
	frames_text(pclntab, &frame, to);
}

void frames_creator(struct pclntab *pclntab, uint64_t pc, struct goproc_frame *to)
{
	struct pclntab_function function;
	*to = (struct goproc_frame){0};
	if (pclntab_find(pclntab, pc, &function))
		whole(pclntab, &function, pc > function.entry ? pc - 1 : pc, to);
}

void frames_start(struct pclntab *pclntab, uint64_t pc, struct goproc_frame *to)
{
	struct pclntab_function function;
	*to = (struct goproc_frame){0};
	if (pclntab_find(pclntab, pc, &function))
		whole(pclntab, &function, pc, to);
}
