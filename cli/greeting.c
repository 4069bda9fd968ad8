/* Whether this user has seen a screen before: a mark in the state directory. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "util/xdg.h"

#define MARK "greeted"

static bool mark_path(char *directory, size_t room, char *path, size_t size)
{
	struct error error = {0};
	return xdg_path(XDG_STATE, "schedtop", directory, room, &error) == STATUS_OK &&
	       xdg_path(XDG_STATE, "schedtop/" MARK, path, size, &error) == STATUS_OK;
}

/* Where nothing can be remembered, nobody is told the same again and again. */
bool is_new_user(void)
{
	char directory[PATH_MAX], path[PATH_MAX];
	struct stat st;
	struct error error = {0};
	return mark_path(directory, sizeof directory, path, sizeof path) && lstat(path, &st) != 0 &&
	       xdg_make_directory(directory, &error) == STATUS_OK && access(directory, W_OK) == 0;
}

void remember_greeting(void)
{
	char directory[PATH_MAX], path[PATH_MAX];
	if (!mark_path(directory, sizeof directory, path, sizeof path))
		return;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}
