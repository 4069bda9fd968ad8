#include "collect/prom_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define ROW_MAX    ((size_t)1 << 20)
#define AROUND_MAX ((size_t)64 << 10)
#define DEPTH_MAX  64

struct bytes {
	char *data;
	size_t size, room, max;
};

struct prom_rows {
	prom_row_fn *taker;
	void *arg;
	struct bytes row, around, key;
	bool damaged, stopped; /* no good, or no more of it is wanted */
	/* Where the reading stands: in what, and whether in a string. */
	unsigned depth;
	char open[DEPTH_MAX]; /* '{' or '[' of each level */
	bool data, result;    /* the value of "data" at level 1, of "result" below it */
	bool string, escape, key_next;
	unsigned list;  /* the level of the list of rows; 0: not in it */
	bool list_over; /* there is one list only */
	bool in_scalar; /* a row that is no object, no list and no string */
};

static bool put(struct bytes *bytes, const char *data, size_t size)
{
	if (size > bytes->max - bytes->size)
		return false;
	if (bytes->size + size > bytes->room) {
		size_t room = bytes->room ? bytes->room : 256;
		while (room < bytes->size + size)
			room *= 2;
		char *more = realloc(bytes->data, room);
		if (!more)
			return false;
		bytes->data = more;
		bytes->room = room;
	}
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
	return true;
}

struct prom_rows *prom_rows_create(prom_row_fn *row, void *arg)
{
	struct prom_rows *rows = calloc(1, sizeof *rows);
	if (!rows)
		return NULL;
	rows->taker = row;
	rows->arg = arg;
	rows->row.max = ROW_MAX;
	rows->around.max = AROUND_MAX;
	rows->key.max = AROUND_MAX;
	return rows;
}

void prom_rows_destroy(struct prom_rows *rows)
{
	if (!rows)
		return;
	free(rows->row.data);
	free(rows->around.data);
	free(rows->key.data);
	free(rows);
}

static bool end_row(struct prom_rows *rows)
{
	struct bytes *row = &rows->row;
	json_t *value = json_loadb(row->data, row->size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	row->size = 0;
	rows->in_scalar = false;
	if (!value)
		return false;
	bool more = rows->taker(value, rows->arg);
	json_decref(value);
	rows->stopped = !more;
	return more;
}

static bool key_is(const struct prom_rows *rows, const char *name)
{
	return rows->key.size == strlen(name) && memcmp(rows->key.data, name, rows->key.size) == 0;
}

/* A value begins with this bracket: is it the list of rows? */
static bool begins_list(const struct prom_rows *rows, char bracket)
{
	return bracket == '[' && !rows->list_over &&
	       ((rows->depth == 1 && rows->data) || (rows->depth == 2 && rows->data && rows->result));
}

static bool open_bracket(struct prom_rows *rows, char c)
{
	if (rows->depth + 1 >= DEPTH_MAX)
		return false;
	bool list = rows->list == 0 && begins_list(rows, c);
	rows->open[++rows->depth] = c;
	rows->key_next = c == '{';
	rows->key.size = 0;
	if (list)
		rows->list = rows->depth;
	return true;
}

static bool close_bracket(struct prom_rows *rows, char c)
{
	if (rows->depth == 0 || rows->open[rows->depth] != (c == '}' ? '{' : '['))
		return false;
	rows->depth--;
	if (rows->list > rows->depth) {
		rows->list = 0;
		rows->list_over = true;
	}
	return true;
}

/* After a key and its colon: which one it was counts at the two outer levels. */
static void end_key(struct prom_rows *rows)
{
	if (rows->depth == 1)
		rows->data = key_is(rows, "data");
	else if (rows->depth == 2)
		rows->result = key_is(rows, "result");
	rows->key_next = false;
	rows->key.size = 0;
}

/* One byte that belongs to what stands around the rows. */
static bool take_around(struct prom_rows *rows, char c)
{
	if (rows->string) {
		if (!rows->escape && c == '"')
			rows->string = false;
		else if (rows->key_next && !put(&rows->key, &c, 1))
			return false;
		rows->escape = !rows->escape && c == '\\';
		return true;
	}
	switch (c) {
	case '"':
		rows->string = true;
		return true;
	case '{':
	case '[':
		return open_bracket(rows, c);
	case '}':
	case ']':
		return close_bracket(rows, c);
	case ':':
		end_key(rows);
		return true;
	case ',':
		rows->key_next = rows->depth > 0 && rows->open[rows->depth] == '{';
		return true;
	default:
		return true;
	}
}

/* The end of the bytes from `at` on that are no more than text within a string. */
static size_t skip_text(const char *data, size_t at, size_t size)
{
	while (at < size && data[at] != '"' && data[at] != '\\')
		at++;
	return at;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* In the list, one byte of a row or between two; *ends: the row is whole with it. */
static bool take_row(struct prom_rows *rows, char c, bool *ends)
{
	bool was_string = rows->string;
	if (rows->string) {
		if (!rows->escape && c == '"')
			rows->string = false;
		rows->escape = !rows->escape && c == '\\';
	} else if (c == '"') {
		rows->string = true;
	} else if (c == '{' || c == '[') {
		if (!open_bracket(rows, c))
			return false;
	} else if (c == '}' || c == ']') {
		if (!close_bracket(rows, c))
			return false;
	} else if (rows->depth == rows->list) {
		rows->in_scalar = true;
	}
	bool closes = (was_string && !rows->string) || c == '}' || c == ']';
	*ends = closes && !rows->string && rows->depth == rows->list && !rows->in_scalar;
	return true;
}

/* Bytes from `at` on, of which there are some; returns the next to look at, or 0. */
static size_t feed_list(struct prom_rows *rows, const char *data, size_t at, size_t size)
{
	char c = data[at];
	bool between = rows->depth == rows->list && !rows->string, ends = false;
	if (between && (c == ',' || c == ']' || is_blank(c))) {
		if (rows->in_scalar && !end_row(rows))
			return 0;
		if (c == ']' && (!take_around(rows, c) || !put(&rows->around, &c, 1)))
			return 0;
		return at + 1;
	}
	size_t end = rows->string && !rows->escape ? skip_text(data, at, size) : at;
	if (end > at)
		return put(&rows->row, data + at, end - at) ? end : 0;
	if (!take_row(rows, c, &ends) || !put(&rows->row, &c, 1) || (ends && !end_row(rows)))
		return 0;
	return at + 1;
}

bool prom_rows_feed(struct prom_rows *rows, const void *from, size_t size)
{
	const char *data = from;
	for (size_t at = 0; at < size && !rows->damaged && !rows->stopped;) {
		if (rows->list) {
			at = feed_list(rows, data, at, size);
			rows->damaged = at == 0;
		} else {
			rows->damaged = !take_around(rows, data[at]) || !put(&rows->around, &data[at], 1);
			at++;
		}
	}
	return !rows->damaged && !rows->stopped;
}

/* The first of a list of sentences, and how many more there are. */
static void first_of(const json_t *list, char *to, size_t size)
{
	const char *text = json_string_value(json_array_get(list, 0));
	size_t n = json_array_size(list);
	if (!text)
		return;
	text_clean(to, size, text, strlen(text));
	size_t length = strlen(to);
	if (n > 1 && size - length > 24)
		snprintf(to + length, size - length, " (and %zu more)", n - 1);
}

static enum status judge(const json_t *around, char *warning, size_t size, struct error *error)
{
	const char *status = json_string_value(json_object_get(around, "status"));
	const char *words = json_string_value(json_object_get(around, "error"));
	char shown[400];
	if (!status || (strcmp(status, "success") != 0 && !words))
		return error_set(error, STATUS_DAMAGED, "the answer is not one of Prometheus' API");
	if (strcmp(status, "success") != 0) {
		text_clean(shown, sizeof shown, words, strlen(words));
		return error_set(error, STATUS_FAILED, "%s", shown);
	}
	first_of(json_object_get(around, "warnings"), warning, size);
	return STATUS_OK;
}

enum status prom_rows_end(struct prom_rows *rows, char *warning, size_t size, struct error *error)
{
	json_t *around = rows->damaged || rows->stopped
	                     ? NULL
	                     : json_loadb(rows->around.data ? rows->around.data : "", rows->around.size,
	                                  JSON_ALLOW_NUL, NULL);
	warning[0] = '\0';
	if (!around)
		return error_set(error, STATUS_DAMAGED, "the answer is not one of Prometheus' API");
	enum status status = judge(around, warning, size, error);
	json_decref(around);
	return status;
}

bool prom_number(const char *text, double *number)
{
	char *end;
	if (!text)
		return false;
	*number = strtod(text, &end);
	return end != text && *end == '\0';
}

const char *prom_label(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(json_object_get(row, "metric"), name));
	return text ? text : "";
}

bool prom_value(const json_t *row, double *value)
{
	return prom_number(json_string_value(json_array_get(json_object_get(row, "value"), 1)), value);
}
