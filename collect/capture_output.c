#include "collect/capture_output.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/trace_store.h"
#include "util/clock.h"

#define NAMES_MAX 100                /* tried, when they are taken */
#define ROOM      ((size_t)32 << 20) /* of a busy program's trace: a second or some */
#define STUCK_NS  (30 * NS_PER_S)
#define SLOW_NS   (500 * NS_PER_MS) /* agents let themselves be held up for a second */

static enum status open_in_store(struct capture_output *o, const char *chosen, struct error *error)
{
	char directory[PATH_MAX];
	enum status status = trace_store_directory(chosen, directory, sizeof directory, error);
	if (status != STATUS_OK)
		return status;
	o->directory = strdup(directory);
	if (!o->directory)
		return error_no_memory(error);
	return atomic_file_open(o->to, directory, 0600, error);
}

static void finish_file(void *arg)
{
	struct atomic_file *to = arg;
	atomic_file_finish(to);
	free(to);
}

enum status capture_output_open(struct capture_output *o, int fd, const char *file,
                                const char *directory, bool (*go_on)(void *arg), void *arg,
                                struct error *error)
{
	*o = CAPTURE_OUTPUT_NONE;
	o->fd = fd;
	o->to = malloc(sizeof *o->to);
	if (!o->to)
		return error_no_memory(error);
	*o->to = ATOMIC_FILE_NONE;
	enum status status = STATUS_OK;
	if (fd < 0)
		status = file ? atomic_file_open_path(o->to, file, 0666, &o->file, error)
		              : open_in_store(o, directory, error);
	if (status != STATUS_OK)
		return status;
	const struct spool_options options = {
		.fd = fd >= 0 ? fd : o->to->fd,
		.sync = fd < 0,
		.room = ROOM,
		.stuck_ns = STUCK_NS,
		.go_on = go_on,
		.arg = arg,
		.finish = finish_file,
		.finish_arg = o->to,
	};
	return spool_create(&o->spool, &options, error);
}

static const char *place(const struct capture_output *o)
{
	return o->fd >= 0 ? "the output" : o->to->shown;
}

static enum status explain(const struct capture_output *o, enum spool_end end, struct error *error)
{
	switch (end) {
	case SPOOL_FAILED:
		if (o->fd < 0)
			return atomic_file_explain(o->to, spool_error(o->spool), error);
		return error_set(error, STATUS_FAILED, "the output can't be written: %s",
		                 strerror(spool_error(o->spool)));
	case SPOOL_STUCK:
		return error_set(error, STATUS_FAILED, "%s has taken nothing for %d s: too slow", place(o),
		                 (int)(STUCK_NS / NS_PER_S));
	case SPOOL_STOPPED:
		return STATUS_FAILED;
	default:
		return STATUS_OK;
	}
}

enum status capture_output_write(struct capture_output *o, const void *data, size_t size,
                                 struct error *error)
{
	enum status status = explain(o, spool_put(o->spool, data, size), error);
	o->failed = status != STATUS_OK;
	return status;
}

bool capture_output_blame(const struct capture_output *o, struct error *error)
{
	if (!o->spool || o->failed || spool_waited_ns(o->spool) < SLOW_NS)
		return false;
	error_set(error, STATUS_FAILED,
	          "%s is too slow for what the program has to tell, and it can't wait: take fewer "
	          "seconds, or write somewhere else",
	          place(o));
	return true;
}

static enum status name_file(struct capture_output *o, const struct capture_name *n, char **path,
                             struct error *error)
{
	char name[TRACE_NAME_MAX];
	enum status status;
	bool taken;
	int attempt = 0;
	do {
		trace_store_name(name, &n->of, attempt);
		status = atomic_file_commit(o->to, name, false, &taken, error);
	} while (taken && ++attempt < NAMES_MAX);
	if (status != STATUS_OK)
		return status;
	*error = (struct error){0};
	size_t size = strlen(o->directory) + 1 + strlen(name) + 1;
	*path = malloc(size);
	if (*path)
		snprintf(*path, size, "%s/%s", o->directory, name);
	trace_store_prune(o->to->dir_fd, n->keep_files, n->keep_bytes, name);
	return *path ? STATUS_OK : error_no_memory(error);
}

enum status capture_output_save(struct capture_output *o, const struct capture_name *name,
                                char **path, struct error *error)
{
	*path = NULL;
	enum status status = explain(o, spool_flush(o->spool), error);
	if (status != STATUS_OK || o->fd >= 0)
		return status;
	o->to->synced = true;
	if (!o->file)
		return name_file(o, name, path, error);
	status = atomic_file_commit(o->to, atomic_file_name(o->file), true, NULL, error);
	if (status == STATUS_OK) {
		*path = o->file;
		o->file = NULL;
	}
	return status;
}

void capture_output_finish(struct capture_output *o)
{
	if (o->spool)
		spool_destroy(o->spool);
	else if (o->to)
		finish_file(o->to);
	free(o->file);
	free(o->directory);
	*o = CAPTURE_OUTPUT_NONE;
}
