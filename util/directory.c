#include "util/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

DIR *directory_read(int dir_fd)
{
	int own = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own >= 0 ? fdopendir(own) : NULL;
	if (!dir && own >= 0) {
		int why = errno;
		close(own);
		errno = why;
	}
	return dir;
}
