#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/text.h"

#define PATIENCE_NS (500 * NS_PER_MS)
#define ERASE       "\r\033[K"
enum { BAR = 40 };

static const int signals[PROGRESS_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

/* Wipes the bar and lets the signal do what it would have done, also while a read blocks. */
static void leave(int sig)
{
	ssize_t wrote = write(STDERR_FILENO, ERASE, sizeof ERASE - 1);
	(void)wrote; /* nothing can be done about it */
	raise(sig);  /* its default action again: SA_RESETHAND */
}

void progress_init(struct progress *p)
{
	*p = (struct progress){.began_ns = clock_monotonic_ns(), .wanted = isatty(STDERR_FILENO)};
}

static void show(struct progress *p)
{
	struct sigaction action = {.sa_handler = leave, .sa_flags = (int)SA_RESETHAND};
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < PROGRESS_SIGNALS; i++) {
		sigaction(signals[i], NULL, &p->before[i]);
		/* Who started us with nohup wants no end by a hangup. */
		if (p->before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	p->shown = true;
}

void progress_report(void *self, uint64_t done, uint64_t size)
{
	struct progress *p = self;
	char bytes[32], bar[BAR + 1];
	if (!p->wanted || clock_monotonic_ns() - p->began_ns < PATIENCE_NS)
		return;
	if (!p->shown)
		show(p);
	text_bytes(bytes, sizeof bytes, (int64_t)done);
	if (size == 0) {
		fprintf(stderr, ERASE "%s read", bytes);
		return;
	}
	int full = done < size ? (int)((double)done / (double)size * BAR) : BAR;
	for (int i = 0; i < BAR; i++)
		bar[i] = i < full ? '#' : '.';
	bar[BAR] = '\0';
	fprintf(stderr, ERASE "[%s] %3d %%  %s", bar, full * 100 / BAR, bytes);
}

void progress_finish(struct progress *p)
{
	if (!p->shown)
		return;
	fputs(ERASE, stderr);
	for (size_t i = 0; i < PROGRESS_SIGNALS; i++)
		sigaction(signals[i], &p->before[i], NULL);
	p->shown = false;
}
