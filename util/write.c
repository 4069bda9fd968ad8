#include "util/write.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#define ANYWHERE UINT64_MAX /* where the descriptor stands */

static bool write_all(int fd, const char *data, size_t size, uint64_t offset)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = offset == ANYWHERE
		                ? write(fd, data + done, size - done)
		                : pwrite(fd, data + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* nobody promises that this can't be */
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

bool write_whole(int fd, const void *data, size_t size)
{
	return write_all(fd, data, size, ANYWHERE);
}

bool write_whole_at(int fd, const void *data, size_t size, uint64_t offset)
{
	return write_all(fd, data, size, offset);
}
