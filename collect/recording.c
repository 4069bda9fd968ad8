#include "collect/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/line_reader.h"
#include "collect/rotation.h"
#include "metrics/json.h"
#include "util/text.h"

#define COMPLAINTS_MAX 8
#define PLACES_MAX     ((size_t)1 << 20) /* of damage, that are remembered */

/* One of the files that follow each other; most recordings have but one. */
struct part {
	char *path;
	struct seek_map *map; /* NULL: not asked for yet */
	struct line_times first, last;
	bool known; /* those two */
};

/* Where something is damaged. */
struct place {
	size_t part;
	struct line_place at;
	bool is_line; /* or what lines are packed in */
};

struct recording {
	char shown[256]; /* its name, printable */
	int cancel_fd;
	struct part *part;
	size_t parts, at;
	struct line_reader *reader; /* of part[at] */
	bool mapped, sought;        /* line numbers count from the beginning, until it was sought in */
	uint64_t lines, damaged_lines, damages;
	struct error complaint[COMPLAINTS_MAX]; /* of the first damages */
	struct place *place;                    /* of all of them, in order */
	size_t places, room;
	int64_t newest_ns; /* monotonic, of the snapshot before; -1: none */
};

/* --- opening --------------------------------------------------------------------------------- */

static enum status list_parts(struct recording *r, const char *path, struct error *error)
{
	struct stat info;
	char **name = NULL;
	size_t n = 1;
	enum status status = STATUS_OK;
	if (strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		status = rotation_list(path, ROTATION_RECORDING, &name, &n, error);
	if (status != STATUS_OK)
		return status;
	r->part = calloc(n, sizeof *r->part);
	for (size_t i = 0; r->part && i < n; i++, r->parts++)
		r->part[i].path = name ? name[i] : strdup(path);
	for (size_t i = r->parts; name && i < n; i++)
		free(name[i]);
	free(name);
	return r->part && r->part[0].path ? STATUS_OK : error_no_memory(error);
}

static enum status open_part(struct recording *r, size_t i, struct error *error)
{
	struct line_reader *reader;
	enum status status = line_reader_open(&reader, r->part[i].path, r->cancel_fd, error);
	if (status != STATUS_OK)
		return status;
	line_reader_close(r->reader);
	r->reader = reader;
	r->at = i;
	r->newest_ns = -1;
	return STATUS_OK;
}

enum status recording_open(struct recording **out, const char *path, struct error *error)
{
	struct recording *r = calloc(1, sizeof *r);
	*out = NULL;
	if (!r)
		return error_no_memory(error);
	text_clean(r->shown, sizeof r->shown, path, strlen(path));
	if (strcmp(path, "-") == 0)
		strcpy(r->shown, "standard input");
	r->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum status status = r->cancel_fd < 0
	                         ? error_set(error, STATUS_FAILED, "can't read the recording %s: %s",
	                                     r->shown, strerror(errno))
	                         : list_parts(r, path, error);
	if (status == STATUS_OK)
		status = open_part(r, 0, error);
	if (status == STATUS_OK)
		*out = r;
	else
		recording_close(r);
	return status;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	line_reader_close(r->reader);
	for (size_t i = 0; i < r->parts; i++) {
		seek_map_destroy(r->part[i].map);
		free(r->part[i].path);
	}
	free(r->part);
	free(r->place);
	if (r->cancel_fd >= 0)
		close(r->cancel_fd);
	free(r);
}

void recording_cancel(struct recording *r)
{
	uint64_t one = 1;
	while (write(r->cancel_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

/* --- damage ---------------------------------------------------------------------------------- */

static int compare_places(const struct place *a, const struct place *b)
{
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	if (a->at.frame != b->at.frame)
		return a->at.frame < b->at.frame ? -1 : 1;
	if (a->at.at != b->at.at)
		return a->at.at < b->at.at ? -1 : 1;
	return (a->is_line > b->is_line) - (a->is_line < b->is_line);
}

/* Remembers where the reader has met damage; false: it was met before, on the way of another leap.
   Without memory for one it may be met again. */
static bool is_new(struct recording *r, bool is_line)
{
	struct place here = {r->at, line_reader_place(r->reader), is_line};
	size_t low = 0, high = r->places;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_places(&r->place[middle], &here);
		if (order == 0)
			return false;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (r->places == r->room && r->room < PLACES_MAX) {
		size_t room = r->room ? 2 * r->room : 16;
		struct place *place = realloc(r->place, room * sizeof *place);
		if (!place)
			return true;
		r->place = place;
		r->room = room;
	}
	if (r->places < r->room) {
		memmove(&r->place[low + 1], &r->place[low], (r->places++ - low) * sizeof *r->place);
		r->place[low] = here;
	}
	return true;
}

static enum status complain(struct recording *r, const struct error *why, bool is_line,
                            struct error *error)
{
	if (is_new(r, is_line)) {
		if (r->damages < COMPLAINTS_MAX)
			r->complaint[r->damages] = *why;
		r->damages++;
		r->damaged_lines += is_line;
	}
	return error_set(error, STATUS_DAMAGED, "%s", why->text);
}

static enum status complain_of_line(struct recording *r, const struct error *why,
                                    struct error *error)
{
	const char *shown = line_reader_shown(r->reader);
	struct error told;
	/* Nobody has counted the lines before that were leapt over. */
	if (r->sought)
		error_set(&told, STATUS_DAMAGED, "%s: a line is damaged: %s", shown, why->text);
	else
		error_set(&told, STATUS_DAMAGED, "%s, line %" PRIu64 ": %s", shown,
		          line_reader_lines(r->reader), why->text);
	return complain(r, &told, true, error);
}

const char *recording_complaint(const struct recording *r, size_t i)
{
	return i < COMPLAINTS_MAX && i < r->damages ? r->complaint[i].text : NULL;
}

enum status recording_judge(const struct recording *r, struct error *error)
{
	if (r->damages == 0)
		return STATUS_OK;
	if (r->damaged_lines == 0 && r->damages == 1)
		return error_set(error, STATUS_DAMAGED, "%s; what is whole was played",
		                 r->complaint[0].text);
	if (r->damaged_lines == 0)
		return error_set(error, STATUS_DAMAGED,
		                 "%s is damaged in %" PRIu64 " places; what is whole was played", r->shown,
		                 r->damages);
	/* Some were read more than once, others never. */
	if (r->sought)
		return error_set(error, STATUS_DAMAGED,
		                 "%" PRIu64 " of the lines of %s that were read are damaged",
		                 r->damaged_lines, r->shown);
	return error_set(error, STATUS_DAMAGED,
	                 "%" PRIu64 " of %" PRIu64 " lines of %s are damaged; the others were played",
	                 r->damaged_lines, r->lines, r->shown);
}

/* --- reading --------------------------------------------------------------------------------- */

static bool is_blank(const char *line, size_t size)
{
	for (size_t i = 0; i < size && size <= LINE_BYTES_MAX; i++)
		if (!strchr(" \t\r", line[i]) || !line[i])
			return false;
	return size <= LINE_BYTES_MAX;
}

/* What a line says, in the order of time. */
static enum status read_line(struct recording *r, const char *line, size_t size,
                             struct snapshot **out, struct error *error)
{
	if (size > LINE_BYTES_MAX)
		return error_set(error, STATUS_DAMAGED, "it is longer than any snapshot");
	struct snapshot *s = NULL;
	enum status status = json_decode(line, size, &s, error);
	if (status != STATUS_OK || !s)
		return status;
	if (s->monotonic_ns < r->newest_ns) {
		snapshot_unref(s);
		return error_set(error, STATUS_DAMAGED, "it is older than the one before");
	}
	r->newest_ns = s->monotonic_ns;
	*out = s;
	return STATUS_OK;
}

/* The next line that is not empty, of this file or the next; NULL at the end. A file that can't be
   opened any more is passed over: a writer may have let it go. */
static enum status next_line(struct recording *r, char **line, size_t *size, struct error *error)
{
	for (;;) {
		enum status status = line_reader_next(r->reader, line, size, error);
		if (status == STATUS_OK && *line && is_blank(*line, *size)) {
			r->lines++;
			continue;
		}
		if (status != STATUS_OK || *line)
			return status;
		size_t next = r->at + 1;
		while (next < r->parts && open_part(r, next, NULL) != STATUS_OK)
			next++;
		if (next >= r->parts)
			return STATUS_OK;
	}
}

enum status recording_next(struct recording *r, struct snapshot **out, struct error *error)
{
	char *line = NULL;
	size_t size;
	struct error why = {0};
	*out = NULL;
	enum status status = next_line(r, &line, &size, &why);
	if (status == STATUS_DAMAGED)
		return complain(r, &why, false, error);
	if (status != STATUS_OK)
		return error_set(error, status, "%s", why.text);
	if (!line)
		return STATUS_OK;
	r->lines++;
	status = read_line(r, line, size, out, &why);
	if (status == STATUS_DAMAGED)
		return complain_of_line(r, &why, error);
	return status == STATUS_OK ? status : error_set(error, status, "%s", why.text);
}

void recording_skip(struct recording *r, int64_t monotonic_ns)
{
	for (;;) {
		char *line = NULL;
		size_t size;
		struct line_times times;
		struct snapshot *none = NULL;
		struct error why = {0};
		enum status status = line_reader_next(r->reader, &line, &size, &why);
		if (status == STATUS_DAMAGED) {
			complain(r, &why, false, NULL);
			continue;
		}
		if (status != STATUS_OK || !line)
			return;
		r->lines++;
		if (size > LINE_BYTES_MAX) {
			read_line(r, line, size, &none, &why);
			complain_of_line(r, &why, NULL);
		} else if (!is_blank(line, size) &&
		           (!line_times_read(&times, line, size) || times.monotonic_ns >= monotonic_ns)) {
			line_reader_unread(r->reader);
			r->lines--;
			return;
		}
	}
}

/* --- seeking --------------------------------------------------------------------------------- */

static void map_part(struct part *p, int cancel_fd)
{
	struct line_reader *reader;
	if (line_reader_open(&reader, p->path, cancel_fd, NULL) != STATUS_OK)
		return;
	int fd = line_reader_seekable_fd(reader);
	/* Whether it is packed is found out by seeking to where it begins. */
	if (fd >= 0 && line_reader_seek(reader, 0, NULL) == STATUS_OK &&
	    seek_map_create(&p->map, fd, line_reader_is_packed(reader), NULL) == STATUS_OK)
		p->known = seek_map_ends(p->map, &p->first, &p->last);
	line_reader_close(reader);
	if (!p->known) {
		seek_map_destroy(p->map);
		p->map = NULL;
	}
}

bool recording_ends(struct recording *r, struct line_times *first, struct line_times *last)
{
	bool any = false;
	if (line_reader_seekable_fd(r->reader) < 0)
		return false;
	for (size_t i = 0; !r->mapped && i < r->parts; i++)
		map_part(&r->part[i], r->cancel_fd);
	r->mapped = true;
	for (size_t i = 0; i < r->parts; i++) {
		const struct part *p = &r->part[i];
		if (!p->known)
			continue;
		if (!any)
			*first = p->first;
		*last = p->last;
		any = true;
	}
	return any;
}

/* How many lines from here on are no younger than that. Damage between them is told when they are
   read. */
static uint64_t count_until(struct recording *r, int64_t wall_ns)
{
	uint64_t lines = 0, until = 0;
	for (;;) {
		char *line = NULL;
		size_t size;
		struct line_times times;
		enum status status = line_reader_next(r->reader, &line, &size, NULL);
		if (status == STATUS_DAMAGED)
			continue;
		if (status != STATUS_OK || !line)
			return until;
		lines++;
		if (!line_times_read(&times, line, size))
			continue;
		if (times.wall_ns > wall_ns)
			return until;
		until = lines;
	}
}

enum status recording_seek(struct recording *r, int64_t wall_ns, struct error *error)
{
	size_t found = r->parts;
	for (size_t i = 0; i < r->parts; i++)
		if (r->part[i].known && (found == r->parts || r->part[i].first.wall_ns <= wall_ns))
			found = i;
	if (found == r->parts)
		return error_set(error, STATUS_FAILED, "there is nothing in %s to seek", r->shown);
	enum status status = open_part(r, found, error);
	uint64_t offset =
		seek_map_find(r->part[found].map, wall_ns, line_reader_seekable_fd(r->reader));
	if (status == STATUS_OK)
		status = line_reader_seek(r->reader, offset, error);
	if (status != STATUS_OK)
		return status;
	uint64_t lines = count_until(r, wall_ns);
	status = line_reader_seek(r->reader, offset, error);
	for (uint64_t i = 1; status == STATUS_OK && i < lines;) {
		char *line = NULL;
		size_t size;
		enum status read = line_reader_next(r->reader, &line, &size, NULL);
		i += read == STATUS_OK && line;
		if (read == STATUS_FAILED || (read == STATUS_OK && !line))
			break;
	}
	r->sought = true;
	r->newest_ns = -1;
	return status;
}
