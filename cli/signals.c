/* Signals that end us. */
#include <signal.h>
#include <sys/signalfd.h>

#include "cli/commands.h"

int signals_hold(sigset_t *before)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t wanted;
	sigemptyset(&wanted);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		sigaddset(&wanted, ends[i]);
	sigprocmask(SIG_BLOCK, &wanted, before);
	return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

void die_of(int sig)
{
	sigset_t only;
	sigemptyset(&only);
	sigaddset(&only, sig);
	signal(sig, SIG_DFL);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
}
