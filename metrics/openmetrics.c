#include "metrics/openmetrics.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/clock.h"
#include "util/text.h"

const char *const openmetrics_content_type[OPENMETRICS_FORMATS] = {
	[OPENMETRICS_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
	[OPENMETRICS_1] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/* --- what a client prefers ------------------------------------------------------------------ */

/* The q of one range of an Accept header, [at, end); 1 where none is told. */
static double quality(const char *at, const char *end)
{
	for (const char *p = at; (p = memchr(p, ';', (size_t)(end - p))) != NULL;) {
		p++;
		while (p < end && isspace((unsigned char)*p))
			p++;
		if (end - p >= 2 && tolower((unsigned char)p[0]) == 'q' && p[1] == '=') {
			double q = 0, scale = 1;
			bool point = false;
			for (p += 2; p < end && (isdigit((unsigned char)*p) || *p == '.'); p++) {
				if (*p == '.') {
					point = true;
				} else if (scale > 1e-6) {
					scale = point ? scale / 10 : scale;
					q = point ? q + scale * (*p - '0') : q * 10 + (*p - '0');
				}
			}
			return q;
		}
	}
	return 1;
}

enum openmetrics_format openmetrics_choose(const char *accept)
{
	static const char *const type[OPENMETRICS_FORMATS] = {
		[OPENMETRICS_TEXT] = "text/plain",
		[OPENMETRICS_1] = "application/openmetrics-text",
	};
	double best[OPENMETRICS_FORMATS] = {0, 0};
	while (accept && *accept) {
		size_t length = strcspn(accept, ",");
		const char *at = accept + strspn(accept, " \t"), *end = accept + length;
		for (int i = 0; i < OPENMETRICS_FORMATS; i++) {
			size_t n = strlen(type[i]);
			double q = at < end ? quality(at, end) : 0;
			if ((size_t)(end - at) >= n && at < end && strncasecmp(at, type[i], n) == 0 &&
			    q > best[i])
				best[i] = q;
		}
		accept += length + (accept[length] == ',');
	}
	return best[OPENMETRICS_1] > 0 && best[OPENMETRICS_1] >= best[OPENMETRICS_TEXT]
	           ? OPENMETRICS_1
	           : OPENMETRICS_TEXT;
}

/* --- the page ------------------------------------------------------------------------------- */

struct openmetrics_page {
	enum openmetrics_format format;
	const struct openmetrics_family *family;
	bool begun; /* its head is written */
	FILE *out;  /* NULL: closed */
	char *text;
	size_t size;
	bool failed;
};

/* What belongs to the name of a family in each format, and to that of its samples in both. */
static const struct {
	const char *word[OPENMETRICS_FORMATS];
	const char *family_suffix[OPENMETRICS_FORMATS];
	const char *sample_suffix;
} types[OPENMETRICS_TYPES] = {
	[OPENMETRICS_GAUGE] = {{"gauge", "gauge"}, {"", ""}, ""},
	[OPENMETRICS_COUNTER] = {{"counter", "counter"}, {"_total", ""}, "_total"},
	[OPENMETRICS_HISTOGRAM] = {{"histogram", "histogram"}, {"", ""}, ""},
	[OPENMETRICS_INFO] = {{"gauge", "info"}, {"_info", ""}, "_info"},
};

struct openmetrics_page *openmetrics_page_create(enum openmetrics_format format)
{
	struct openmetrics_page *page = calloc(1, sizeof *page);
	if (!page)
		return NULL;
	page->format = format;
	page->out = open_memstream(&page->text, &page->size);
	if (page->out)
		return page;
	free(page);
	return NULL;
}

void openmetrics_page_destroy(struct openmetrics_page *page)
{
	if (!page)
		return;
	if (page->out)
		fclose(page->out);
	free(page->text);
	free(page);
}

void openmetrics_page_begin(struct openmetrics_page *page, const struct openmetrics_family *family)
{
	page->family = family;
	page->begun = false;
}

static void write_head(struct openmetrics_page *page)
{
	const struct openmetrics_family *f = page->family;
	const char *suffix = types[f->type].family_suffix[page->format];
	if (page->begun)
		return;
	page->begun = true;
	fprintf(page->out, "# HELP %s%s %s\n", f->name, suffix, f->help);
	fprintf(page->out, "# TYPE %s%s %s\n", f->name, suffix, types[f->type].word[page->format]);
	if (f->unit && page->format == OPENMETRICS_1)
		fprintf(page->out, "# UNIT %s %s\n", f->name, f->unit);
}

static void write_labels(struct openmetrics_page *page, const struct openmetrics_label *label,
                         size_t labels)
{
	for (size_t i = 0; i < labels; i++) {
		fprintf(page->out, "%s%s=\"", i ? "," : "{", label[i].name);
		for (const char *at = label[i].value; *at; at++) {
			if (*at == '\n')
				fputs("\\n", page->out);
			else if (*at == '"' || *at == '\\')
				fprintf(page->out, "\\%c", *at);
			else
				fputc(*at, page->out);
		}
		fputc('"', page->out);
	}
	if (labels)
		fputc('}', page->out);
}

static void write_name(struct openmetrics_page *page, const char *suffix,
                       const struct openmetrics_label *label, size_t labels)
{
	write_head(page);
	fprintf(page->out, "%s%s", page->family->name, suffix);
	write_labels(page, label, labels);
	fputc(' ', page->out);
}

void openmetrics_page_add(struct openmetrics_page *page, const struct openmetrics_label *label,
                          size_t labels, double value)
{
	write_name(page, types[page->family->type].sample_suffix, label, labels);
	fprintf(page->out, "%.15g\n", value);
}

void openmetrics_page_add_whole(struct openmetrics_page *page,
                                const struct openmetrics_label *label, size_t labels, int64_t value,
                                bool nanoseconds)
{
	char digits[48];
	write_name(page, types[page->family->type].sample_suffix, label, labels);
	if (!nanoseconds) {
		fprintf(page->out, "%" PRId64 "\n", value);
		return;
	}
	int length = snprintf(digits, sizeof digits, "%s%" PRId64 ".%09" PRId64, value < 0 ? "-" : "",
	                      value < 0 ? -(value / NS_PER_S) : value / NS_PER_S,
	                      value < 0 ? -(value % NS_PER_S) : value % NS_PER_S);
	while (digits[length - 1] == '0')
		digits[--length] = '\0';
	if (digits[length - 1] == '.')
		digits[--length] = '\0';
	fprintf(page->out, "%s\n", digits);
}

/* --- histograms ----------------------------------------------------------------------------- */

#define LE_MIN_NS 256.0
#define LE_MAX_NS 68719476736.0 /* 69 s */

static bool is_bucket(double bound_ns)
{
	int exponent;
	return bound_ns >= LE_MIN_NS && bound_ns <= LE_MAX_NS && frexp(bound_ns, &exponent) == 0.5;
}

static void write_bucket(struct openmetrics_page *page, const char *le, uint64_t count)
{
	const struct openmetrics_label label = {"le", le};
	write_name(page, "_bucket", &label, 1);
	fprintf(page->out, "%" PRIu64 "\n", count);
}

/* The sum of all values is not known, so OpenMetrics wants no count either: it is that of +Inf. */
void openmetrics_page_add_histogram(struct openmetrics_page *page, const struct histogram *h)
{
	char le[32];
	uint64_t below = 0;
	if (!h->bounds)
		return;
	size_t bounds = histogram_bounds_count(h->bounds);
	const double *bound_ns = histogram_bounds_ns(h->bounds);
	for (size_t i = 0; i < bounds; i++) {
		if (i > 0)
			below += histogram_bucket(h, i - 1);
		if (!is_bucket(bound_ns[i]))
			continue;
		snprintf(le, sizeof le, "%.12g", bound_ns[i] / 1e9);
		write_bucket(page, le, below);
	}
	write_bucket(page, "+Inf", h->total);
	if (page->format == OPENMETRICS_TEXT) {
		write_name(page, "_count", NULL, 0);
		fprintf(page->out, "%" PRIu64 "\n", h->total);
	}
}

const char *openmetrics_page_end(struct openmetrics_page *page, size_t *size)
{
	if (page->out) {
		if (page->format == OPENMETRICS_1)
			fputs("# EOF\n", page->out);
		page->failed = !text_stream_close(page->out, &page->text);
		page->out = NULL;
	}
	*size = page->size;
	return page->failed ? NULL : page->text;
}
