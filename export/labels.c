#include "export/labels.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

enum { NAME_TEXT = 1100 };

void labels_finish(struct labels *l)
{
	for (size_t i = 0; i < l->capacity; i++)
		free(l->text[i]);
	free(l->text);
	*l = (struct labels){.escape = l->escape};
}

void labels_escape(enum labels_escape escape, char *to, const char *from, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (from[i] == '"')
			*to++ = escape == ESCAPE_JSON ? '\\' : '"';
		else if (from[i] == '\\' && escape == ESCAPE_JSON)
			*to++ = '\\';
		*to++ = from[i];
	}
	*to = '\0';
}

const char *labels_get(struct labels *l, const struct names *names, uint32_t number)
{
	char clean[NAME_TEXT];
	if (number >= l->capacity) {
		size_t n = (size_t)number * 2 + 64;
		char **text = reallocarray(l->text, n, sizeof *text);
		if (!text)
			return NULL;
		memset(text + l->capacity, 0, (n - l->capacity) * sizeof *text);
		l->text = text;
		l->capacity = n;
	}
	if (l->text[number])
		return l->text[number];
	const struct name *name = names_get(names, number);
	text_clean(clean, sizeof clean, name->text, name->length);
	size_t length = strlen(clean);
	l->text[number] = malloc(2 * length + 1);
	if (l->text[number])
		labels_escape(l->escape, l->text[number], clean, length);
	return l->text[number];
}

void line_text(struct line *line, const char *text)
{
	size_t n = strlen(text);
	if (n > LINE - line->n)
		return;
	memcpy(line->text + line->n, text, n);
	line->n += n;
}

void line_number(struct line *line, uint64_t number)
{
	char digits[24];
	size_t at = sizeof digits - 1;
	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	line_text(line, digits + at);
}

void line_microseconds(struct line *line, int64_t ns)
{
	const unsigned rest = (unsigned)(ns % 1000);
	const char digits[] = {'.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
	                       (char)('0' + rest % 10), '\0'};
	line_number(line, (uint64_t)ns / 1000);
	line_text(line, digits);
}

bool line_put(struct line *line, struct sink *sink)
{
	sink_write(sink, line->text, line->n);
	line->n = 0;
	return !sink_failed(sink);
}
