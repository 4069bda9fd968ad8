#include "report/page.h"

#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#include "util/text.h"

void page_heading(struct page *page, const char *title)
{
	fprintf(page->out, "%s%s\n", page->begun ? "\n" : "", title);
	page->begun = true;
}

/* Bytes of the character at s and its columns. The text is valid UTF-8: it was cleaned, or is ours.
 */
static size_t character(const char *s, int *columns)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	wchar_t rune = n == 1 ? p[0] : p[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if (!p[i]) {
			n = i; /* never in valid text */
			break;
		}
		rune = rune << 6 | (p[i] & 0x3f);
	}
	int width = wcwidth(rune);
	*columns = width < 0 ? 1 : width;
	return n;
}

/* The largest part of s that fits; its bytes. */
static size_t fitting(const char *s, int room, int *width)
{
	size_t n = 0;
	*width = 0;
	while (s[n]) {
		int columns;
		size_t step = character(s + n, &columns);
		if (*width + columns > room)
			break;
		*width += columns;
		n += step;
	}
	return n;
}

void page_paragraph(struct page *page, int indent, const char *lead, const char *text)
{
	int begin;
	fitting(lead, PAGE_WIDTH, &begin);
	page->begun = true;
	for (const char *rest = text; *rest;) {
		int width;
		size_t n = fitting(rest, PAGE_WIDTH - indent - begin, &width);
		if (rest[n]) {
			size_t space = n;
			while (space > 0 && rest[space] != ' ')
				space--;
			n = space ? space : n;
		}
		fprintf(page->out, "%*s%s%*s%.*s\n", indent, "", rest == text ? lead : "",
		        rest == text ? 0 : begin, "", (int)n, rest);
		rest += n;
		rest += *rest == ' ';
	}
}

void page_say(struct page *page, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	page_paragraph(page, 2, "", text);
}

/* A cell in its column, cut with a mark where it is too wide. */
static void put(struct page *page, const struct page_column *column, const char *text, bool last)
{
	int room = column->width < 0 ? -column->width : column->width, width;
	size_t n = fitting(text, room, &width);
	const char *mark = "";
	if (text[n]) {
		n = fitting(text, room - 1, &width);
		mark = page->ascii ? "~" : "…";
		width++;
	}
	int pad = room - width;
	fprintf(page->out, "  %*s%.*s%s", column->width < 0 ? 0 : pad, "", (int)n, text, mark);
	if (column->width < 0 && !last)
		fprintf(page->out, "%*s", pad, "");
}

void page_header(struct page *page, const struct page_column *column, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(page, &column[i], column[i].title, i + 1 == n);
	fputc('\n', page->out);
}

void page_row(struct page *page, const struct page_column *column, size_t n,
              const char cell[][PAGE_CELL])
{
	for (size_t i = 0; i < n; i++)
		put(page, &column[i], cell[i], i + 1 == n);
	fputc('\n', page->out);
}

void page_duration(const struct page *page, char cell[PAGE_CELL], double ns)
{
	text_duration(cell, PAGE_CELL, ns, page->ascii);
}

void page_count(char cell[PAGE_CELL], uint64_t n)
{
	text_count(cell, PAGE_CELL, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

void page_share(char cell[PAGE_CELL], double part, double whole)
{
	if (whole > 0)
		text_percent(cell, PAGE_CELL, part / whole);
	else
		snprintf(cell, PAGE_CELL, "-");
}

void page_name(const struct page *page, char cell[PAGE_CELL], const char *name, size_t length,
               bool short_path, const char *unknown)
{
	char clean[PAGE_CELL];
	text_clean(clean, sizeof clean, name, length);
	const char *from = clean;
	if (short_path) {
		/* "a.b/c/d.(*T[a/e]).f": the path ends before what may hold other paths. */
		size_t plain = strcspn(clean, "([{");
		for (size_t i = 0; i < plain; i++)
			if (clean[i] == '/')
				from = clean + i + 1;
	}
	size_t n = 0;
	for (; *from && n + 1 < PAGE_CELL; from++)
		/* A name must not show what the screen can't. */
		cell[n++] = (char)(page->ascii && (unsigned char)*from >= 0x80 ? '?' : *from);
	cell[n] = '\0';
	if (n == 0)
		snprintf(cell, PAGE_CELL, "%s", unknown);
}

void page_named(const struct page *page, char cell[PAGE_CELL], const struct names *names,
                uint32_t name, bool short_path, const char *unknown)
{
	const struct name *n = names_get(names, name);
	page_name(page, cell, n->text, n->length, short_path, unknown);
}

void page_times(const struct page *page, char cell[PAGE_CELL], uint64_t n)
{
	if (page->sampled)
		snprintf(cell, PAGE_CELL, "-");
	else
		page_count(cell, n);
}

void page_longest(const struct page *page, char cell[PAGE_CELL], int64_t ns)
{
	if (page->sampled)
		snprintf(cell, PAGE_CELL, "-");
	else
		page_duration(page, cell, (double)ns);
}

void page_mean(const struct page *page, char cell[PAGE_CELL], double sum_ns, uint64_t count)
{
	if (count && !page->sampled)
		page_duration(page, cell, sum_ns / (double)count);
	else
		snprintf(cell, PAGE_CELL, "-");
}

void page_percentile(const struct page *page, char cell[PAGE_CELL], const struct distribution *d,
                     double ratio)
{
	if (d->count && !page->sampled)
		page_duration(page, cell, (double)distribution_percentile(d, ratio));
	else
		snprintf(cell, PAGE_CELL, "-");
}

void page_bars(const struct page *page, char cell[PAGE_CELL], const double *value, size_t n,
               double full)
{
	static const char *const utf8[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
	for (size_t i = 0; i < n; i++)
		full = value[i] > full ? value[i] : full;
	size_t at = 0;
	for (size_t i = 0; i < n && at + 4 < PAGE_CELL; i++) {
		/* What is more than nothing shows. */
		int step = value[i] > 0 && full > 0 ? 1 + (int)(value[i] / full * 7.999) : 0;
		const char *bar = (page->ascii ? ascii : utf8)[step > 8 ? 8 : step];
		memcpy(cell + at, bar, strlen(bar));
		at += strlen(bar);
	}
	while (at > 0 && cell[at - 1] == ' ')
		at--;
	cell[at] = '\0';
}
