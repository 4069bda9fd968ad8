#include "collect/probe.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/clock.h"

#define SOCKETS_MAX   4096 /* descriptors that are looked at */
#define LISTENERS_MAX 64
#define ANSWER_MAX    16384
#define PATIENCE_NS   NS_PER_S /* with one address */

struct listener {
	struct sockaddr_storage address;
	socklen_t size;
};

/* --- on what it listens --------------------------------------------------------------------- */

static int compare_inodes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Inodes of the process's sockets, sorted; -1 when its descriptors can't be listed. */
static ssize_t list_sockets(pid_t pid, uint64_t inode[SOCKETS_MAX])
{
	char path[64], target[64];
	ssize_t n = 0;
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *directory = opendir(path);
	if (!directory)
		return -1;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL && n < SOCKETS_MAX;) {
		ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
		if (length <= 0)
			continue;
		target[length] = '\0';
		if (sscanf(target, "socket:[%" SCNu64 "]", &inode[n]) == 1)
			n++;
	}
	closedir(directory);
	qsort(inode, (size_t)n, sizeof *inode, compare_inodes);
	return n;
}

/* The kernel writes words of the address in the byte order of the machine. */
static bool parse_address(const char *text, bool v6, struct listener *out)
{
	char word[9] = "";
	uint32_t part[4] = {0};
	const char *colon = strchr(text, ':');
	size_t words = v6 ? 4 : 1;
	if (!colon || (size_t)(colon - text) != words * 8)
		return false;
	for (size_t i = 0; i < words; i++) {
		memcpy(word, text + 8 * i, 8);
		part[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	in_port_t port = htons((uint16_t)strtoul(colon + 1, NULL, 16));
	memset(out, 0, sizeof *out);
	if (v6) {
		struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = port};
		memcpy(&a.sin6_addr, part, sizeof part);
		memcpy(&out->address, &a, sizeof a);
		out->size = sizeof a;
	} else {
		struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = port};
		memcpy(&a.sin_addr, part, sizeof part[0]);
		memcpy(&out->address, &a, sizeof a);
		out->size = sizeof a;
	}
	return true;
}

static bool is_loopback(const struct listener *l)
{
	if (l->address.ss_family == AF_INET) {
		struct sockaddr_in a;
		memcpy(&a, &l->address, sizeof a);
		return (ntohl(a.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
	}
	struct sockaddr_in6 a;
	memcpy(&a, &l->address, sizeof a);
	return IN6_IS_ADDR_LOOPBACK(&a.sin6_addr) ||
	       (IN6_IS_ADDR_V4MAPPED(&a.sin6_addr) && a.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
}

/* Adds the listeners of /proc/PID/net/tcp or tcp6 that belong to the sockets; false: unreadable. */
static bool list_listeners(pid_t pid, bool v6, const uint64_t *inode, size_t inodes,
                           struct listener *out, size_t *n)
{
	char path[64], line[512], local[64], state[8];
	snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, v6 ? "tcp6" : "tcp");
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	while (*n < LISTENERS_MAX && fgets(line, sizeof line, file)) {
		uint64_t owner;
		if (sscanf(line, " %*[^:]: %63s %*s %7s %*s %*s %*s %*s %*s %" SCNu64, local, state,
		           &owner) != 3 ||
		    strcmp(state, "0A") != 0 ||
		    !bsearch(&owner, inode, inodes, sizeof *inode, compare_inodes))
			continue;
		if (parse_address(local, v6, &out[*n]) && !is_loopback(&out[*n]))
			++*n;
	}
	fclose(file);
	return true;
}

/* Its addresses mean something here only in the same network. */
static bool shares_network(pid_t pid)
{
	char path[64], ours[64], theirs[64];
	snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
	ssize_t a = readlink("/proc/self/ns/net", ours, sizeof ours);
	ssize_t b = readlink(path, theirs, sizeof theirs);
	return a > 0 && a == b && memcmp(ours, theirs, (size_t)a) == 0;
}

/* --- one of them ---------------------------------------------------------------------------- */

/* Who listens on all addresses is asked by way of the loopback. */
static struct listener reachable(const struct listener *l)
{
	struct listener to = *l;
	if (l->address.ss_family == AF_INET) {
		struct sockaddr_in a;
		memcpy(&a, &l->address, sizeof a);
		if (a.sin_addr.s_addr == htonl(INADDR_ANY))
			a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		memcpy(&to.address, &a, sizeof a);
	} else {
		struct sockaddr_in6 a;
		memcpy(&a, &l->address, sizeof a);
		if (IN6_IS_ADDR_UNSPECIFIED(&a.sin6_addr))
			a.sin6_addr = in6addr_loopback;
		memcpy(&to.address, &a, sizeof a);
	}
	return to;
}

/* false: the time is over. */
static bool await(int fd, short events, int64_t end_ns)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int64_t left_ns = end_ns - clock_monotonic_ns();
	return left_ns > 0 && poll(&poll_fd, 1, (int)(left_ns / NS_PER_MS) + 1) > 0;
}

static bool connect_to(int fd, const struct listener *l, int64_t end_ns)
{
	int failed = 0;
	socklen_t size = sizeof failed;
	if (connect(fd, (const struct sockaddr *)&l->address, l->size) == 0)
		return true;
	return errno == EINPROGRESS && await(fd, POLLOUT, end_ns) &&
	       getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) == 0 && failed == 0;
}

/* The answer as far as it comes in time, terminated. */
static void ask(int fd, char *to, size_t size, int64_t end_ns)
{
	static const char request[] =
		"GET /debug/pprof/ HTTP/1.0\r\nHost: localhost\r\nUser-Agent: schedtop\r\n\r\n";
	size_t used = 0;
	to[0] = '\0';
	if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1)
		return;
	while (used + 1 < size && await(fd, POLLIN, end_ns)) {
		ssize_t n = recv(fd, to + used, size - used - 1, 0);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	to[used] = '\0';
}

/* Is it the page of net/http/pprof? */
static bool serves_pprof(const struct listener *l)
{
	char answer[ANSWER_MAX];
	struct listener to = reachable(l);
	int64_t end_ns = clock_monotonic_ns() + PATIENCE_NS;
	int fd = socket(to.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	answer[0] = '\0';
	if (fd < 0)
		return false;
	if (connect_to(fd, &to, end_ns))
		ask(fd, answer, sizeof answer, end_ns);
	close(fd);
	return strncmp(answer, "HTTP/1.", 7) == 0 && strncmp(answer + 8, " 200", 4) == 0 &&
	       strstr(answer, "/debug/pprof/") && strstr(answer, "goroutine?debug=");
}

static void tell(const struct listener *l, struct probe_answer *to)
{
	if (l->address.ss_family == AF_INET) {
		struct sockaddr_in a;
		memcpy(&a, &l->address, sizeof a);
		inet_ntop(AF_INET, &a.sin_addr, to->address, sizeof to->address);
		to->port = ntohs(a.sin_port);
	} else {
		struct sockaddr_in6 a;
		memcpy(&a, &l->address, sizeof a);
		inet_ntop(AF_INET6, &a.sin6_addr, to->address, sizeof to->address);
		to->port = ntohs(a.sin6_port);
	}
}

enum status probe_pprof(pid_t pid, struct probe_answer answer[PROBE_ANSWERS_MAX], size_t *n,
                        struct error *error)
{
	uint64_t inode[SOCKETS_MAX];
	struct listener listener[LISTENERS_MAX];
	size_t listeners = 0;
	*n = 0;
	ssize_t inodes = list_sockets(pid, inode);
	if (inodes < 0)
		return error_set(error, STATUS_PERMISSION,
		                 "on what process %d listens can't be known: its descriptors can't be "
		                 "listed (%s); run schedtop as its user or as root",
		                 (int)pid, strerror(errno));
	if (!list_listeners(pid, false, inode, (size_t)inodes, listener, &listeners))
		return error_set(error, STATUS_FAILED, "on what process %d listens can't be read: %s",
		                 (int)pid, strerror(errno));
	list_listeners(pid, true, inode, (size_t)inodes, listener, &listeners); /* there may be none */
	if (listeners > 0 && !shares_network(pid))
		return error_set(error, STATUS_FAILED,
		                 "process %d lives in another network namespace, where it can't be asked "
		                 "from here: run schedtop inside",
		                 (int)pid);
	for (size_t i = 0; i < listeners && *n < PROBE_ANSWERS_MAX; i++)
		if (serves_pprof(&listener[i]))
			tell(&listener[i], &answer[(*n)++]);
	return STATUS_OK;
}
