#include "watch/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/capture_output.h"
#include "collect/trace_store.h"
#include "util/clock.h"

#define CHUNK ((size_t)256 << 10)

struct writer {
	const struct bundle_options *options;
	struct capture_output output;
	struct archive *archive;
	uint64_t bytes;
	struct error *error; /* of the output, if it was that */
};

static bool is_stopped(const struct writer *w)
{
	return w->options->stop && atomic_load(w->options->stop);
}

static bool goes_on(void *arg)
{
	return !is_stopped(arg);
}

static la_ssize_t on_bytes(struct archive *archive, void *arg, const void *bytes, size_t n)
{
	struct writer *w = arg;
	if (capture_output_write(&w->output, bytes, n, w->error) != STATUS_OK) {
		archive_set_error(archive, EIO, "the file can't be written");
		return -1;
	}
	w->bytes += n;
	return (la_ssize_t)n;
}

/* What went wrong: the file's own words, else those of the archive. */
static enum status explain(struct writer *w)
{
	if (w->error->status != STATUS_OK)
		return w->error->status;
	if (is_stopped(w))
		return error_set(w->error, STATUS_FAILED, "the bundle was given up");
	const char *why = archive_error_string(w->archive);
	return error_set(w->error, STATUS_FAILED, "the bundle can't be written: %s",
	                 why ? why : "libarchive does not say why");
}

static enum status write_file(struct writer *w, int fd, uint64_t size)
{
	char *chunk = malloc(CHUNK);
	enum status status = chunk ? STATUS_OK : error_no_memory(w->error);
	for (uint64_t at = 0; status == STATUS_OK && at < size;) {
		size_t want = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
		ssize_t n = pread(fd, chunk, want, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			status = error_set(w->error, STATUS_FAILED, "what was captured can't be read again: %s",
			                   n < 0 ? strerror(errno) : "it is shorter than it was");
		else if (is_stopped(w) || archive_write_data(w->archive, chunk, (size_t)n) != n)
			status = explain(w);
		else
			at += (uint64_t)n;
	}
	free(chunk);
	return status;
}

static enum status write_member(struct writer *w, const struct bundle_member *m)
{
	struct stat st = {0};
	if (!m->data && fstat(m->fd, &st) != 0)
		return error_set(w->error, STATUS_FAILED, "what was captured can't be read again: %s",
		                 strerror(errno));
	uint64_t size = m->data ? m->size : (uint64_t)st.st_size;
	struct archive_entry *entry = archive_entry_new();
	if (!entry)
		return error_no_memory(w->error);
	archive_entry_set_pathname(entry, m->name);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_mtime(entry, (time_t)(w->options->wall_ns / NS_PER_S), 0);
	int result = archive_write_header(w->archive, entry);
	archive_entry_free(entry);
	if (result != ARCHIVE_OK)
		return explain(w);
	if (!m->data)
		return write_file(w, m->fd, size);
	return archive_write_data(w->archive, m->data, m->size) == (la_ssize_t)m->size ? STATUS_OK
	                                                                               : explain(w);
}

static enum status write_archive(struct writer *w, const struct bundle_member *member,
                                 size_t members)
{
	if (archive_write_set_format_pax_restricted(w->archive) != ARCHIVE_OK ||
	    archive_write_open2(w->archive, w, NULL, on_bytes, NULL, NULL) != ARCHIVE_OK)
		return explain(w);
	for (size_t i = 0; i < members; i++)
		if (write_member(w, &member[i]) != STATUS_OK)
			return w->error->status;
	return archive_write_close(w->archive) == ARCHIVE_OK ? STATUS_OK : explain(w);
}

enum status bundle_write(const struct bundle_options *o, const struct bundle_member *member,
                         size_t members, char **path, uint64_t *bytes, struct error *error)
{
	struct error why = {0};
	struct writer w = {.options = o, .output = CAPTURE_OUTPUT_NONE, .error = &why};
	const struct capture_name name = {
		.of = {.kind = STORED_BUNDLE,
	           .program = o->program,
	           .go_version = o->go_version,
	           .pid = o->pid,
	           .where = o->where,
	           .wall_ns = o->wall_ns},
		.keep_files = o->keep_files,
		.keep_bytes = o->keep_bytes,
	};
	*path = NULL;
	w.archive = archive_write_new();
	enum status status =
		w.archive ? capture_output_open(&w.output, -1, NULL, o->directory, goes_on, &w, &why)
				  : error_no_memory(&why);
	if (status == STATUS_OK)
		status = write_archive(&w, member, members);
	archive_write_free(w.archive);
	if (status == STATUS_OK)
		status = capture_output_save(&w.output, &name, path, &why);
	capture_output_finish(&w.output);
	*bytes = w.bytes;
	return status == STATUS_OK ? status : error_set(error, status, "%s", why.text);
}
