#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "doctor/show.h"
#include "report/page.h"
#include "util/clock.h"
#include "util/text.h"

enum { TEXT_MAX = 2048 /* of a sentence of ours with names of the target in it */ };

/* What the program itself writes besides ASCII, and what stands for it there. */
static const struct {
	const char *utf8, *ascii;
} substitutes[] = {{"µ", "u"}, {"–", "-"}, {"≥", ">="}, {"≤", "<="}, {"×", "x"}, {"…", "..."}};

static size_t substitute(const char *at, const char **with)
{
	for (size_t i = 0; i < sizeof substitutes / sizeof *substitutes; i++)
		if (strncmp(at, substitutes[i].utf8, strlen(substitutes[i].utf8)) == 0) {
			*with = substitutes[i].ascii;
			return strlen(substitutes[i].utf8);
		}
	*with = "?";
	size_t n = 1;
	while (((unsigned char)at[n] & 0xc0) == 0x80)
		n++;
	return n;
}

void finding_text(char *to, size_t size, const char *from, bool ascii)
{
	char clean[TEXT_MAX];
	size_t used = 0;
	if (!ascii) {
		text_clean(to, size, from, strlen(from));
		return;
	}
	text_clean(clean, sizeof clean, from, strlen(from));
	for (const char *at = clean; *at && used + 4 < size;) {
		const char *with;
		if ((unsigned char)*at < 0x80) {
			to[used++] = *at++;
			continue;
		}
		at += substitute(at, &with);
		for (; *with; with++)
			to[used++] = *with;
	}
	to[used] = '\0';
}

void measure_show(const struct measure *measure, char *to, size_t size, bool ascii)
{
	double value = measure->value;
	char rate[32];
	switch (measure->unit) {
	case UNIT_NS:
		text_duration(to, size, value, ascii);
		return;
	case UNIT_BYTES:
		text_bytes(to, size, value < 0x1p62 ? (int64_t)value : INT64_MAX);
		return;
	case UNIT_RATIO:
		text_percent(to, size, value);
		return;
	case UNIT_PER_S:
		text_rate(rate, sizeof rate, value);
		snprintf(to, size, "%s/s", rate);
		return;
	default:
		if (value != trunc(value) && value < 1e3) {
			snprintf(to, size, "%.1f", value);
			return;
		}
		text_count(to, size, value < 0x1p62 ? (int64_t)value : INT64_MAX);
	}
}

void findings_tally(const struct findings *findings, enum severity least, char *to, size_t size)
{
	static const char *const words[SEVERITY_COUNT][2] = {
		[SEVERITY_INFO] = {"note", "notes"},
		[SEVERITY_WARNING] = {"warning", "warnings"},
		[SEVERITY_CRITICAL] = {"critical", "critical"},
	};
	size_t used = 0;
	to[0] = '\0';
	for (int s = SEVERITY_COUNT - 1; s >= (int)least; s--) {
		size_t n = findings_count(findings, (enum severity)s);
		if (s + 1 < SEVERITY_COUNT)
			n -= findings_count(findings, (enum severity)(s + 1));
		if (n && used < size)
			used += (size_t)snprintf(to + used, size - used, "%s%zu %s", used ? ", " : "", n,
			                         words[s][n != 1]);
	}
}

/* --- one finding ----------------------------------------------------------------------------- */

static void print_measures(const struct finding *f, struct page *page)
{
	char text[TEXT_MAX];
	size_t used = 0;
	for (size_t i = 0; i < f->measures && used < sizeof text - 1; i++) {
		char value[48], name[64];
		measure_show(&f->measure[i], value, sizeof value, page->ascii);
		snprintf(name, sizeof name, "%s", f->measure[i].name);
		for (char *c = name; *c; c++)
			*c = *c == '_' ? ' ' : *c;
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", used ? ", " : "", name,
		                         value);
	}
	if (used)
		page_paragraph(page, 2, "", text);
}

static void print_stack(const struct evidence *e, struct page *page)
{
	enum { SHOWN = 8 };
	for (size_t i = 0; i < e->frames && i < SHOWN; i++) {
		char function[256], file[256], line[600];
		const struct evidence_frame *f = &e->frame[i];
		finding_text(function, sizeof function, f->function ? f->function : "", page->ascii);
		finding_text(file, sizeof file, f->file ? f->file : "", page->ascii);
		const char *slash = strrchr(file, '/');
		snprintf(line, sizeof line, "%s %s:%" PRIu32, *function ? function : "(unknown)",
		         slash ? slash + 1 : file, f->line);
		page_paragraph(page, 6, "", line);
	}
	if (e->frames > SHOWN) {
		char rest[48];
		snprintf(rest, sizeof rest, "and %zu more", e->frames - SHOWN);
		page_paragraph(page, 6, "", rest);
	}
}

static void print_evidence(const struct findings_shown *shown, const struct evidence *e,
                           struct page *page)
{
	char text[TEXT_MAX], line[TEXT_MAX + 96], from[32], to[32];
	finding_text(text, sizeof text, e->text ? e->text : "", page->ascii);
	snprintf(line, sizeof line, "%s", text);
	if (shown->of == FROM_TRACE && e->begin_ns >= 0) {
		text_duration(from, sizeof from, (double)e->begin_ns, page->ascii);
		text_duration(to, sizeof to, (double)e->end_ns, page->ascii);
		if (e->end_ns > e->begin_ns)
			snprintf(line, sizeof line, "%s (from %s to %s)", text, from, to);
		else
			snprintf(line, sizeof line, "%s (at %s)", text, from);
	}
	page_paragraph(page, 2, "- ", line);
	print_stack(e, page);
}

static void print_finding(const struct findings_shown *shown, const struct finding *f,
                          struct page *page)
{
	const struct advice *advice = advice_of(f->slug);
	char title[160], severity[16], text[TEXT_MAX];
	snprintf(severity, sizeof severity, "%s", severity_words[f->severity]);
	for (char *c = severity; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	snprintf(title, sizeof title, "%s %s%s%s", severity, slug_word(f->slug), advice ? ": " : "",
	         advice ? advice->title : "");
	page_heading(page, title);
	finding_text(text, sizeof text, f->summary ? f->summary : "", page->ascii);
	page_paragraph(page, 2, "", text);
	print_measures(f, page);
	for (size_t i = 0; i < f->evidences; i++)
		print_evidence(shown, &f->evidence[i], page);
	finding_text(text, sizeof text, finding_remedy_text(f), page->ascii);
	page_paragraph(page, 2, "To do: ", text);
	if (advice)
		page_paragraph(page, 2, "Refuted by: ", advice->refuted);
}

/* --- all of them ----------------------------------------------------------------------------- */

static size_t looked_for(enum slug_source of)
{
	size_t n = 0;
	for (size_t c = 0; c < chapter_count; c++)
		for (size_t i = 0; i < chapters[c]->n; i++)
			n += (chapters[c]->advice[i].from & of) != 0;
	return n;
}

void findings_print(const struct findings_shown *shown, FILE *out, bool ascii)
{
	struct page page = {.out = out, .ascii = ascii};
	char name[PAGE_CELL], tally[96], title[2 * PAGE_CELL], length[PAGE_CELL];
	finding_text(name, sizeof name, shown->name, ascii);
	findings_tally(shown->findings, SEVERITY_INFO, tally, sizeof tally);
	snprintf(title, sizeof title, "%s: %s", name, *tally ? tally : "no findings");
	page_heading(&page, title);
	page_duration(&page, length, (double)shown->observed_ns);
	if (shown->observed_ns > 0)
		page_say(&page, "Looked for %zu things in %s; schedtop-findings(7) tells of each.",
		         looked_for(shown->of), length);
	for (size_t i = 0; i < shown->findings->n; i++)
		print_finding(shown, shown->findings->finding[i], &page);
}

/* --- the catalogue --------------------------------------------------------------------------- */

static void print_limits(const struct advice *advice, const struct limits_set *limits,
                         struct page *page)
{
	const char *word = slug_word(advice->slug);
	size_t length = strlen(word);
	for (int i = 0; i < LIMIT_COUNT; i++) {
		char value[32], line[256];
		const struct limit_row *row = &limit_rows[i];
		if (strncmp(row->name, word, length) != 0 || row->name[length] != '.')
			continue;
		limit_show((enum limit)i, limits->value[i], value, sizeof value, page->ascii);
		snprintf(line, sizeof line, "%s = %s: %s", row->name, value, row->text);
		page_paragraph(page, 2, "- ", line);
	}
}

void advice_print(const struct advice *advice, const struct limits_set *limits, FILE *out,
                  bool ascii)
{
	struct page page = {.out = out, .ascii = ascii};
	char title[160];
	snprintf(title, sizeof title, "%s: %s", slug_word(advice->slug), advice->title);
	page_heading(&page, title);
	page_paragraph(&page, 2, "", advice->means);
	page_paragraph(&page, 2, "To do: ", advice->remedy);
	page_paragraph(&page, 2, "Refuted by: ", advice->refuted);
	page_paragraph(&page, 2, "Found by: ", advice->found);
	print_limits(advice, limits, &page);
}
