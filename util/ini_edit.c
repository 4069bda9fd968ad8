#include "util/ini_edit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

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

static size_t blanks(const char *at, size_t length)
{
	size_t n = 0;
	while (n < length && strchr(" \t\r", at[n]))
		n++;
	return n;
}

/* "[NAME]": is it a heading, and of this section? */
static bool is_heading(const struct line *line, const char *section, bool *of_section)
{
	size_t begin = blanks(line->at, line->length), length = strlen(section);
	if (begin == line->length || line->at[begin] != '[')
		return false;
	const char *name = line->at + begin + 1;
	*of_section = line->length - begin - 1 > length && strncmp(name, section, length) == 0 &&
	              name[length] == ']';
	return true;
}

/* "NAME = ...": where its value begins, behind the sign and blanks; 0: it sets something else. */
static size_t value_of(const struct line *line, const char *name)
{
	size_t begin = blanks(line->at, line->length), length = strlen(name);
	if (line->length - begin <= length || strncmp(line->at + begin, name, length) != 0)
		return 0;
	size_t at = begin + length;
	at += blanks(line->at + at, line->length - at);
	if (at >= line->length || (line->at[at] != '=' && line->at[at] != ':'))
		return 0;
	at++;
	return at + blanks(line->at + at, line->length - at);
}

/* Where the value ends: before a comment and the blanks before that. */
static size_t end_of(const struct line *line, size_t from)
{
	size_t end = line->length;
	for (size_t i = from; i < line->length; i++)
		if (line->at[i] == ';' && (i == from || strchr(" \t", line->at[i - 1]))) {
			end = i;
			break;
		}
	while (end > from && strchr(" \t\r", line->at[end - 1]))
		end--;
	return end;
}

static void put_line(FILE *out, const struct line *line)
{
	fprintf(out, "%.*s%s", (int)line->length, line->at, line->ended ? "\n" : "");
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
		if (value_of(&line, name))
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
		size_t at = inside ? value_of(&line, name) : 0;
		if (!at || (value && i != found.entry)) {
			put_line(out, &line);
		} else if (value) {
			size_t end = end_of(&line, at);
			fprintf(out, "%.*s%s%.*s%s", (int)at, line.at, value, (int)(line.length - end),
			        line.at + end, line.ended ? "\n" : "");
		}
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
	write_edited(out, text, section, name, value);
	text_stream_close(out, &edited);
	return edited;
}
