#include "config.h"

#include "watch/exec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/text.h"

#define STEP_MS  50
#define GRACE_NS (2 * NS_PER_S) /* between SIGTERM and SIGKILL */

struct run {
	const struct exec_options *options;
	struct exec_result *result;
	pid_t pid;
	int output; /* what it prints; -1: ended */
	char line[EXEC_LINE_MAX];
	size_t used;
	unsigned lines;
};

/* --- what it prints -------------------------------------------------------------------------- */

static void end_line(struct run *r)
{
	char clean[EXEC_LINE_MAX];
	if (r->used == 0)
		return;
	text_clean(clean, sizeof clean, r->line, r->used);
	r->used = 0;
	if (r->lines++ < EXEC_LINES_MAX)
		r->options->line(clean, r->options->arg);
	else
		r->result->lines_lost++;
}

static void take(struct run *r, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n' || r->used == sizeof r->line - 1)
			end_line(r);
		if (bytes[i] != '\n')
			r->line[r->used++] = bytes[i];
	}
}

/* Waits for a moment; returns whether anything came. */
static bool listen_for(struct run *r, int ms)
{
	char bytes[4096];
	struct pollfd ready = {.fd = r->output, .events = POLLIN};
	if (poll(&ready, 1, ms) <= 0)
		return false;
	ssize_t n = read(r->output, bytes, sizeof bytes);
	if (n > 0)
		take(r, bytes, (size_t)n);
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
		close(r->output);
		r->output = -1;
	}
	return n > 0;
}

/* --- the process ----------------------------------------------------------------------------- */

/* It is left as a zombie, so that its group's number is nobody else's. */
static bool has_ended(const struct run *r)
{
	siginfo_t info = {.si_pid = 0};
	if (waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
		return errno != EINTR; /* somebody else has waited for it */
	return info.si_pid == r->pid;
}

/* Who is to be killed is killed with all that it has started, also with what ignores SIGTERM. */
static void bury(struct run *r)
{
	int status = 0;
	if (r->result->killed)
		kill(-r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	r->result->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void await(struct run *r)
{
	int64_t kill_ns = clock_monotonic_ns() + r->options->limit_ns;
	int sig = SIGTERM;
	while (!has_ended(r)) {
		bool stopped = r->options->stop && atomic_load(r->options->stop) && sig == SIGTERM;
		if (stopped || clock_monotonic_ns() > kill_ns) {
			kill(-r->pid, sig);
			r->result->killed = true;
			kill_ns = clock_monotonic_ns() + GRACE_NS;
			sig = SIGKILL;
		}
		listen_for(r, STEP_MS);
	}
	bury(r);
	/* What it left in the pipe; others that hold it open are not waited for. */
	for (int i = 0; r->output >= 0 && i < EXEC_LINES_MAX && listen_for(r, 0); i++)
		;
	end_line(r);
}

/* Our environment and the variables on top; the array alone is to be freed. */
static char **environment(char *const *variables)
{
	size_t n = 0, extra = 0, used = 0;
	while (environ[n])
		n++;
	while (variables[extra])
		extra++;
	char **all = calloc(n + extra + 1, sizeof *all);
	for (size_t i = 0; all && i < n + extra; i++) {
		char *one = i < extra ? variables[i] : environ[i - extra];
		size_t name = strcspn(one, "=");
		bool taken = false;
		for (size_t k = 0; k < used && i >= extra && !taken; k++)
			taken = strncmp(all[k], one, name + 1) == 0;
		if (!taken)
			all[used++] = one;
	}
	return all;
}

/* The command gets none of our descriptors beyond the three. */
static void close_the_rest(posix_spawn_file_actions_t *actions)
{
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
	posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#else
	/* What we opened ourselves is closed anyway; this is what we were started with. To close one
	   that is gone by then does no harm. */
	DIR *open_now = opendir("/proc/self/fd");
	for (const struct dirent *entry; open_now && (entry = readdir(open_now)) != NULL;) {
		int fd = atoi(entry->d_name);
		if (fd > STDERR_FILENO)
			posix_spawn_file_actions_addclose(actions, fd);
	}
	if (open_now)
		closedir(open_now);
#endif
}

static int spawn(pid_t *pid, const struct exec_options *o, int output, char *const *environment_of)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t all, none;
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	close_the_rest(&actions);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
	                                          POSIX_SPAWN_SETPGROUP);
	int failed = posix_spawnp(pid, o->argv[0], &actions, &attributes, o->argv, environment_of);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

enum status exec_run(const struct exec_options *options, struct exec_result *result,
                     struct error *error)
{
	int ends[2];
	char shown[96];
	struct run r = {.options = options, .result = result, .output = -1};
	*result = (struct exec_result){0};
	text_clean(shown, sizeof shown, options->argv[0], strlen(options->argv[0]));
	char **variables = environment(options->variables);
	if (!variables)
		return error_no_memory(error);
	if (pipe2(ends, O_CLOEXEC) != 0) {
		free(variables);
		return error_set(error, STATUS_FAILED, "%s can't be run: %s", shown, strerror(errno));
	}
	int failed = spawn(&r.pid, options, ends[1], variables);
	free(variables);
	close(ends[1]);
	r.output = ends[0];
	if (failed)
		error_set(error, STATUS_FAILED, "%s can't be run: %s", shown, strerror(failed));
	else
		await(&r);
	if (r.output >= 0)
		close(r.output);
	return failed ? STATUS_FAILED : STATUS_OK;
}
