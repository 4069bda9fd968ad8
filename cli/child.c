#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/procfs.h"
#include "util/text.h"

/* What happens to each signal that somebody sends to us and means the program. */
enum { WITH_SCREEN = 1, TO_GROUP = 2 };
static const struct {
	int number;
	unsigned how;
} passed_on[] = {
	/* What a terminal sends goes to a whole process group. */
	{SIGHUP, TO_GROUP},
	{SIGINT, TO_GROUP},
	{SIGQUIT, TO_GROUP},
	{SIGTERM, TO_GROUP},
	{SIGTSTP, TO_GROUP},
	{SIGCONT, TO_GROUP},
	/* These say something to one program; its children may know nothing of them. */
	{SIGUSR1, WITH_SCREEN},
	{SIGUSR2, WITH_SCREEN},
};
#define PASSED_ON (sizeof passed_on / sizeof passed_on[0])

struct child {
	pid_t pid;
	int signals; /* signalfd */
	int over;    /* eventfd, readable from its end on */
	int leave;   /* eventfd: the thread has no more to do */
	sigset_t before;
	pthread_t thread;
	bool attended; /* the thread runs */
	atomic_bool ended;
	int status; /* as a shell has it, once it has ended */
};

/* --- signals -------------------------------------------------------------------------------- */

static void ring(int bell)
{
	(void)!write(bell, &(uint64_t){1}, sizeof(uint64_t));
}

static sigset_t signals_taken(bool screen)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < PASSED_ON; i++)
		if (!screen || passed_on[i].how & WITH_SCREEN)
			sigaddset(&set, passed_on[i].number);
	return set;
}

/* Blocked, so that they come to the descriptor alone; the rest as before. */
static void block(const struct child *c, const sigset_t *set)
{
	sigset_t all;
	sigorset(&all, &c->before, set);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
}

void child_lend_signals(struct child *c, bool screen)
{
	sigset_t set = signals_taken(screen);
	signalfd(c->signals, &set, SFD_CLOEXEC);
	block(c, &set);
}

static void pass_on(struct child *c, int sig)
{
	for (size_t i = 0; i < PASSED_ON; i++)
		if (passed_on[i].number == sig)
			kill(passed_on[i].how & TO_GROUP ? -c->pid : c->pid, sig);
	/* Both stop, and the shell sees it of us. */
	if (sig == SIGTSTP)
		raise(SIGSTOP);
}

/* It stays a zombie until child_destroy: as long as that, its number is nobody else's. */
static void look_for_end(struct child *c)
{
	siginfo_t info = {0};
	if (c->ended || waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	    info.si_pid == 0)
		return;
	c->status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	c->ended = true;
	ring(c->over);
}

/* Without a program the signals mean us again: who waits for a pipe that nobody reads can be ended.
 */
static void take_signal(struct child *c, int sig)
{
	if (sig == SIGCHLD) {
		look_for_end(c);
	} else if (!c->ended) {
		pass_on(c, sig);
	} else {
		sigset_t only;
		sigemptyset(&only);
		sigaddset(&only, sig);
		raise(sig);
		pthread_sigmask(SIG_UNBLOCK, &only, NULL);
	}
}

static void *attend(void *arg)
{
	struct child *c = arg;
	struct pollfd fds[] = {{.fd = c->signals, .events = POLLIN},
	                       {.fd = c->leave, .events = POLLIN}};
	for (;;) {
		struct signalfd_siginfo info;
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			return NULL;
		if (read(c->signals, &info, sizeof info) == (ssize_t)sizeof info)
			take_signal(c, (int)info.ssi_signo);
	}
}

/* --- the start ------------------------------------------------------------------------------ */

/* In the new process, before it is another program. Only what is safe between fork and exec. */
static _Noreturn void become(const struct child *c, const struct child_options *options, pid_t us,
                             int report)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != us) /* we died before that was set */
		_exit(1);
	if (dup2(options->input, STDIN_FILENO) >= 0 && dup2(options->outputs, STDOUT_FILENO) >= 0 &&
	    dup2(options->outputs, STDERR_FILENO) >= 0) {
		sigprocmask(SIG_SETMASK, &c->before, NULL);
		execvp(options->path, options->argv);
	}
	int why = errno;
	(void)!write(report, &why, sizeof why);
	_exit(127);
}

static enum status refused(const char *path, int why, struct error *error)
{
	char shown[200];
	text_clean(shown, sizeof shown, path, strlen(path));
	enum status status = why == ENOENT || why == ENOTDIR ? STATUS_NO_TARGET
	                     : why == EACCES || why == EPERM ? STATUS_PERMISSION
	                                                     : STATUS_FAILED;
	return error_set(error, status, "%s can't be executed: %s", shown, strerror(why));
}

/* Returns when it is the program, or can't become it. */
static enum status spawn(struct child *c, const struct child_options *options, struct error *error)
{
	int report[2], why = 0;
	pid_t us = getpid();
	if (pipe2(report, O_CLOEXEC) != 0)
		return refused(options->path, errno, error);
	c->pid = fork();
	if (c->pid == 0)
		become(c, options, us, report[1]);
	if (c->pid < 0)
		why = errno;
	close(report[1]);
	if (c->pid > 0)
		while (read(report[0], &why, sizeof why) < 0 && errno == EINTR)
			;
	close(report[0]);
	if (why == 0)
		return STATUS_OK;
	if (c->pid > 0)
		waitpid(c->pid, NULL, 0);
	return refused(options->path, why, error);
}

static enum status start(struct child *c, const struct child_options *options, struct error *error)
{
	sigset_t set = signals_taken(false);
	pthread_sigmask(SIG_SETMASK, NULL, &c->before);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC);
	c->over = eventfd(0, EFD_CLOEXEC);
	c->leave = eventfd(0, EFD_CLOEXEC);
	if (c->signals < 0 || c->over < 0 || c->leave < 0)
		return error_set(error, STATUS_FAILED, "no events: %s", strerror(errno));
	block(c, &set);
	enum status status = spawn(c, options, error);
	if (status != STATUS_OK)
		return status;
	int failed = pthread_create(&c->thread, NULL, attend, c);
	c->attended = failed == 0;
	if (!failed)
		return STATUS_OK;
	kill(-c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	return error_set(error, STATUS_FAILED, "no thread for signals: %s", strerror(failed));
}

enum status child_start(struct child **out, const struct child_options *options,
                        struct error *error)
{
	struct child *c = calloc(1, sizeof *c);
	if (!c)
		return error_no_memory(error);
	c->signals = c->over = c->leave = -1;
	enum status status = start(c, options, error);
	if (status == STATUS_OK)
		*out = c;
	else
		child_destroy(c);
	return status;
}

pid_t child_pid(const struct child *c)
{
	return c->pid;
}

/* --- the end -------------------------------------------------------------------------------- */

void child_signal(struct child *c, int sig)
{
	struct procfs_stat stat;
	if (c->ended)
		return;
	kill(-c->pid, sig);
	if (procfs_stat(c->pid, &stat) && stat.state == 'T')
		kill(-c->pid, SIGCONT);
}

bool child_wait(struct child *c, int limit_ms)
{
	struct pollfd over = {.fd = c->over, .events = POLLIN};
	while (!c->ended && poll(&over, 1, limit_ms) < 0 && errno == EINTR)
		;
	return c->ended;
}

int child_status(const struct child *c)
{
	return c->status;
}

void child_destroy(struct child *c)
{
	if (!c)
		return;
	if (c->attended) {
		ring(c->leave);
		pthread_join(c->thread, NULL);
		waitpid(c->pid, NULL, 0);
	}
	if (c->signals >= 0)
		pthread_sigmask(SIG_SETMASK, &c->before, NULL);
	close(c->signals);
	close(c->over);
	close(c->leave);
	free(c);
}
