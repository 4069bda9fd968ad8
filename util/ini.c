#include "util/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/text.h"

#define SIZE_MAX_BYTES (256U << 10)
#define TOLD_MAX       20 /* sentences about one file */

/*
 * libinih calls the handler with neither file nor line, and tells of the first line alone that it
 * could not read. So the lines go to it one by one, from here: between two of them it is known
 * whether the one before was an entry.
 */
struct reader {
	const char *name;
	const char *text, *end;
	ini_take take;
	void *arg;
	const struct ini_sink *sink;
	int line;
	int told;
	const char *expected; /* what the current line must be; NULL: nothing more */
};

static void tell(struct reader *r, const char *sentence)
{
	char told[1024];
	if (r->told++ >= TOLD_MAX)
		return;
	if (r->told == TOLD_MAX)
		sentence = "and more lines are wrong below";
	snprintf(told, sizeof told, "%s:%d: %s", r->name, r->line, sentence);
	r->sink->tell(told, r->sink->arg);
}

static void end_line(struct reader *r)
{
	if (r->expected)
		tell(r, r->expected);
	r->expected = NULL;
}

/* What a line has to be, by how it begins. */
static const char *expectation(const char *line)
{
	if (*line == '\0' || strchr(";#", *line))
		return NULL;
	if (*line != '[')
		return "expected NAME = VALUE";
	return strchr(line, ']') ? NULL : "expected [SECTION]";
}

/*
 * The next line, as fgets would give it. Without the blanks before it, which libinih would take for
 * a continuation of the entry before; one that is too long for it is told and becomes a blank one.
 */
static char *next_line(char *to, int size, void *arg)
{
	struct reader *r = arg;
	end_line(r);
	if (r->text == r->end)
		return NULL;
	r->line++;
	const char *line = r->text, *end = memchr(line, '\n', (size_t)(r->end - line));
	end = end ? end : r->end;
	r->text = end < r->end ? end + 1 : end;
	while (line < end && strchr(" \t\r\v\f", *line) && *line)
		line++;
	if (end - line >= size) {
		tell(r, "the line is too long");
		line = end;
	}
	size_t length = (size_t)(end - line);
	memcpy(to, line, length);
	to[length] = '\0';
	for (size_t i = 0; i < length; i++)
		to[i] = to[i] ? to[i] : '?'; /* a string ends at the first NUL, a line does not */
	r->expected = expectation(to);
	return to;
}

static int take_entry(void *arg, const char *section, const char *name, const char *value)
{
	struct reader *r = arg;
	const struct ini_entry entry = {section, name, value, r->name, r->line};
	struct error error = {0};
	r->expected = NULL;
	if (r->take(&entry, r->arg, &error) != STATUS_OK)
		tell(r, error.text);
	return 1;
}

void ini_read_text(const char *name, const char *text, size_t size, ini_take take, void *arg,
                   const struct ini_sink *sink)
{
	char shown[512];
	text_clean(shown, sizeof shown, name, strlen(name));
	struct reader r = {
		.name = shown, .text = text, .end = text + size, .take = take, .arg = arg, .sink = sink};
	ini_parse_stream(next_line, &r, take_entry, &r);
}

static enum status open_file(const char *path, int *fd, struct error *error)
{
	struct stat info;
	char shown[256];
	text_clean(shown, sizeof shown, path, strlen(path));
	/* Without waiting for the writer of a pipe. */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd >= 0 && fstat(*fd, &info) == 0 && S_ISDIR(info.st_mode)) {
		close(*fd);
		*fd = -1;
		errno = EISDIR;
	}
	/* Nobody knows when a writer comes. */
	if (*fd >= 0 && fstat(*fd, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode))) {
		close(*fd);
		*fd = -1;
		return error_set(error, STATUS_FAILED, "can't read %s: it is a pipe, no file", shown);
	}
	if (*fd >= 0)
		return STATUS_OK;
	enum status status = errno == ENOENT || errno == ENOTDIR ? STATUS_NO_TARGET
	                     : errno == EACCES || errno == EPERM ? STATUS_PERMISSION
	                                                         : STATUS_FAILED;
	return error_set(error, status, "can't read %s: %s", shown, strerror(errno));
}

enum status ini_read_whole(const char *path, char **out, struct error *error)
{
	int fd;
	char shown[256];
	*out = NULL;
	text_clean(shown, sizeof shown, path, strlen(path));
	enum status status = open_file(path, &fd, error);
	if (status != STATUS_OK)
		return status;
	char *text = malloc(SIZE_MAX_BYTES);
	size_t size = 0;
	ssize_t n = text ? 1 : 0;
	while (n > 0 && size < SIZE_MAX_BYTES) {
		n = read(fd, text + size, SIZE_MAX_BYTES - size);
		if (n > 0)
			size += (size_t)n;
	}
	if (!text)
		status = error_no_memory(error);
	else if (n < 0)
		status = error_set(error, STATUS_FAILED, "can't read %s: %s", shown, strerror(errno));
	else if (size == SIZE_MAX_BYTES)
		status = error_set(error, STATUS_FAILED, "%s is too large to be read: %u KiB at most",
		                   shown, SIZE_MAX_BYTES >> 10);
	else if (memchr(text, '\0', size))
		status = error_set(error, STATUS_FAILED, "%s holds no text: it is left out", shown);
	close(fd);
	if (status != STATUS_OK) {
		free(text);
		return status;
	}
	text[size] = '\0';
	*out = text;
	return STATUS_OK;
}

enum status ini_read_file(const char *path, ini_take take, void *arg, const struct ini_sink *sink,
                          struct error *error)
{
	char *text;
	enum status status = ini_read_whole(path, &text, error);
	if (status == STATUS_OK)
		ini_read_text(path, text, strlen(text), take, arg, sink);
	free(text);
	return status;
}
