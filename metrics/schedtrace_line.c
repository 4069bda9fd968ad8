#include "metrics/schedtrace_line.h"

#include <ctype.h>
#include <string.h>

#define PROCS_MAX 4096

struct cursor {
	const char *at, *end;
};

/* --- words ---------------------------------------------------------------------------------- */

static bool skip(struct cursor *c, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
		return false;
	c->at += n;
	return true;
}

static bool is_digit(const struct cursor *c)
{
	return c->at < c->end && isdigit((unsigned char)*c->at);
}

/* Of at most 18 digits, which no number of the runtime exceeds. */
static bool read_number(struct cursor *c, int64_t *value)
{
	struct cursor at = *c;
	bool negative = skip(&at, "-");
	int64_t n = 0;
	int digits = 0;
	for (; is_digit(&at) && digits < 18; digits++)
		n = n * 10 + (*at.at++ - '0');
	if (digits == 0 || is_digit(&at))
		return false;
	*value = negative ? -n : n;
	*c = at;
	return true;
}

/* Up to Go 1.19 nil was -1. */
static bool read_id(struct cursor *c, int64_t *value)
{
	if (skip(c, "nil")) {
		*value = FIELD_NIL;
		return true;
	}
	return read_number(c, value) && *value >= FIELD_NIL;
}

/* Up to Go 1.19 two of the flags were numbers. */
static bool read_flag(struct cursor *c, int64_t *value)
{
	static const char *const words[] = {"false", "true", "0", "1"};
	for (int i = 0; i < 4; i++)
		if (skip(c, words[i])) {
			*value = i & 1;
			return true;
		}
	return false;
}

static bool read_value(struct cursor *c, enum field_kind kind, int64_t *value)
{
	switch (kind) {
	case FIELD_BOOL:
		return read_flag(c, value);
	case FIELD_ID:
		return read_id(c, value);
	case FIELD_COUNTER:
		return read_number(c, value) && *value >= 0 && *value <= UINT32_MAX;
	case FIELD_GAUGE:
		break;
	}
	return read_number(c, value);
}

/* --- pairs ---------------------------------------------------------------------------------- */

/* The fields that a kind of line may have, and those without which it is none. */
struct pairs {
	const struct field_info *info;
	int first, last;
	uint64_t needed;
};

#define BIT(field) (UINT64_C(1) << (field))
#define SPAN(a, b) ((BIT(b) << 1) - BIT(a))

static const struct pairs sched_pairs = {
	.info = sched_field_info,
	.first = SCHED_GOMAXPROCS,
	.last = SCHED_SYSMONWAIT,
	/* needspinning is there since Go 1.20, and from gcwaiting on it is scheddetail's. */
	.needed = SPAN(SCHED_GOMAXPROCS, SCHED_RUNQUEUE) & ~BIT(SCHED_NEEDSPINNING),
};
static const struct pairs p_pairs = {
	.info = p_field_info,
	.first = P_STATUS,
	.last = P_TIMERSLEN,
	.needed = SPAN(P_STATUS, P_TIMERSLEN),
};
static const struct pairs m_pairs = {
	.info = m_field_info,
	.first = M_P,
	.last = M_LOCKEDG,
	.needed = SPAN(M_P, M_LOCKEDG),
};
#define SCHED_DETAIL SPAN(SCHED_GCWAITING, SCHED_SYSMONWAIT)

static int find_field(const struct pairs *pairs, const char *name, size_t n)
{
	for (int i = pairs->first; i <= pairs->last; i++)
		if (strlen(pairs->info[i].name) == n && memcmp(pairs->info[i].name, name, n) == 0)
			return i;
	return -1;
}

/* What a later Go may add: any plain word. */
static bool skip_value(struct cursor *c)
{
	const char *begin = c->at;
	while (c->at < c->end && (isalnum((unsigned char)*c->at) || *c->at == '-'))
		c->at++;
	return c->at > begin;
}

/* "name=value"; preemptoff is the one string, of any words. */
static bool read_pair(struct cursor *c, const struct pairs *pairs, struct schedtrace_line *out)
{
	const char *name = c->at;
	while (c->at < c->end && islower((unsigned char)*c->at))
		c->at++;
	size_t n = (size_t)(c->at - name);
	if (n == 0 || !skip(c, "="))
		return false;
	if (pairs == &m_pairs && n == 10 && memcmp(name, "preemptoff", n) == 0) {
		const char *end = memmem(c->at, (size_t)(c->end - c->at), " locks=", 7);
		if (!end || out->preemptoff.at)
			return false;
		out->preemptoff = (struct schedtrace_text){c->at, (size_t)(end - c->at)};
		c->at = end;
		return true;
	}
	int64_t value;
	int field = find_field(pairs, name, n);
	if (field < 0)
		return skip_value(c);
	if (fields_has(&out->f, field) || !read_value(c, pairs->info[field].kind, &value))
		return false;
	fields_set(&out->f, field, value);
	return true;
}

/* From " name=" on: as many as there are. */
static bool read_pairs(struct cursor *c, const struct pairs *pairs, struct schedtrace_line *out)
{
	while (c->end - c->at > 1 && c->at[0] == ' ' && islower((unsigned char)c->at[1])) {
		c->at++;
		if (!read_pair(c, pairs, out))
			return false;
	}
	return (out->f.valid & pairs->needed) == pairs->needed;
}

/* --- lists ---------------------------------------------------------------------------------- */

bool schedtrace_list_next(struct schedtrace_text *list, int64_t *value)
{
	struct cursor c = {list->at, list->at + list->size};
	while (skip(&c, " "))
		;
	if (c.at == c.end || !read_number(&c, value))
		return false;
	*list = (struct schedtrace_text){c.at, (size_t)(c.end - c.at)};
	return true;
}

/* "[1 2]", since Go 1.25 "[ 1 2 ]": as many numbers as there are Ps. */
static bool read_list(struct cursor *c, int64_t procs, struct schedtrace_text *out)
{
	if (!skip(c, "["))
		return false;
	const char *end = memchr(c->at, ']', (size_t)(c->end - c->at));
	if (!end)
		return false;
	*out = (struct schedtrace_text){c->at, (size_t)(end - c->at)};
	c->at = end + 1;
	struct schedtrace_text rest = *out;
	int64_t value, n = 0;
	while (schedtrace_list_next(&rest, &value)) {
		if (value < 0 || value > UINT32_MAX || ++n > procs)
			return false;
	}
	return n == procs && strspn(rest.at, " ") >= rest.size;
}

/* --- the four kinds ------------------------------------------------------------------------- */

/* What the runtime counts together can't disagree: text that fell in between is found so. */
static bool is_sound(const struct fields *f)
{
	int64_t procs = f->value[SCHED_GOMAXPROCS], threads = f->value[SCHED_THREADS];
	int64_t idle = f->value[SCHED_IDLEPROCS], parked = f->value[SCHED_IDLETHREADS];
	return procs > 0 && procs <= PROCS_MAX && idle >= 0 && idle <= procs && threads > 0 &&
	       parked >= 0 && parked <= threads && f->value[SCHED_SPINNINGTHREADS] >= 0 &&
	       f->value[SCHED_RUNQUEUE] >= 0;
}

static bool read_sched(struct cursor *c, struct schedtrace_line *out)
{
	if (!read_number(c, &out->id) || out->id < 0 || out->id > INT64_MAX / 1000000 ||
	    !skip(c, "ms:") || !read_pairs(c, &sched_pairs, out) || !is_sound(&out->f))
		return false;
	int64_t procs = out->f.value[SCHED_GOMAXPROCS];
	out->detail = (out->f.valid & SCHED_DETAIL) == SCHED_DETAIL;
	if (out->detail)
		return true;
	if (out->f.valid & SCHED_DETAIL || !skip(c, " ") || !read_list(c, procs, &out->queues))
		return false;
	return !skip(c, " schedticks=") || read_list(c, procs, &out->ticks);
}

static bool read_number_of(struct cursor *c, struct schedtrace_line *out)
{
	return read_number(c, &out->id) && out->id >= 0 && skip(c, ":");
}

static bool read_p(struct cursor *c, struct schedtrace_line *out)
{
	return read_number_of(c, out) && out->id < PROCS_MAX && read_pairs(c, &p_pairs, out) &&
	       out->f.value[P_STATUS] >= 0 && out->f.value[P_RUNQSIZE] >= 0;
}

static bool read_m(struct cursor *c, struct schedtrace_line *out)
{
	return read_number_of(c, out) && out->id <= INT32_MAX && read_pairs(c, &m_pairs, out) &&
	       out->preemptoff.at;
}

/* "status=4(chan receive) m=nil lockedm=nil"; a reason may have brackets of its own. */
static bool read_g(struct cursor *c, struct schedtrace_line *out)
{
	if (!read_number_of(c, out) || !skip(c, " status=") || !read_number(c, &out->status) ||
	    out->status < 0 || out->status > UINT32_MAX || !skip(c, "("))
		return false;
	const char *end = memmem(c->at, (size_t)(c->end - c->at), ") m=", 4);
	if (!end)
		return false;
	out->reason = (struct schedtrace_text){c->at, (size_t)(end - c->at)};
	c->at = end + 4;
	return read_id(c, &out->m) && skip(c, " lockedm=") && read_id(c, &out->lockedm);
}

static const struct kind {
	const char *head;
	bool (*read)(struct cursor *c, struct schedtrace_line *out);
} kinds[SCHEDTRACE_KINDS] = {
	[SCHEDTRACE_SCHED] = {"SCHED ", read_sched},
	[SCHEDTRACE_P] = {"  P", read_p},
	[SCHEDTRACE_M] = {"  M", read_m},
	[SCHEDTRACE_G] = {"  G", read_g},
};

/* The last place where the head is followed by a number: what was printed last is whole. */
static const char *find_head(const char *line, size_t size, const char *head)
{
	const char *found = NULL, *end = line + size;
	size_t n = strlen(head);
	for (const char *at = line; (at = memmem(at, (size_t)(end - at), head, n)) != NULL; at++)
		found = at;
	return found;
}

void schedtrace_line_parse(const char *line, size_t size, struct schedtrace_line *out)
{
	*out = (struct schedtrace_line){.kind = SCHEDTRACE_OTHER};
	for (int kind = SCHEDTRACE_SCHED; kind < SCHEDTRACE_KINDS; kind++) {
		const char *head = find_head(line, size, kinds[kind].head);
		if (!head)
			continue;
		struct cursor c = {head + strlen(kinds[kind].head), line + size};
		struct schedtrace_line read = {.kind = (enum schedtrace_kind)kind,
		                               .begin = (size_t)(head - line)};
		if (kinds[kind].read(&c, &read) && c.at == c.end) {
			*out = read;
			return;
		}
		if (out->kind == SCHEDTRACE_OTHER)
			*out = (struct schedtrace_line){.kind = read.kind, .damaged = true};
	}
}
