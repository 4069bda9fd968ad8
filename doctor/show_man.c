/* The catalogue as the middle of a manual page. */
#include <ctype.h>

#include "doctor/show.h"

/* Each sentence on a line of its own, as mdoc wants it; what would be a request or an escape is
   none. */
static void print_text(FILE *out, const char *text)
{
	bool begins = true;
	for (const char *c = text; *c; c++) {
		bool ends = *c == ' ' && c > text && c[-1] == '.' && isupper((unsigned char)c[1]);
		if (begins && (*c == '.' || *c == '\''))
			fputs("\\&", out);
		if (*c == '\\')
			fputs("\\e", out);
		else
			fputc(ends ? '\n' : *c, out);
		begins = ends;
	}
	fputc('\n', out);
}

static void print_paragraph(FILE *out, const char *lead, const char *text)
{
	fprintf(out, ".Pp\n.Em %s\n", lead);
	print_text(out, text);
}

static void print_sources(FILE *out, unsigned from)
{
	static const char *const words[] = {"a trace", "a process", "a snapshot of its goroutines"};
	const char *between = "Seen in ";
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (from >> i & 1) {
			fprintf(out, "%s%s", between, words[i]);
			between = " or ";
		}
	fputs(".\n", out);
}

static void print_advice(FILE *out, const struct advice *a)
{
	fprintf(out, ".It Cm %s\n%s.\n", slug_word(a->slug), a->title);
	print_sources(out, a->from);
	fputs(".Pp\n", out);
	print_text(out, a->means);
	print_paragraph(out, "To do:", a->remedy);
	print_paragraph(out, "Refuted by:", a->refuted);
	print_paragraph(out, "Found by:", a->found);
}

void catalogue_print_man(FILE *out)
{
	fputs(".Sh FINDINGS\n", out);
	for (size_t c = 0; c < chapter_count; c++) {
		fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", chapters[c]->title);
		for (size_t i = 0; i < chapters[c]->n; i++)
			print_advice(out, &chapters[c]->advice[i]);
		fputs(".El\n", out);
	}
	fputs(".Sh LIMITS\n"
	      "With their defaults, and from where to where they may be moved:\n"
	      ".Bl -tag -width Ds\n",
	      out);
	for (int i = 0; i < LIMIT_COUNT; i++) {
		const struct limit_row *row = &limit_rows[i];
		char normal[32], least[32], most[32];
		limit_show((enum limit)i, row->normal, normal, sizeof normal, true);
		limit_show((enum limit)i, row->least, least, sizeof least, true);
		limit_show((enum limit)i, row->most, most, sizeof most, true);
		fprintf(out, ".It Cm %s No = %s\n%c%s; from %s to %s.\n", row->name, normal,
		        toupper((unsigned char)row->text[0]), row->text + 1, least, most);
	}
	fputs(".El\n", out);
}
