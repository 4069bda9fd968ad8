#include "metrics/schedtrace.h"

#include <inttypes.h>
#include <string.h>

#include "util/clock.h"
#include "util/text.h"

/*
 * The format of runtime/proc.go: schedtrace, Go 1.26. A part of a line is a list of fields, printed
 * as " name=value": the fields' names are the runtime's own.
 */
struct part {
	const struct field_info *info;
	int n;
	int field[8];
};

static const struct part sched_part = {
	.info = sched_field_info,
	.n = 7,
	.field = {SCHED_GOMAXPROCS, SCHED_IDLEPROCS, SCHED_THREADS, SCHED_SPINNINGTHREADS,
              SCHED_NEEDSPINNING, SCHED_IDLETHREADS, SCHED_RUNQUEUE},
};
static const struct part sched_detail_part = {
	.info = sched_field_info,
	.n = 4,
	.field = {SCHED_GCWAITING, SCHED_NMIDLELOCKED, SCHED_STOPWAIT, SCHED_SYSMONWAIT},
};
static const struct part p_part = {
	.info = p_field_info,
	.n = 7,
	.field = {P_STATUS, P_SCHEDTICK, P_SYSCALLTICK, P_M, P_RUNQSIZE, P_GFREECNT, P_TIMERSLEN},
};
/* What a plain line tells of every P. */
static const struct part p_plain_part = {
	.info = p_field_info,
	.n = 2,
	.field = {P_RUNQSIZE, P_SCHEDTICK},
};
/* preemptoff, the one string, stands between these two. */
static const struct part m_head_part = {
	.info = m_field_info,
	.n = 4,
	.field = {M_P, M_CURG, M_MALLOCING, M_THROWING},
};
static const struct part m_tail_part = {
	.info = m_field_info,
	.n = 5,
	.field = {M_LOCKS, M_DYING, M_SPINNING, M_BLOCKED, M_LOCKEDG},
};

/* What older releases do not print: it is left out of a line that they have printed. */
static bool is_optional(const struct snapshot *s, const struct field_info *info)
{
	return s->sched_at.origin == ORIGIN_SCHEDTRACE &&
	       (info == &sched_field_info[SCHED_NEEDSPINNING] || info == &p_field_info[P_SCHEDTICK]);
}

/* The name of the first field that is unknown, or NULL. */
static const char *missing(const struct snapshot *s, const struct part *part,
                           const struct fields *f)
{
	for (int i = 0; i < part->n; i++) {
		if (!fields_has(f, part->field[i]) && !is_optional(s, &part->info[part->field[i]]))
			return part->info[part->field[i]].name;
	}
	return NULL;
}

static void print_part(FILE *out, const struct part *part, const struct fields *f)
{
	for (int i = 0; i < part->n; i++) {
		const struct field_info *info = &part->info[part->field[i]];
		int64_t value;
		if (!fields_get(f, part->field[i], &value))
			continue;
		if (info->kind == FIELD_BOOL)
			fprintf(out, " %s=%s", info->name, value ? "true" : "false");
		else if (info->kind == FIELD_ID && value == FIELD_NIL)
			fprintf(out, " %s=nil", info->name);
		else
			fprintf(out, " %s=%" PRId64, info->name, value);
	}
}

static void print_each_p(FILE *out, const struct snapshot *s, int field)
{
	fputs("[ ", out);
	for (size_t i = 0; i < s->np; i++)
		fprintf(out, "%" PRId64 " ", s->p[i].f.value[field]);
	fputs("]", out);
}

/* What the SCHED line needs and does not have, or NULL. */
static const char *sched_missing(const struct snapshot *s, bool detail)
{
	const char *field = missing(s, &sched_part, &s->sched);
	if (field)
		return field;
	if (detail)
		return missing(s, &sched_detail_part, &s->sched);
	if (s->np == 0)
		return p_field_info[P_RUNQSIZE].name;
	for (size_t i = 0; i < s->np && !field; i++)
		field = missing(s, &p_plain_part, &s->p[i].f);
	return field;
}

static void print_sched(FILE *out, const struct snapshot *s, int64_t attach_ns, bool detail)
{
	const char *field = sched_missing(s, detail);
	if (field) {
		fprintf(out, "# incomplete: %s\n", field);
		return;
	}
	/* When it was true, not when it was put together. */
	int64_t ms = (s->sched_at.at_ns - attach_ns) / NS_PER_MS;
	fields_get(&s->sched, SCHED_TRACE_MS, &ms);
	fprintf(out, "SCHED %" PRId64 "ms:", ms);
	print_part(out, &sched_part, &s->sched);
	if (detail) {
		print_part(out, &sched_detail_part, &s->sched);
	} else {
		fputc(' ', out);
		print_each_p(out, s, P_RUNQSIZE);
		if (fields_has(&s->p[0].f, P_SCHEDTICK)) {
			fputs(" schedticks=", out);
			print_each_p(out, s, P_SCHEDTICK);
		}
	}
	fputc('\n', out);
}

static void print_p(FILE *out, const struct snapshot *s, size_t number)
{
	const struct fields *f = &s->p[number].f;
	const char *field = missing(s, &p_part, f);
	if (field) {
		fprintf(out, "# incomplete: P%zu %s\n", number, field);
		return;
	}
	fprintf(out, "  P%zu:", number);
	print_part(out, &p_part, f);
	fputc('\n', out);
}

static void print_m(FILE *out, const struct snapshot *s, const struct snapshot_m *m)
{
	int64_t id;
	if (!fields_get(&m->f, M_ID, &id)) {
		fputs("# incomplete: M id\n", out);
		return;
	}
	const char *field = missing(s, &m_head_part, &m->f);
	if (!field)
		field = missing(s, &m_tail_part, &m->f);
	if (field) {
		fprintf(out, "# incomplete: M%" PRId64 " %s\n", id, field);
		return;
	}
	char preemptoff[sizeof m->preemptoff];
	text_clean(preemptoff, sizeof preemptoff, m->preemptoff, strlen(m->preemptoff));
	fprintf(out, "  M%" PRId64 ":", id);
	print_part(out, &m_head_part, &m->f);
	fprintf(out, " preemptoff=%s", preemptoff);
	print_part(out, &m_tail_part, &m->f);
	fputc('\n', out);
}

void schedtrace_print(FILE *out, const struct snapshot *s, int64_t attach_ns, bool detail)
{
	print_sched(out, s, attach_ns, detail);
	if (!detail)
		return;
	for (size_t i = 0; i < s->np; i++)
		print_p(out, s, i);
	for (size_t i = 0; i < s->nm; i++)
		print_m(out, s, &s->m[i]);
}

int64_t schedtrace_origin(const struct snapshot *s)
{
	bool older = s->sched_at.origin != ORIGIN_NONE && s->sched_at.at_ns < s->monotonic_ns;
	return older ? s->sched_at.at_ns : s->monotonic_ns;
}

void schedtrace_comment(FILE *out, const char *sentence)
{
	char clean[512];
	text_clean(clean, sizeof clean, sentence, strlen(sentence));
	fprintf(out, "# %s\n", clean);
}
