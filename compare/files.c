#include "compare/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/text.h"

void files_finish(struct files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->path[i]);
	files->n = 0;
}

/* Takes over the path. */
static enum status add(struct files *files, char *path, struct error *error)
{
	if (!path)
		return error_no_memory(error);
	if (files->n == SIDE_RUNS) {
		free(path);
		return error_set(error, STATUS_USAGE, "more than %d traces on one side of a comparison",
		                 SIDE_RUNS);
	}
	files->path[files->n++] = path;
	return STATUS_OK;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static enum status add_directory(struct files *files, const char *path, struct error *error)
{
	struct dirent **entry;
	enum status status = STATUS_OK;
	size_t before = files->n;
	char shown[256];
	text_clean(shown, sizeof shown, path, strlen(path));
	int n = scandir(path, &entry, is_visible, alphasort);
	if (n < 0)
		return error_set(error, errno == EACCES ? STATUS_PERMISSION : STATUS_FAILED,
		                 "%s can't be read: %s", shown, strerror(errno));
	for (int i = 0; i < n; i++) {
		char *name;
		struct stat found;
		if (status == STATUS_OK) {
			if (asprintf(&name, "%s/%s", path, entry[i]->d_name) < 0)
				status = error_no_memory(error);
			else if (stat(name, &found) == 0 && S_ISREG(found.st_mode))
				status = add(files, name, error);
			else
				free(name);
		}
		free(entry[i]);
	}
	free(entry);
	if (status == STATUS_OK && files->n == before)
		return error_set(error, STATUS_NO_TARGET, "there is no file in the directory %s", shown);
	return status;
}

enum status files_add(struct files *files, const char *path, struct error *error)
{
	struct stat found;
	if (strcmp(path, "-") != 0 && stat(path, &found) == 0 && S_ISDIR(found.st_mode))
		return add_directory(files, path, error);
	return add(files, strdup(path), error);
}
