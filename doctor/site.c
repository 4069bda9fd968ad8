#include "doctor/site.h"

#include <stdio.h>
#include <string.h>

static const char *frame_text(char to[EVIDENCE_SITE_TEXT], const struct doctor *doctor, uint32_t i)
{
	const struct names *names = &doctor->analysis->names;
	const struct stack_frame *f = &doctor->analysis->stacks.frame[i];
	const char *file = names_text(names, f->file), *slash = strrchr(file, '/');
	char function[EVIDENCE_SITE_TEXT];
	snprintf(to, EVIDENCE_SITE_TEXT, "%.190s (%.100s:%u)",
	         evidence_function(function, names, f->function), slash ? slash + 1 : file, f->line);
	return to;
}

const char *site_text(char to[EVIDENCE_SITE_TEXT], const struct doctor *doctor, uint32_t stack)
{
	uint32_t i = situation_site(doctor->situations, stack);
	if (i != UINT32_MAX)
		return frame_text(to, doctor, i);
	snprintf(to, EVIDENCE_SITE_TEXT, "an unknown place");
	return to;
}

const char *site_caller(char to[EVIDENCE_SITE_TEXT], const struct doctor *doctor, uint32_t stack)
{
	const struct stacks *stacks = &doctor->analysis->stacks;
	uint32_t i = situation_site(doctor->situations, stack);
	to[0] = '\0';
	if (i == UINT32_MAX)
		return to;
	uint32_t end = stacks->stack[stack - 1].first + stacks->stack[stack - 1].frames;
	if (i + 1 < end && situation_is_own(doctor->situations, stacks->frame[i + 1].function))
		frame_text(to, doctor, i + 1);
	return to;
}

void site_show(struct evidence *evidence, const struct doctor *doctor, uint32_t stack)
{
	const struct stacks *stacks = &doctor->analysis->stacks;
	uint32_t i = situation_site(doctor->situations, stack);
	if (!evidence || i == UINT32_MAX)
		return;
	evidence_stack(evidence, stacks, &doctor->analysis->names, stack);
	size_t where = i - stacks->stack[stack - 1].first;
	if (where < evidence->frames)
		evidence->where = where;
}
