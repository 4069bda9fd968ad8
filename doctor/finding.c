#include "doctor/finding.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const severity_words[SEVERITY_COUNT] = {
	[SEVERITY_INFO] = "info",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_CRITICAL] = "critical",
};
const char *const evidence_words[EVIDENCE_KINDS] = {
	[EVIDENCE_TEXT] = "text",   [EVIDENCE_GOROUTINE] = "goroutine", [EVIDENCE_SITE] = "site",
	[EVIDENCE_TASK] = "task",   [EVIDENCE_SPAN] = "span",           [EVIDENCE_LOG] = "log",
	[EVIDENCE_GROUP] = "group", [EVIDENCE_THREAD] = "thread",
};

bool severity_parse(const char *word, enum severity *severity)
{
	for (int i = 0; i < SEVERITY_COUNT; i++)
		if (strcmp(word, severity_words[i]) == 0) {
			*severity = (enum severity)i;
			return true;
		}
	return false;
}

/* --- memory ---------------------------------------------------------------------------------- */

static void finish_evidence(struct evidence *e)
{
	for (size_t i = 0; i < e->frames; i++) {
		free(e->frame[i].function);
		free(e->frame[i].file);
	}
	free(e->frame);
	free(e->text);
}

static void destroy(struct finding *f)
{
	for (size_t i = 0; i < f->evidences; i++)
		finish_evidence(&f->evidence[i]);
	free(f->summary);
	free(f->remedy);
	free(f);
}

void findings_finish(struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		destroy(findings->finding[i]);
	free(findings->finding);
	*findings = (struct findings){0};
}

/* The text takes the place of what was there; NULL: no memory. */
static void say(struct findings *list, char **text, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static void say(struct findings *list, char **text, const char *format, va_list args)
{
	free(*text);
	if (vasprintf(text, format, args) >= 0)
		return;
	*text = NULL;
	list->no_memory = true;
}

/* --- what rules do --------------------------------------------------------------------------- */

struct finding *findings_add(struct findings *findings, enum slug slug, enum severity severity,
                             double impact)
{
	if (findings->n == findings->capacity) {
		size_t capacity = findings->capacity ? 2 * findings->capacity : 16;
		struct finding **grown = realloc(findings->finding, capacity * sizeof(struct finding *));
		if (!grown) {
			findings->no_memory = true;
			return NULL;
		}
		findings->finding = grown;
		findings->capacity = capacity;
	}
	struct finding *f = calloc(1, sizeof *f);
	if (!f) {
		findings->no_memory = true;
		return NULL;
	}
	f->list = findings;
	f->slug = slug;
	f->severity = severity;
	f->impact = impact > 1 ? 1 : impact > 0 ? impact : 0; /* no number is no impact */
	findings->finding[findings->n++] = f;
	return f;
}

void finding_say(struct finding *finding, const char *format, ...)
{
	va_list args;
	if (!finding)
		return;
	va_start(args, format);
	say(finding->list, &finding->summary, format, args);
	va_end(args);
}

void finding_remedy(struct finding *finding, const char *format, ...)
{
	va_list args;
	if (!finding)
		return;
	va_start(args, format);
	say(finding->list, &finding->remedy, format, args);
	va_end(args);
}

void finding_measure(struct finding *finding, const char *name, enum measure_unit unit,
                     double value)
{
	if (finding && finding->measures < FINDING_MEASURES && isfinite(value))
		finding->measure[finding->measures++] = (struct measure){name, unit, value};
}

struct evidence *finding_show(struct finding *finding, enum evidence_kind kind, const char *format,
                              ...)
{
	va_list args;
	if (!finding || finding->evidences == FINDING_EVIDENCE)
		return NULL;
	struct evidence *e = &finding->evidence[finding->evidences++];
	*e = (struct evidence){.list = finding->list, .kind = kind, .begin_ns = -1, .end_ns = -1};
	va_start(args, format);
	say(finding->list, &e->text, format, args);
	va_end(args);
	return e;
}

void evidence_span(struct evidence *evidence, int64_t begin_ns, int64_t end_ns)
{
	if (!evidence)
		return;
	evidence->begin_ns = begin_ns;
	evidence->end_ns = end_ns;
}

void evidence_goroutine(struct evidence *evidence, uint64_t id)
{
	if (evidence)
		evidence->goroutine = id;
}

void evidence_task(struct evidence *evidence, uint64_t id)
{
	if (evidence)
		evidence->task = id;
}

void evidence_frame(struct evidence *evidence, const char *function, const char *file,
                    uint32_t line)
{
	if (!evidence || evidence->frames == EVIDENCE_FRAMES)
		return;
	if (!evidence->frame)
		evidence->frame = calloc(EVIDENCE_FRAMES, sizeof *evidence->frame);
	if (!evidence->frame) {
		evidence->list->no_memory = true;
		return;
	}
	struct evidence_frame *f = &evidence->frame[evidence->frames++];
	*f = (struct evidence_frame){strdup(function), strdup(file), line};
	if (!f->function || !f->file)
		evidence->list->no_memory = true;
}

/* --- when they have spoken ------------------------------------------------------------------- */

static int gravest_first(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
	if (x->severity != y->severity)
		return x->severity < y->severity ? 1 : -1;
	if (x->impact > y->impact || x->impact < y->impact)
		return x->impact < y->impact ? 1 : -1;
	if (x->slug != y->slug)
		return x->slug > y->slug ? 1 : -1;
	/* Equal in all else: the same order in every run. */
	return strcmp(x->summary ? x->summary : "", y->summary ? y->summary : "");
}

void findings_settle(struct findings *findings)
{
	unsigned of_slug[SLUG_COUNT] = {0};
	size_t kept = 0;
	if (findings->n)
		qsort(findings->finding, findings->n, sizeof(void *), gravest_first);
	for (size_t i = 0; i < findings->n; i++) {
		struct finding *f = findings->finding[i];
		f->ordinal = of_slug[f->slug]++;
		if (f->ordinal < FINDINGS_OF_SLUG)
			findings->finding[kept++] = f;
		else
			destroy(f);
	}
	findings->n = kept;
}

size_t findings_count(const struct findings *findings, enum severity least)
{
	size_t n = 0;
	for (size_t i = 0; i < findings->n; i++)
		n += findings->finding[i]->severity >= least;
	return n;
}

const char *finding_remedy_text(const struct finding *finding)
{
	const struct advice *advice = advice_of(finding->slug);
	return finding->remedy ? finding->remedy : advice ? advice->remedy : "";
}
