#include "util/ini_edit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* A line without its end. */
struct line {
	const char *at;
	size_t length; /* without the newline */
	bool ended;    /* by one */
};

static bool next_line(const char **text, struct line *line)
{
	if (!**text)
		return false;
	line->at = *text;
	line->length = strcspn(*text, "\n");
	line->ended = line->at[line->length] == '\n';
	*text += line->length + line->ended;
	return true;
}

static bool is_blank(char c)
{
	return c && strchr(" \t\r\v\f", c);
}

static size_t blanks(const char *at, size_t length)
{
	size_t n = 0;
	while (n < length && is_blank(at[n]))
		n++;
	return n;
}

/* Where a comment begins behind that byte, which a blank before it makes of a semicolon; else the
   line's end. */
static size_t comment_of(const struct line *line, size_t from)
{
	for (size_t i = from + 1; i < line->length; i++)
		if (line->at[i] == ';' && is_blank(line->at[i - 1]))
			return i;
	return line->length;
}

/* "[NAME]": is it a heading, and of this section? To those who read the file "[NAME" is none. */
static bool is_heading(const struct line *line, const char *section, bool *of_section)
{
	size_t begin = blanks(line->at, line->length), length = strlen(section);
	if (begin == line->length || line->at[begin] != '[' ||
	    !memchr(line->at + begin, ']', comment_of(line, begin + 1) - begin))
		return false;
	const char *name = line->at + begin + 1;
	*of_section = line->length - begin - 1 > length && strncmp(name, section, length) == 0 &&
	              name[length] == ']';
	return true;
}

/* "NAME = ...": where the sign stands; 0: it sets something else. */
static size_t sign_of(const struct line *line, const char *name)
{
	size_t begin = blanks(line->at, line->length), length = strlen(name);
	if (line->length - begin <= length || strncmp(line->at + begin, name, length) != 0)
		return 0;
	size_t at = begin + length;
	at += blanks(line->at + at, line->length - at);
	return at < line->length && strchr("=:", line->at[at]) ? at : 0;
}

static void put_line(FILE *out, const struct line *line)
{
	fprintf(out, "%.*s%s", (int)line->length, line->at, line->ended ? "\n" : "");
}

/* The line with another value behind its sign; blanks around that, and a comment, stay. */
static void put_changed(FILE *out, const struct line *line, size_t sign, const char *value)
{
	size_t begin = sign + 1, comment = comment_of(line, sign + 1), end = comment;
	begin += blanks(line->at + begin, comment - begin);
	while (end > begin && is_blank(line->at[end - 1]))
		end--;
	/* Where nothing was between the sign and the comment, a blank has to be. */
	fprintf(out, "%.*s%s%s%.*s%s", (int)begin, line->at, value,
	        end == comment && comment < line->length ? " " : "", (int)(line->length - end),
	        line->at + end, line->ended ? "\n" : "");
}

/* What there is of the entry: the number of its last line, and of the last one of the section that
   says anything, behind which it could stand; -1: none. */
struct found {
	int entry, end;
	bool section;
};

static struct found find(const char *text, const char *section, const char *name)
{
	struct found found = {-1, -1, !*section};
	struct line line;
	bool inside = !*section, mine;
	for (int i = 0; next_line(&text, &line); i++) {
		if (is_heading(&line, section, &mine)) {
			inside = *section && mine;
			found.section = found.section || inside;
		}
		if (!inside)
			continue;
		if (blanks(line.at, line.length) < line.length)
			found.end = i;
		if (sign_of(&line, name))
			found.entry = i;
	}
	return found;
}

static void write_edited(FILE *out, const char *text, const char *section, const char *name,
                         const char *value)
{
	const struct found found = find(text, section, name);
	struct line line = {"", 0, true};
	bool inside = !*section, mine;
	if (value && found.entry < 0 && found.section && found.end < 0)
		fprintf(out, "%s = %s\n", name, value);
	for (int i = 0; next_line(&text, &line); i++) {
		if (is_heading(&line, section, &mine))
			inside = *section && mine;
		size_t sign = inside ? sign_of(&line, name) : 0;
		if (!sign || (value && i != found.entry))
			put_line(out, &line);
		else if (value)
			put_changed(out, &line, sign, value);
		if (value && found.entry < 0 && found.section && i == found.end)
			fprintf(out, "%s%s = %s\n", line.ended ? "" : "\n", name, value);
	}
	if (value && !found.section)
		fprintf(out, "%s\n[%s]\n%s = %s\n", line.ended ? "" : "\n", section, name, value);
}

char *ini_edit(const char *text, const char *section, const char *name, const char *value)
{
	char *edited = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&edited, &size);
	if (!out)
		return NULL;
	/* What some editors begin a file with is none of the first name. */
	if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
		fputs(BYTE_ORDER_MARK, out);
		text += strlen(BYTE_ORDER_MARK);
	}
	write_edited(out, text, section, name, value);
	text_stream_close(out, &edited);
	return edited;
}
