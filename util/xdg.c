#include "util/xdg.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/text.h"

static const struct {
	const char *variable, *below_home;
} bases[] = {
	[XDG_DATA] = {"XDG_DATA_HOME", ".local/share"},
	[XDG_CONFIG] = {"XDG_CONFIG_HOME", ".config"},
	[XDG_STATE] = {"XDG_STATE_HOME", ".local/state"},
	[XDG_CACHE] = {"XDG_CACHE_HOME", ".cache"},
};

/* "All paths set in these environment variables must be absolute": others count as not set. */
static const char *absolute(const char *variable)
{
	const char *value = getenv(variable);
	return value && value[0] == '/' ? value : NULL;
}

static enum status home_directory(char *to, size_t size, struct error *error)
{
	const char *home = absolute("HOME");
	char buffer[4096];
	struct passwd user, *found = NULL;
	if (!home && getpwuid_r(getuid(), &user, buffer, sizeof buffer, &found) == 0 && found &&
	    found->pw_dir && found->pw_dir[0] == '/')
		home = found->pw_dir;
	if (!home)
		return error_set(error, STATUS_FAILED, "this user has no home directory: set HOME");
	snprintf(to, size, "%s", home);
	return STATUS_OK;
}

enum status xdg_path(enum xdg_base base, const char *below, char *to, size_t size,
                     struct error *error)
{
	const char *set = absolute(bases[base].variable);
	int length;
	if (set) {
		length = snprintf(to, size, "%s/%s", set, below);
	} else {
		char home[PATH_MAX];
		enum status status = home_directory(home, sizeof home, error);
		if (status != STATUS_OK)
			return status;
		length = snprintf(to, size, "%s/%s/%s", home, bases[base].below_home, below);
	}
	if (length < 0 || (size_t)length >= size)
		return error_set(error, STATUS_FAILED, "the path in %s is too long",
		                 set ? bases[base].variable : "HOME");
	return STATUS_OK;
}

static enum status refused(const char *path, int why, struct error *error)
{
	char shown[300];
	text_clean(shown, sizeof shown, path, strlen(path));
	return error_set(error,
	                 why == EACCES || why == EPERM || why == EROFS ? STATUS_PERMISSION
	                                                               : STATUS_FAILED,
	                 "the directory %s can't be made: %s", shown, strerror(why));
}

enum status xdg_make_directory(const char *path, struct error *error)
{
	char part[PATH_MAX];
	size_t length = strlen(path);
	if (length == 0 || length >= sizeof part)
		return refused(path, length ? ENAMETOOLONG : ENOENT, error);
	memcpy(part, path, length + 1);
	/* mkdir says EEXIST of a name that is there before it says anything else of it (EROFS, EACCES
	   of the directory above), so asking for every part is all it takes. */
	for (char *at = part + 1;; at++) {
		char end = *at;
		if (end != '/' && end != '\0')
			continue;
		*at = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST && end == '\0')
			return refused(path, errno, error);
		*at = end;
		if (end == '\0')
			break;
	}
	struct stat st;
	if (stat(path, &st) != 0)
		return refused(path, errno, error);
	return S_ISDIR(st.st_mode) ? STATUS_OK : refused(path, ENOTDIR, error);
}
