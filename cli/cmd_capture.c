/* A capture without a screen: the path on stdout, the rest on stderr. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/commands.h"
#include "collect/capture.h"
#include "metrics/session.h"
#include "util/clock.h"
#include "util/text.h"

#define LINE_NS (250 * NS_PER_MS) /* between two lines of progress */

struct progress {
	struct session *session; /* where the capture tells how far it is */
	int news;                /* an eventfd, written whenever it has told */
	bool shown;              /* a line stands on the terminal */
};

static void on_tell(const struct capture_state *state, void *arg)
{
	struct progress *p = arg;
	session_tell_capture(p->session, state);
	(void)!write(p->news, &(uint64_t){1}, sizeof(uint64_t));
}

static void print_progress(struct progress *p)
{
	struct capture_state s = session_capture(p->session);
	char bytes[24], left[24];
	if (!isatty(STDERR_FILENO))
		return;
	text_bytes(bytes, sizeof bytes, (int64_t)s.bytes);
	bool sampled = s.kind == CAPTURE_KIND_SAMPLED;
	bool takes_time = s.kind == CAPTURE_KIND_TRACE || sampled;
	int64_t left_ns = takes_time ? s.duration_ns - (clock_monotonic_ns() - s.started_ns) : 0;
	text_duration(left, sizeof left, left_ns > 0 ? (double)left_ns : 0, true);
	switch (s.phase) {
	case CAPTURE_ASKING:
		fputs("\r\033[Kasking ...", stderr);
		break;
	case CAPTURE_RUNNING:
		if (left_ns > 0)
			fprintf(stderr, "\r\033[K%s, %s left, %s", sampled ? "sampling" : "tracing", left,
			        bytes);
		else
			fprintf(stderr, "\r\033[Kreading%s, %s", takes_time ? " the rest" : "", bytes);
		break;
	case CAPTURE_SAVING:
		fprintf(stderr, "\r\033[Ksaving %s", bytes);
		break;
	default:
		return;
	}
	p->shown = true;
}

static void clear_progress(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

/* Until the capture has ended; a signal cancels it, and the first one is returned, else 0. */
static int await(struct capture *c, struct progress *p, int signals)
{
	int first = 0;
	int64_t shown_ns = 0;
	for (;;) {
		struct pollfd fds[] = {{.fd = p->news, .events = POLLIN},
		                       {.fd = signals, .events = POLLIN}};
		uint64_t count;
		struct signalfd_siginfo info;
		poll(fds, 2, 500);
		if (fds[0].revents)
			(void)!read(p->news, &count, sizeof count);
		if (fds[1].revents && read(signals, &info, sizeof info) == sizeof info && !first) {
			first = (int)info.ssi_signo;
			capture_cancel(c);
		}
		enum capture_phase phase = session_capture(p->session).phase;
		if (phase >= CAPTURE_DONE)
			return first;
		if (clock_monotonic_ns() - shown_ns > LINE_NS) {
			print_progress(p);
			shown_ns = clock_monotonic_ns();
		}
	}
}

/* What opens it. */
static const char *const readers[CAPTURE_KINDS] = {
	[CAPTURE_KIND_TRACE] = "go tool trace",
	[CAPTURE_KIND_FLIGHT] = "go tool trace",
	[CAPTURE_KIND_GOROUTINES] = "less",
	[CAPTURE_KIND_SAMPLED] = "schedtop trace",
};

static void print_result(const struct capture_state *s, const char *path)
{
	char bytes[24], reach[24];
	text_bytes(bytes, sizeof bytes, (int64_t)s->bytes);
	text_duration(reach, sizeof reach, (double)s->reach_ns, true);
	if (path)
		puts(isatty(STDOUT_FILENO) ? s->path : path);
	fflush(stdout);
	const char *version = strncmp(s->go_version, "go", 2) == 0 ? s->go_version + 2 : s->go_version;
	fputs(bytes, stderr);
	if (s->kind == CAPTURE_KIND_FLIGHT)
		fprintf(stderr, ", %s%s", s->reach_ns ? "the last " : "of unknown reach",
		        s->reach_ns ? reach : "");
	if (s->kind == CAPTURE_KIND_GOROUTINES && version[0])
		fprintf(stderr, ", of a program of Go %s", version);
	else if (s->kind == CAPTURE_KIND_GOROUTINES)
		fputs(", of a program of an unknown Go", stderr);
	else
		fprintf(stderr, ", for Go %s and newer", version);
	if (s->shortened)
		fputs(", shorter than asked: the agent's limit of bytes was near", stderr);
	if (path)
		fprintf(stderr, ": %s %s", readers[s->kind], s->path);
	fputc('\n', stderr);
	if (s->note[0])
		fprintf(stderr, "%s\n", s->note);
}

static enum status take(const struct capture_options *options, struct progress *p, int *sig,
                        struct error *error)
{
	sigset_t before;
	struct capture *c = NULL;
	int signals = signals_hold(&before);
	enum status status = signals < 0
	                         ? error_set(error, STATUS_FAILED, "no signals: %s", strerror(errno))
	                         : capture_start(&c, options, error);
	if (status == STATUS_OK) {
		struct capture_state state;
		const char *path;
		*sig = await(c, p, signals);
		clear_progress(p);
		status = capture_wait(c, &state, &path, error);
		if (state.phase == CAPTURE_DONE)
			print_result(&state, path);
		if (state.phase == CAPTURE_CANCELLED && !*sig)
			status = STATUS_FAILED;
	}
	capture_destroy(c);
	if (signals >= 0)
		close(signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

static enum capture_kind kind_of(const struct options *o)
{
	if (o->goroutines)
		return CAPTURE_KIND_GOROUTINES;
	if (o->flight)
		return CAPTURE_KIND_FLIGHT;
	return o->sampled ? CAPTURE_KIND_SAMPLED : CAPTURE_KIND_TRACE;
}

enum status command_capture(const struct options *o, struct error *error)
{
	bool streams = o->output && strcmp(o->output, "-") == 0;
	if (streams && isatty(STDOUT_FILENO))
		return error_set(error, STATUS_USAGE,
		                 "a capture is not for a terminal: send the output to a file or a program");
	struct progress p = {.session = session_create(NULL, NULL)};
	if (!p.session)
		return error_no_memory(error);
	struct capture_options options = {
		.kind = kind_of(o),
		.url = o->url,
		.duration_ns = o->trace_ns,
		.bytes_max = o->capture_bytes,
		.automatic = o->automatic,
		.cooldown_ns = o->cooldown_ns,
		.fd = streams ? STDOUT_FILENO : -1,
		.file = streams ? NULL : o->output,
		.directory = o->trace_dir,
		.keep_files = o->trace_keep,
		.keep_bytes = o->trace_bytes,
		.tell = on_tell,
		.arg = &p,
	};
	int sig = 0;
	enum status status = STATUS_OK;
	if (o->pid)
		status = target_find_shared(o->pid, &options.target, error);
	else
		target_of_url(&options.target, o->url);
	options.target.web = o->web;
	if (status == STATUS_OK) {
		p.news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		status = p.news < 0 ? error_set(error, STATUS_FAILED, "no events: %s", strerror(errno))
		                    : take(&options, &p, &sig, error);
		if (p.news >= 0)
			close(p.news);
	}
	session_destroy(p.session);
	if (status == STATUS_NO_TARGET && options.target.local && kind_of(o) == CAPTURE_KIND_TRACE) {
		/* On the screen the panel offers it. */
		struct error why = error ? *error : (struct error){0};
		error_set(error, status, "%s; or let --sampled put one together from its memory", why.text);
	}
	if (sig)
		die_of(sig);
	return status;
}
