/* Starts a program, watches it, and ends as it ends. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/await.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "cli/outputs.h"
#include "cli/tap.h"
#include "goproc/permission.h"
#include "util/text.h"

#define PATIENCE_MS 1000 /* before it is told that we wait for the program */

/* --- the program ---------------------------------------------------------------------------- */

/* As execvp looks for it; a name with a slash is the path. */
static bool find_program(const char *name, char *path, size_t size)
{
	const char *directories = getenv("PATH");
	if (strchr(name, '/') || !*name)
		return snprintf(path, size, "%s", name) < (int)size && *name;
	if (!directories)
		directories = "/bin:/usr/bin";
	for (const char *at = directories;; at++) {
		int length = (int)strcspn(at, ":");
		struct stat st;
		if (snprintf(path, size, "%.*s%s%s", length, at, length ? "/" : "", name) < (int)size &&
		    stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
			return true;
		at += length;
		if (!*at)
			return false;
	}
}

/* What makes the kernel hide a program from the user who starts it; NULL: nothing. */
static const char *find_privilege(const char *path)
{
	struct stat st;
	struct statvfs fs;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	    (statvfs(path, &fs) == 0 && fs.f_flag & ST_NOSUID) || stat(path, &st) != 0)
		return NULL;
	if (st.st_mode & S_ISUID && st.st_uid != geteuid())
		return "is set-user-ID";
	if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && st.st_gid != getegid())
		return "is set-group-ID";
	if (getxattr(path, "security.capability", NULL, 0) > 0)
		return "has file capabilities";
	return NULL;
}

/* Better said before it has started: a program with more rights than ours should not be ended for
   nothing. An agent inside it answers its user all the same. */
static enum status check_privilege(const struct options *o, const char *path, const char *shown,
                                   struct error *error)
{
	struct permission_facts own;
	const char *privilege = find_privilege(path);
	permission_gather("/proc", getpid(), &own);
	if (!privilege || own.own_ptrace || o->source == SOURCE_AGENT)
		return STATUS_OK;
	return error_set(error, STATUS_PERMISSION,
	                 "%s %s, and the kernel hides such a program from the user who starts it: run "
	                 "schedtop itself as root, or watch a copy without that privilege",
	                 shown, privilege);
}

/* --- watching ------------------------------------------------------------------------------- */

static enum status tell_ended(struct child *child, struct error *error)
{
	return error_set(error, STATUS_EXITED,
	                 "the program has ended with status %d before it could be watched",
	                 child_wait(child, -1) ? child_status(child) : 0);
}

/* Whether the screen or the stream, until the program or the user ends it. */
static enum status watch(const struct options *o, struct child *child, int *sig,
                         struct error *error)
{
	enum status status = await_program(o->pid, o->source, error);
	if (status == STATUS_EXITED)
		return tell_ended(child, error);
	if (status != STATUS_OK)
		return status;
	if (o->batch || o->json)
		status = command_stream(o, error);
	else
		status = watch_process(o, child, sig, error);
	/* It may have ended since, and to be gone is not yet to be waited for. */
	if (status == STATUS_NO_TARGET && child_wait(child, PATIENCE_MS))
		return tell_ended(child, error);
	if (status == STATUS_EXITED)
		error->text[0] = '\0'; /* the user knows, or sees it by the status */
	return status;
}

/* Those that end a screen. */
static const char *signal_name(int sig)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {{SIGHUP, "SIGHUP"},
	             {SIGINT, "SIGINT"},
	             {SIGQUIT, "SIGQUIT"},
	             {SIGTERM, "SIGTERM"}};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].number == sig)
			return names[i].name;
	return "a signal";
}

/* Nobody is killed: who takes long to end can be hurried by signals, which go on to be passed on.
 */
static void end(struct child *child, const char *shown, int sig)
{
	child_signal(child, sig);
	if (!child_wait(child, PATIENCE_MS))
		fprintf(stderr,
		        "schedtop: %s (process %d) was sent %s and has not ended yet: waiting for it; "
		        "Ctrl-C and Ctrl-\\ are passed on\n",
		        shown, (int)child_pid(child), signal_name(sig));
	child_wait(child, -1);
}

/* Ends what still runs, as the screen was ended or else in our own name; true: in our own. */
static bool end_if_it_runs(struct child *child, const char *shown, enum status status, int sig)
{
	if (child_wait(child, status == STATUS_EXITED ? PATIENCE_MS : 0))
		return false;
	end(child, shown, sig ? sig : SIGTERM);
	return sig == 0;
}

/* The program's own status, unless it ended because we failed or were done. */
static enum status conclude(enum status status, int exited, bool ended_by_us)
{
	bool failed = status != STATUS_OK && status != STATUS_EXITED;
	if (failed && (ended_by_us || exited == 0))
		return status;
	if (ended_by_us && exited == 128 + SIGTERM)
		return STATUS_OK;
	return (enum status)exited; /* main returns it as it is */
}

/* Here and not at the end of main, because the status may be 0 all the same. */
static void tell(const struct outputs *outputs, struct error *error)
{
	char shown[PATH_MAX];
	if (error->text[0])
		fprintf(stderr, "schedtop: %s\n", error->text);
	error->text[0] = '\0';
	if (!outputs->ours || !outputs_any(outputs))
		return;
	text_clean(shown, sizeof shown, outputs->path, strlen(outputs->path));
	fprintf(stderr, "schedtop: what the program printed is in %s\n", shown);
}

/* Keys are the screen's, and a program in a process group of its own could not read a terminal. */
static int choose_input(bool screen)
{
	if (!screen && !isatty(STDIN_FILENO))
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Its standard error comes through us, with what the runtime is told to print there. */
static enum status tap_output(const struct options *o, struct child_options *options,
                              struct tap **tap, struct error *error)
{
	enum status status = tap_set_godebug(o->delay_ns, o->detail, error);
	if (status == STATUS_OK)
		status = tap_create(tap, options->outputs, error);
	if (status == STATUS_OK)
		options->outputs = tap_input(*tap);
	return status;
}

static enum status launch(const struct options *o, const char *path, const char *shown,
                          struct error *error)
{
	bool screen = !o->batch && !o->json;
	struct outputs outputs;
	struct child *child = NULL;
	struct tap *tap = NULL;
	enum status status = outputs_open(&outputs, o->outputs, shown, screen, error);
	if (status != STATUS_OK)
		return status;
	struct child_options options = {
		.path = path,
		.argv = o->program,
		.input = choose_input(screen),
		.outputs = outputs.fd,
	};
	if (o->source == SOURCE_SCHEDTRACE)
		status = tap_output(o, &options, &tap, error);
	if (status == STATUS_OK)
		status = child_start(&child, &options, error);
	close(options.input);
	if (status == STATUS_OK) {
		struct options started = *o;
		int sig = 0;
		started.pid = child_pid(child);
		if (tap) {
			started.text = tap_text(tap);
			tap_release_input(tap);
			status = tap_start(tap, error);
		}
		if (status == STATUS_OK)
			status = watch(&started, child, &sig, error);
		bool ended_by_us = end_if_it_runs(child, shown, status, sig);
		tap_destroy(tap);
		tap = NULL;
		status = conclude(status, child_status(child), ended_by_us);
		tell(&outputs, error);
	}
	child_destroy(child);
	tap_destroy(tap);
	outputs_close(&outputs);
	return status;
}

enum status command_launch(const struct options *o, struct error *error)
{
	char path[PATH_MAX], shown[64];
	const char *name = o->program[0], *slash = strrchr(name, '/');
	const char *base = slash && slash[1] ? slash + 1 : name;
	text_clean(shown, sizeof shown, base, strlen(base));
	if (!find_program(name, path, sizeof path))
		return error_set(error, STATUS_NO_TARGET, "there is no program '%s' in PATH", shown);
	enum status status = check_privilege(o, path, shown, error);
	return status == STATUS_OK ? launch(o, path, shown, error) : status;
}
