#include "cli/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/text.h"
#include "util/xdg.h"

#define RUNS_MAX 100 /* of one program at a time */

static enum status refused(const char *path, struct error *error)
{
	int why = errno;
	char shown[200];
	text_clean(shown, sizeof shown, path, strlen(path));
	return error_set(error,
	                 why == EACCES || why == EPERM || why == EROFS ? STATUS_PERMISSION
	                                                               : STATUS_FAILED,
	                 "%s can't be written, and the program's output needs it: %s", shown,
	                 strerror(why));
}

/* Its lock, which the program inherits, says that this run still writes to it. */
static enum status open_ours(struct outputs *out, const char *program, struct error *error)
{
	char directory[PATH_MAX], name[64];
	enum status status = xdg_path(XDG_STATE, "schedtop", directory, sizeof directory, error);
	if (status == STATUS_OK)
		status = xdg_make_directory(directory, error);
	if (status != STATUS_OK)
		return status;
	text_clean(name, sizeof name, program, strlen(program));
	out->ours = true;
	for (int run = 1; run <= RUNS_MAX; run++) {
		char number[16] = "";
		if (run > 1)
			snprintf(number, sizeof number, ".%d", run);
		if (snprintf(out->path, sizeof out->path, "%s/%s%s.log", directory, name, number) >=
		    (int)sizeof out->path)
			break;
		out->fd = open(out->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (out->fd < 0)
			return refused(out->path, error);
		struct stat st;
		bool free = flock(out->fd, LOCK_EX | LOCK_NB) == 0;
		if (free && fstat(out->fd, &st) == 0 && st.st_nlink > 0)
			return ftruncate(out->fd, 0) == 0 ? STATUS_OK : refused(out->path, error);
		close(out->fd);
		out->fd = -1;
		if (free) /* the one before has just removed it */
			run--;
	}
	return error_set(
		error, STATUS_FAILED,
		"there are too many files for what %s prints in %s: name another with --stderr", name,
		directory);
}

enum status outputs_open(struct outputs *out, const char *file, const char *program, bool screen,
                         struct error *error)
{
	*out = (struct outputs){.fd = STDERR_FILENO};
	if (!file && screen && isatty(STDERR_FILENO))
		return open_ours(out, program, error);
	if (!file)
		return STATUS_OK;
	snprintf(out->path, sizeof out->path, "%s", file);
	out->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	return out->fd < 0 ? refused(file, error) : STATUS_OK;
}

bool outputs_any(const struct outputs *out)
{
	struct stat st;
	return out->path[0] && fstat(out->fd, &st) == 0 && st.st_size > 0;
}

void outputs_close(struct outputs *out)
{
	if (!out->path[0] || out->fd < 0)
		return;
	if (out->ours && !outputs_any(out))
		unlink(out->path);
	close(out->fd);
	out->fd = -1;
}
