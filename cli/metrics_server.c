#include "cli/metrics_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metrics/exposition.h"
#include "util/clock.h"
#include "util/text.h"

#define CLIENTS_MAX    32U
#define CLIENT_S       10U /* that one may say nothing, or take nothing */
#define CLIENT_BYTES   ((size_t)16 << 10)
#define BACKLOG        16
#define PAGE_NOT_FOUND "There is nothing here: the metrics are at /metrics\n"

struct metrics_server {
	int fd; /* until the daemon has it */
	char address[96];
	bool is_local;
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;
	struct exposition *exposition; /* below the lock */
};

/* --- requests ------------------------------------------------------------------------------- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type,
                              const void *body, size_t size)
{
	/* MHD copies it. */
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned code,
                                   const char *text)
{
	return answer(connection, code, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result answer_metrics(struct metrics_server *server,
                                      struct MHD_Connection *connection)
{
	const char *accept =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	enum openmetrics_format format = openmetrics_choose(accept);
	size_t size = 0;
	pthread_mutex_lock(&server->lock);
	struct openmetrics_page *page =
		exposition_page(server->exposition, format, clock_monotonic_ns());
	pthread_mutex_unlock(&server->lock);
	const char *text = page ? openmetrics_page_end(page, &size) : NULL;
	enum MHD_Result result =
		text ? answer(connection, MHD_HTTP_OK, openmetrics_content_type[format], text, size)
			 : answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	openmetrics_page_destroy(page);
	return result;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
	static int seen;
	(void)version;
	(void)upload;
	(void)upload_size;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET is answered\n");
	if (!*state) { /* the head alone has come */
		*state = &seen;
		return MHD_YES;
	}
	if (strcmp(url, "/metrics") == 0)
		return answer_metrics(arg, connection);
	return answer_text(connection, strcmp(url, "/") == 0 ? MHD_HTTP_OK : MHD_HTTP_NOT_FOUND,
	                   PAGE_NOT_FOUND);
}

/* --- listening ------------------------------------------------------------------------------ */

static bool split(const char *address, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t n = colon ? (size_t)(colon - address) : 0;
	long number;
	if (!colon || !text_parse_integer(colon + 1, 0, 65535, &number))
		return false;
	if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
		address++;
		n -= 2;
	} else if (memchr(address, ':', n)) {
		return false; /* which of them would begin the port? */
	}
	if (n >= size)
		return false;
	memcpy(host, address, n);
	host[n] = '\0';
	*port = colon + 1;
	return true;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	memcpy(&four, address, sizeof four);
	memcpy(&six, address, sizeof six);
	return address->ss_family == AF_INET ? ntohl(four.sin_addr.s_addr) >> 24 == 127
	                                     : IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
}

/* Where it really listens. */
static void note_address(struct metrics_server *server)
{
	struct sockaddr_storage own = {0};
	socklen_t length = sizeof own;
	char host[64], port[16];
	if (getsockname(server->fd, (struct sockaddr *)&own, &length) != 0 ||
	    getnameinfo((struct sockaddr *)&own, length, host, sizeof host, port, sizeof port,
	                NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	server->is_local = is_loopback(&own);
	snprintf(server->address, sizeof server->address, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
	         port);
}

static int listen_on(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

static enum status open_socket(struct metrics_server *server, const char *address,
                               struct error *error)
{
	char host[256], shown[64];
	const char *port = NULL;
	struct addrinfo *found = NULL;
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	text_clean(shown, sizeof shown, address, strlen(address));
	if (!split(address, host, sizeof host, &port))
		return error_set(error, STATUS_USAGE,
		                 "--listen takes an address and a port, such as 127.0.0.1:9464, not '%s'",
		                 shown);
	int failed = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
	if (failed)
		return error_set(error, STATUS_FAILED, "can't listen on %s: %s", shown,
		                 gai_strerror(failed));
	errno = EADDRNOTAVAIL;
	for (const struct addrinfo *at = found; at && server->fd < 0; at = at->ai_next)
		server->fd = listen_on(at);
	int why = errno;
	freeaddrinfo(found);
	if (server->fd < 0)
		return error_set(error, why == EACCES ? STATUS_PERMISSION : STATUS_FAILED,
		                 "can't listen on %s: %s", shown, strerror(why));
	note_address(server);
	return STATUS_OK;
}

/* Signals are for the thread that waits for snapshots. */
static enum status start_daemon(struct metrics_server *server, struct error *error)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	server->daemon =
		MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request,
	                     server, MHD_OPTION_LISTEN_SOCKET, server->fd, MHD_OPTION_CONNECTION_LIMIT,
	                     CLIENTS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, CLIENT_S,
	                     MHD_OPTION_CONNECTION_MEMORY_LIMIT, CLIENT_BYTES, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!server->daemon)
		return error_set(error, STATUS_FAILED, "the HTTP server does not start");
	server->fd = -1;
	return STATUS_OK;
}

enum status metrics_server_start(struct metrics_server **out, const char *address,
                                 struct error *error)
{
	struct metrics_server *server = calloc(1, sizeof *server);
	*out = NULL;
	if (!server)
		return error_no_memory(error);
	server->fd = -1;
	pthread_mutex_init(&server->lock, NULL);
	server->exposition = exposition_create();
	enum status status = server->exposition ? STATUS_OK : error_no_memory(error);
	if (status == STATUS_OK)
		status = open_socket(server, address, error);
	if (status == STATUS_OK)
		status = start_daemon(server, error);
	if (status != STATUS_OK) {
		metrics_server_stop(server);
		return status;
	}
	*out = server;
	return STATUS_OK;
}

void metrics_server_stop(struct metrics_server *server)
{
	if (!server)
		return;
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	if (server->fd >= 0)
		close(server->fd);
	exposition_destroy(server->exposition);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

const char *metrics_server_address(const struct metrics_server *server)
{
	return server->address;
}

bool metrics_server_is_local(const struct metrics_server *server)
{
	return server->is_local;
}

void metrics_server_add(struct metrics_server *server, const struct snapshot *s)
{
	pthread_mutex_lock(&server->lock);
	exposition_add(server->exposition, s);
	pthread_mutex_unlock(&server->lock);
}
