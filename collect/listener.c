#include "collect/listener.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/procfs.h"
#include "util/text.h"

#define INODES_MAX 16
#define START_NS   (3 * NS_PER_S) /* two clocks, and /proc counts hundredths from the boot */

struct place {
	char host[256];
	long port;
};

static bool read_place(const char *address, struct place *place)
{
	const char *scheme = strstr(address, "://"), *at = scheme ? scheme + 3 : address;
	size_t length = strcspn(at, "/?#");
	bool v6 = *at == '[';
	const char *end = v6 ? memchr(at, ']', length) : at + strcspn(at, ":/?#");
	char port[8] = "";
	if (!end)
		return false;
	size_t host = (size_t)(end - at) - v6;
	const char *colon = end + v6;
	if (host == 0 || host >= sizeof place->host)
		return false;
	snprintf(place->host, sizeof place->host, "%.*s", (int)host, at + v6);
	if (*colon == ':')
		snprintf(port, sizeof port, "%.*s", (int)(length - (size_t)(colon + 1 - at)), colon + 1);
	else if (scheme)
		snprintf(port, sizeof port, "%s", strncmp(address, "https", 5) == 0 ? "443" : "80");
	return text_parse_integer(port, 1, 65535, &place->port);
}

/* An address of one of our interfaces? */
static bool is_own_address(const char *host)
{
	unsigned char wanted[16], *own;
	int family = strchr(host, ':') ? AF_INET6 : AF_INET;
	size_t size = family == AF_INET6 ? 16 : 4;
	struct ifaddrs *list, *at;
	bool found = false;
	if (inet_pton(family, host, wanted) != 1 || getifaddrs(&list) != 0)
		return false;
	for (at = list; at && !found; at = at->ifa_next) {
		if (!at->ifa_addr || at->ifa_addr->sa_family != family)
			continue;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		if (family == AF_INET)
			memcpy(&in, at->ifa_addr, sizeof in);
		else
			memcpy(&in6, at->ifa_addr, sizeof in6);
		own = family == AF_INET ? (unsigned char *)&in.sin_addr : in6.sin6_addr.s6_addr;
		found = memcmp(own, wanted, size) == 0;
	}
	freeifaddrs(list);
	return found;
}

static bool is_here(const char *host)
{
	char own[256] = "";
	if (strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0)
		return true;
	if (gethostname(own, sizeof own - 1) == 0 && strcasecmp(host, own) == 0)
		return true;
	return is_own_address(host);
}

/* Adds the inodes of the sockets that listen on the port. */
static size_t list_inodes(const char *path, long port, uint64_t *inode, size_t n)
{
	char line[512], local[64], state[8];
	FILE *file = fopen(path, "re");
	while (file && n < INODES_MAX && fgets(line, sizeof line, file)) {
		uint64_t owner;
		if (sscanf(line, " %*[^:]: %63s %*s %7s %*s %*s %*s %*s %*s %" SCNu64, local, state,
		           &owner) != 3 ||
		    strcmp(state, "0A") != 0)
			continue;
		const char *colon = strrchr(local, ':');
		if (colon && strtol(colon + 1, NULL, 16) == port)
			inode[n++] = owner;
	}
	if (file)
		fclose(file);
	return n;
}

static bool holds(pid_t pid, const uint64_t *inode, size_t n)
{
	char path[64], target[64];
	bool found = false;
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *directory = opendir(path);
	if (!directory)
		return false;
	for (struct dirent *entry; !found && (entry = readdir(directory)) != NULL;) {
		uint64_t socket;
		ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
		if (length <= 0)
			continue;
		target[length] = '\0';
		if (sscanf(target, "socket:[%" SCNu64 "]", &socket) != 1)
			continue;
		for (size_t i = 0; i < n; i++)
			found |= inode[i] == socket;
	}
	closedir(directory);
	return found;
}

/* When it started, on the wall clock; 0 unknown. */
static int64_t start_of(pid_t pid)
{
	struct procfs_stat stat;
	long ticks = sysconf(_SC_CLK_TCK);
	struct timespec boot;
	if (ticks <= 0 || !procfs_stat(pid, &stat) || clock_gettime(CLOCK_BOOTTIME, &boot) != 0)
		return 0;
	int64_t booted_ns = clock_wall_ns() - (int64_t)boot.tv_sec * NS_PER_S - boot.tv_nsec;
	return booted_ns + (int64_t)(stat.start_ticks / (uint64_t)ticks) * NS_PER_S;
}

/* Of those that hold a socket together, as parents and children do, the one that fits. */
static pid_t find_holder(const uint64_t *inode, size_t n, int64_t started_ns, bool *other)
{
	DIR *directory = opendir("/proc");
	pid_t found = 0;
	for (struct dirent *entry; directory && !found && (entry = readdir(directory)) != NULL;) {
		long pid;
		if (!text_parse_integer(entry->d_name, 1, INT32_MAX, &pid) || !holds((pid_t)pid, inode, n))
			continue;
		int64_t start_ns = start_of((pid_t)pid);
		if (started_ns && start_ns && llabs(start_ns - started_ns) > START_NS)
			*other = true;
		else
			found = (pid_t)pid;
	}
	if (directory)
		closedir(directory);
	return found;
}

enum status listener_find(const char *address, int64_t started_ns, pid_t *pid, struct error *error)
{
	uint64_t inode[INODES_MAX];
	struct place place;
	bool other = false;
	*pid = 0;
	if (!read_place(address, &place))
		return error_set(error, STATUS_NO_TARGET, "%.200s is no address of a host and a port",
		                 address);
	if (!is_here(place.host))
		return error_set(error, STATUS_NO_TARGET, "%.200s is not on this machine", place.host);
	size_t n = list_inodes("/proc/net/tcp", place.port, inode, 0);
	n = list_inodes("/proc/net/tcp6", place.port, inode, n);
	if (n == 0)
		return error_set(error, STATUS_NO_TARGET,
		                 "nobody listens on port %ld of this machine, as far as can be seen from "
		                 "this network namespace",
		                 place.port);
	*pid = find_holder(inode, n, started_ns, &other);
	if (*pid)
		return STATUS_OK;
	if (other)
		return error_set(error, STATUS_NO_TARGET,
		                 "who listens on port %ld of this machine is another process than the one "
		                 "that is scraped there: it did not start at the same time",
		                 place.port);
	return error_set(error, STATUS_PERMISSION,
	                 "somebody else's process listens on port %ld of this machine: try sudo "
	                 "schedtop",
	                 place.port);
}
