#include "tui/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/filter.h"
#include "util/atomic_file.h"
#include "util/text.h"

/* Wide enough for every column and long names; rows that are drawn at once. */
#define WIDE      500
#define HIGH      CANVAS_HEIGHT_MAX
#define LINE_MAX  (4 * WIDE + 1)
#define FILE_MODE 0666 /* less the umask, as of any file that a user makes */

/* One drawing of it. */
struct sheet {
	const struct listing *listing;
	struct canvas *canvas;
	struct view_place place;
};

static bool sheet_open(struct sheet *sheet, const struct listing *l, int width, int height)
{
	*sheet = (struct sheet){.listing = l, .canvas = canvas_create(width, height, l->ascii)};
	return sheet->canvas != NULL;
}

static void sheet_close(struct sheet *sheet)
{
	canvas_destroy(sheet->canvas);
}

/* row: the first one to show; < 0: as the user sees it. */
static void draw(struct sheet *sheet, int row)
{
	sheet->place = *sheet->listing->place;
	if (row >= 0) {
		sheet->place.selected = sheet->place.top = row;
		sheet->place.chosen = true;
		sheet->place.anchored = false;
	}
	canvas_clear(sheet->canvas);
	sheet->listing->draw(sheet->canvas, &sheet->place, sheet->listing->arg);
}

/* --- cells ---------------------------------------------------------------------------------- */

/* The cells [x, x + width) of a line, without the blanks around them. */
static void read_cells(const struct canvas *canvas, int x, int width, int y, char to[LINE_MAX])
{
	size_t used = 0;
	int end = x + width < canvas->width ? x + width : canvas->width;
	for (int i = x > 0 ? x : 0; i < end && used + 5 < LINE_MAX; i++) {
		const struct cell *cell = canvas_at(canvas, i, y);
		if (cell->width == 0 || (used == 0 && cell->glyph == ' '))
			continue;
		used += (size_t)glyph_encode(cell->glyph, to + used);
	}
	while (used > 0 && to[used - 1] == ' ')
		used--;
	to[used] = '\0';
}

/* Where columns are far apart two blanks say so as well. */
static void narrow(char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++)
		if (*from != ' ' || from[1] != ' ' || from[2] != ' ')
			*to++ = *from;
	*to = '\0';
}

/* From the first column to the last: what stands beside the list is not of the row. */
static void read_row(const struct sheet *sheet, int y, char to[LINE_MAX])
{
	const struct view_place *p = &sheet->place;
	int x = p->columns ? p->column[0].x : 0, end = sheet->canvas->width;
	for (int i = 0; i < p->columns; i++) {
		x = p->column[i].x < x ? p->column[i].x : x;
		end = i == 0 || p->column[i].x + p->column[i].width > end
		          ? p->column[i].x + p->column[i].width
		          : end;
	}
	read_cells(sheet->canvas, x, end - x, y, to);
	narrow(to);
}

/* --- rows ----------------------------------------------------------------------------------- */

/* Called with every row in turn, at its line of the sheet; false ends it. */
typedef bool row_fn(const struct sheet *sheet, int row, int y, void *arg);

/* Rows from `first` on, up to the end of the list, or to one that the view does not show when it is
   asked to. Returns how many the list has. */
static int each_row(struct sheet *sheet, int first, row_fn *take, void *arg)
{
	int row = first, last = first + LISTING_ROWS_MAX;
	for (;;) {
		draw(sheet, row);
		int top = sheet->place.top, page = sheet->place.page, rows = sheet->place.rows;
		if (row >= rows || row >= last || row < top || row >= top + page)
			return rows;
		for (; row < rows && row < top + page && row < last; row++)
			if (!take(sheet, row, sheet->place.list_y + row - top, arg))
				return rows;
	}
}

/* --- looking for a row ---------------------------------------------------------------------- */

struct search {
	struct filter filter;
	int from, step;
	int found, around; /* beyond `from`, and after the turn at the end; -1: none yet */
};

static bool look(const struct sheet *sheet, int row, int y, void *arg)
{
	struct search *s = arg;
	char text[LINE_MAX];
	read_row(sheet, y, text);
	if (!filter_matches(&s->filter, text))
		return true;
	bool beyond = s->step > 0 ? row > s->from : row < s->from;
	int *at = beyond ? &s->found : &s->around;
	if (*at < 0 || s->step < 0)
		*at = row;
	return s->step < 0 || !beyond;
}

int listing_find(const struct listing *l, const char *text, int from, int step)
{
	struct search s = {.from = from, .step = step, .found = -1, .around = -1};
	struct sheet sheet;
	if (!l->is_list || !*text || !sheet_open(&sheet, l, WIDE, HIGH))
		return -1;
	filter_open(&s.filter, text);
	each_row(&sheet, 0, look, &s);
	filter_close(&s.filter);
	sheet_close(&sheet);
	return s.found >= 0 ? s.found : s.around;
}

/* --- copying -------------------------------------------------------------------------------- */

static void write_lines(FILE *out, const struct sheet *sheet, int x, int y, int width, int height)
{
	char text[LINE_MAX];
	int last = y + height < sheet->canvas->height ? y + height : sheet->canvas->height, blank = 0;
	for (; y < last; y++) {
		read_cells(sheet->canvas, x, width, y, text);
		narrow(text);
		/* Room that nothing was drawn into is no part of the text. */
		for (; *text && blank > 0; blank--)
			fputc('\n', out);
		if (*text)
			fprintf(out, "%s\n", text);
		else
			blank++;
	}
}

static void write_selected(FILE *out, const struct sheet *sheet)
{
	const struct view_place *p = &sheet->place;
	char text[LINE_MAX];
	int row = p->selected - p->top;
	if (sheet->listing->is_list && p->rows > 0 && row >= 0 && row < p->page) {
		read_row(sheet, p->list_y + row, text);
		fprintf(out, "%s\n", text);
	}
	if (p->detail.width > 0)
		write_lines(out, sheet, p->detail.x, p->detail.y, p->detail.width, p->detail.height);
	else if (!sheet->listing->is_list)
		write_lines(out, sheet, 0, 1, sheet->canvas->width, sheet->canvas->height - 2);
}

char *listing_copy(const struct listing *l, bool *cut)
{
	struct sheet sheet;
	char *text = NULL;
	size_t size = 0;
	*cut = false;
	if (!sheet_open(&sheet, l, l->is_list ? WIDE : l->width, l->is_list ? HIGH : l->height))
		return NULL;
	FILE *out = open_memstream(&text, &size);
	if (out) {
		draw(&sheet, -1);
		write_selected(out, &sheet);
		text_stream_close(out, &text);
	}
	sheet_close(&sheet);
	if (text && size > 0 && text[size - 1] == '\n')
		text[--size] = '\0';
	if (text && size > LISTING_COPY_MAX) {
		*cut = true;
		for (size = LISTING_COPY_MAX; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80;)
			size--;
		text[size] = '\0';
	}
	return text;
}

/* --- saving --------------------------------------------------------------------------------- */

struct saving {
	FILE *out;
	int rows;   /* written */
	bool begun; /* the headings are */
};

static const char *column_name(const struct view_column *column)
{
	return *column->name ? column->name : "mark";
}

/* RFC 4180. */
static void put_csv(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
	fputc('"', out);
}

/* What comes from a canvas has no control characters. */
static void put_json(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static bool csv_row(const struct sheet *sheet, int row, int y, void *arg)
{
	struct saving *s = arg;
	const struct view_place *p = &sheet->place;
	char text[LINE_MAX];
	(void)row;
	for (int i = 0; !s->begun && i < p->columns; i++) {
		fputs(i ? "," : "", s->out);
		put_csv(s->out, column_name(&p->column[i]));
	}
	fputs(s->begun ? "" : "\r\n", s->out);
	s->begun = true;
	for (int i = 0; i < p->columns; i++) {
		fputs(i ? "," : "", s->out);
		read_cells(sheet->canvas, p->column[i].x, p->column[i].width, y, text);
		put_csv(s->out, text);
	}
	fputs("\r\n", s->out);
	s->rows++;
	return true;
}

static bool json_row(const struct sheet *sheet, int row, int y, void *arg)
{
	struct saving *s = arg;
	const struct view_place *p = &sheet->place;
	char text[LINE_MAX];
	(void)row;
	fputs(s->begun ? ",\n  {" : "\n  {", s->out);
	s->begun = true;
	for (int i = 0; i < p->columns; i++) {
		fputs(i ? ", " : "", s->out);
		put_json(s->out, column_name(&p->column[i]));
		fputs(": ", s->out);
		read_cells(sheet->canvas, p->column[i].x, p->column[i].width, y, text);
		put_json(s->out, text);
	}
	fputc('}', s->out);
	s->rows++;
	return true;
}

static int write_csv(struct sheet *sheet, struct saving *s)
{
	return each_row(sheet, 0, csv_row, s);
}

static int write_json(struct sheet *sheet, struct saving *s)
{
	char text[LINE_MAX];
	int rows = 0;
	fputs("{\"view\": ", s->out);
	put_json(s->out, sheet->listing->view);
	if (sheet->listing->is_list) {
		fputs(", \"rows\": [", s->out);
		rows = each_row(sheet, 0, json_row, s);
	} else {
		fputs(", \"lines\": [", s->out);
		draw(sheet, -1);
		for (int y = 0; y + 1 < sheet->canvas->height; y++) {
			fputs(y ? ",\n  " : "\n  ", s->out);
			read_cells(sheet->canvas, 0, sheet->canvas->width, y, text);
			put_json(s->out, text);
			s->rows++;
		}
	}
	fputs("\n]}\n", s->out);
	return rows;
}

/* As it looks: with the blanks at the left. */
static int write_text(struct sheet *sheet, struct saving *s)
{
	char glyph[5];
	draw(sheet, -1);
	for (int y = 0; y + 1 < sheet->canvas->height; y++) {
		int end = sheet->canvas->width;
		while (end > 0 && canvas_at(sheet->canvas, end - 1, y)->glyph == ' ')
			end--;
		for (int x = 0; x < end; x++) {
			const struct cell *cell = canvas_at(sheet->canvas, x, y);
			if (cell->width > 0 && glyph_encode(cell->glyph, glyph) > 0)
				fputs(glyph, s->out);
		}
		fputc('\n', s->out);
	}
	s->rows = sheet->listing->is_list ? sheet->place.page : 0;
	if (s->rows > sheet->place.rows)
		s->rows = sheet->place.rows;
	return sheet->listing->is_list ? sheet->place.rows : 0;
}

static const struct form {
	const char *suffix;
	bool wants_rows;
	bool wide;
	int (*write)(struct sheet *sheet, struct saving *s); /* returns the rows that there are */
} forms[] = {
	{".txt", false, false, write_text},
	{".csv", true, true, write_csv},
	{".json", false, true, write_json},
};

static const struct form *form_of(const char *path)
{
	size_t length = strlen(path);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		size_t end = strlen(forms[i].suffix);
		if (length > end && strcmp(path + length - end, forms[i].suffix) == 0)
			return &forms[i];
	}
	return NULL;
}

/* All of it as text in memory, to be freed; NULL: out of memory. */
static char *render(const struct listing *l, const struct form *form, size_t *size,
                    struct saving *s, int *rows)
{
	struct sheet sheet;
	char *text = NULL;
	bool wide = form->wide && l->is_list;
	/* A list is as high as it has rows. */
	int height = wide ? HIGH : l->height;
	if (!wide && l->is_list && l->place->rows > l->place->page)
		height += l->place->rows - l->place->page;
	if (!sheet_open(&sheet, l, wide ? WIDE : l->width, height))
		return NULL;
	s->out = open_memstream(&text, size);
	if (s->out) {
		*rows = form->write(&sheet, s);
		text_stream_close(s->out, &text);
	}
	sheet_close(&sheet);
	return text;
}

/* "~/x" as a shell has it. */
static enum status expand(const char *path, char *to, size_t size, struct error *error)
{
	const char *home = path[0] == '~' && path[1] == '/' ? getenv("HOME") : NULL;
	int length = snprintf(to, size, "%s%s", home ? home : "", home ? path + 1 : path);
	if (length < 0 || (size_t)length >= size)
		return error_set(error, STATUS_FAILED, "the path is too long");
	return STATUS_OK;
}

void listing_write_file(struct listing_file *file)
{
	struct atomic_file out = ATOMIC_FILE_NONE;
	struct error *error = &file->error;
	char *real = NULL;
	bool taken = false;
	enum status status = atomic_file_open_path(&out, file->path, FILE_MODE, &real, error);
	if (status == STATUS_OK)
		status = atomic_file_write(&out, file->text, file->size, error);
	if (status == STATUS_OK)
		atomic_file_commit(&out, atomic_file_name(real), file->replace, &taken, error);
	atomic_file_finish(&out);
	free(real);
	if (taken)
		error_set(error, STATUS_FAILED, "%s is there already: save! replaces it", file->shown);
}

void listing_free_file(struct listing_file *file)
{
	if (file)
		free(file->text);
	free(file);
}

/* With what it is to hold, and what is said of that. */
static enum status fill(struct listing_file *file, const struct listing *l, const struct form *form,
                        const char *path, struct error *error)
{
	struct saving s = {.rows = 0};
	int rows = 0;
	enum status status = expand(path, file->path, sizeof file->path, error);
	if (status != STATUS_OK)
		return status;
	file->text = render(l, form, &file->size, &s, &rows);
	if (!file->text)
		return error_no_memory(error);
	text_clean(file->shown, sizeof file->shown, path, strlen(path));
	if (s.rows < rows)
		snprintf(file->said, sizeof file->said, "saved the first %d of %d rows in %s", s.rows, rows,
		         file->shown);
	else if (rows > 0)
		snprintf(file->said, sizeof file->said, "saved %d row%s in %s", rows, rows == 1 ? "" : "s",
		         file->shown);
	else
		snprintf(file->said, sizeof file->said, "saved in %s", file->shown);
	return STATUS_OK;
}

struct listing_file *listing_make_file(const struct listing *l, const char *path, bool replace,
                                       struct error *error)
{
	const struct form *form = form_of(path);
	struct listing_file *file = calloc(1, sizeof *file);
	enum status status = STATUS_OK;
	if (!file)
		status = error_no_memory(error);
	else if (!form)
		status = error_set(error, STATUS_USAGE,
		                   "a file is to be called .txt, .csv or .json, by what it shall hold");
	else if (form->wants_rows && !l->is_list)
		status = error_set(error, STATUS_USAGE,
		                   "this view is no list: it can be saved as .txt or .json");
	else
		status = fill(file, l, form, path, error);
	if (status == STATUS_OK) {
		file->replace = replace;
		return file;
	}
	listing_free_file(file);
	return NULL;
}
