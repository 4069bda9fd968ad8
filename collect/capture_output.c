#include "collect/capture_output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/trace_store.h"

#define NAMES_MAX 100            /* tried, when they are taken */
#define PIPE_STEP ((size_t)4096) /* PIPE_BUF: fits a pipe that poll calls writable */

static enum status open_in_store(struct capture_output *o, const char *chosen, struct error *error)
{
	char directory[PATH_MAX];
	enum status status = trace_store_directory(chosen, directory, sizeof directory, error);
	if (status != STATUS_OK)
		return status;
	o->directory = strdup(directory);
	if (!o->directory)
		return error_no_memory(error);
	return atomic_file_open(&o->to, directory, 0600, error);
}

enum status capture_output_open(struct capture_output *o, int fd, const char *file,
                                const char *directory, struct error *error)
{
	*o = CAPTURE_OUTPUT_NONE;
	o->fd = fd;
	if (fd >= 0)
		return STATUS_OK;
	if (file)
		return atomic_file_open_path(&o->to, file, 0666, &o->file, error);
	return open_in_store(o, directory, error);
}

/* A pipe's reader may be slow or gone, and we want to be cancelled all the same. */
static enum status write_stream(int fd, const char *at, size_t size, bool (*cancelled)(void *arg),
                                void *arg, struct error *error)
{
	while (size > 0) {
		struct pollfd ready = {.fd = fd, .events = POLLOUT};
		if (cancelled(arg))
			return STATUS_FAILED;
		if (poll(&ready, 1, 100) == 0)
			continue;
		ssize_t n = write(fd, at, size < PIPE_STEP ? size : PIPE_STEP);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return error_set(error, STATUS_FAILED, "the output can't be written: %s",
			                 strerror(errno));
		at += n;
		size -= (size_t)n;
	}
	return STATUS_OK;
}

enum status capture_output_write(struct capture_output *o, const void *data, size_t size,
                                 bool (*cancelled)(void *arg), void *arg, struct error *error)
{
	return o->fd >= 0 ? write_stream(o->fd, data, size, cancelled, arg, error)
	                  : atomic_file_write(&o->to, data, size, error);
}

static enum status name_file(struct capture_output *o, const struct capture_name *n, char **path,
                             struct error *error)
{
	char name[TRACE_NAME_MAX];
	enum status status;
	bool taken;
	int attempt = 0;
	do {
		trace_store_name(name, (int)n->kind, n->program, n->pid, n->wall_ns, n->go_version,
		                 attempt);
		status = atomic_file_commit(&o->to, name, false, &taken, error);
	} while (taken && ++attempt < NAMES_MAX);
	if (status != STATUS_OK)
		return status;
	*error = (struct error){0};
	size_t size = strlen(o->directory) + 1 + strlen(name) + 1;
	*path = malloc(size);
	if (*path)
		snprintf(*path, size, "%s/%s", o->directory, name);
	trace_store_prune(o->to.dir_fd, n->keep_files, n->keep_bytes, name);
	return *path ? STATUS_OK : error_no_memory(error);
}

enum status capture_output_save(struct capture_output *o, const struct capture_name *name,
                                char **path, struct error *error)
{
	*path = NULL;
	if (o->fd >= 0)
		return STATUS_OK;
	if (!o->file)
		return name_file(o, name, path, error);
	enum status status = atomic_file_commit(&o->to, atomic_file_name(o->file), true, NULL, error);
	if (status == STATUS_OK) {
		*path = o->file;
		o->file = NULL;
	}
	return status;
}

void capture_output_finish(struct capture_output *o)
{
	atomic_file_finish(&o->to);
	free(o->file);
	free(o->directory);
	*o = CAPTURE_OUTPUT_NONE;
}
