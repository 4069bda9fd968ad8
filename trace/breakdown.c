#include "trace/breakdown.h"

#include <stdlib.h>
#include <string.h>

void spent_reasons_finish(struct spent_reasons *r)
{
	free(r->kind_of);
	memset(r, 0, sizeof *r);
}

static bool make_room(struct spent_reasons *r, uint32_t name)
{
	if (name < r->limit)
		return true;
	size_t limit = (size_t)name * 2 + 64;
	uint8_t *bigger = realloc(r->kind_of, limit);
	if (!bigger)
		return false;
	memset(bigger + r->limit, 0, limit - r->limit);
	r->kind_of = bigger;
	r->limit = limit;
	return true;
}

static uint8_t kind_of_reason(struct spent_reasons *r, uint32_t name)
{
	if (name == NAME_NONE)
		return SPENT_UNKNOWN;
	if (name < r->limit && r->kind_of[name])
		return r->kind_of[name];
	if (SPENT_REASONS + r->reasons == SPENT_OTHER)
		return SPENT_OTHER;
	if (!make_room(r, name)) {
		r->torn = true;
		return SPENT_OTHER;
	}
	uint8_t kind = (uint8_t)(SPENT_REASONS + r->reasons++);
	r->kind_of[name] = kind;
	r->name[kind] = name;
	return kind;
}

uint8_t spent_kind(struct spent_reasons *r, const struct trace_event *e)
{
	switch (e->to) {
	case GO_RUNNING:
		return SPENT_RUNNING;
	case GO_SYSCALL:
		return SPENT_SYSCALL;
	case GO_RUNNABLE:
		return SPENT_RUNNABLE;
	default:
		return kind_of_reason(r, e->name);
	}
}

uint32_t spent_name(const struct spent_reasons *r, unsigned kind, const char **fixed)
{
	static const char *const words[SPENT_REASONS] = {
		[SPENT_RUNNING] = "running",          [SPENT_SYSCALL] = "system call",
		[SPENT_RUNNABLE] = "runnable",        [SPENT_NOBODY] = "no goroutine",
		[SPENT_UNKNOWN] = "unknown, blocked",
	};
	*fixed = kind < SPENT_REASONS ? words[kind] : kind == SPENT_OTHER ? "other reasons" : NULL;
	return *fixed ? NAME_NONE : r->name[kind];
}

void breakdown_add(struct breakdown *to, const struct breakdown *from)
{
	for (size_t i = 0; i < SPENT_KINDS; i++)
		add_ns(&to->ns[i], from->ns[i]);
}
