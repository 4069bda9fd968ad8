#include "goproc/permission.h"

#include <linux/seccomp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/procfs.h"
#include "util/text.h"

#define CAP_SYS_PTRACE_BIT 19

static uint64_t hex_line(const char *status, const char *name)
{
	const char *value = procfs_line(status, name);
	return value ? strtoull(value, NULL, 16) : 0;
}

/* yama's level: 0 classic, 1 descendants, 2 administrators, 3 nobody. */
static int read_yama(const char *proc)
{
	char path[256], text[16];
	long level;
	snprintf(path, sizeof path, "%s/sys/kernel/yama/ptrace_scope", proc);
	ssize_t n = procfs_read_path(path, text, sizeof text);
	if (n <= 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	return text_parse_integer(text, 0, 3, &level) ? (int)level : -1;
}

static void read_user(uid_t uid, char *name, size_t size)
{
	char buffer[4096];
	struct passwd entry, *found = NULL;
	name[0] = '\0';
	if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found)
		text_clean(name, size, found->pw_name, strlen(found->pw_name));
}

/* Namespaces of users can't be told apart by their links, which the kernel hides with the rest: but
   by the users they map, which it does not. */
static bool maps_other_users(const char *proc, pid_t pid)
{
	char path[256], ours[1024], theirs[1024];
	snprintf(path, sizeof path, "%s/self/uid_map", proc);
	ssize_t n = procfs_read_path(path, ours, sizeof ours);
	snprintf(path, sizeof path, "%s/%d/uid_map", proc, (int)pid);
	ssize_t m = procfs_read_path(path, theirs, sizeof theirs);
	return n > 0 && m > 0 && strcmp(ours, theirs) != 0;
}

static void gather_own(const char *proc, struct permission_facts *facts)
{
	char status[4096], path[256];
	facts->own_uid = geteuid();
	facts->own_gid = getegid();
	facts->yama = read_yama(proc);
	snprintf(path, sizeof path, "%s/self/status", proc);
	if (procfs_read_path(path, status, sizeof status) <= 0)
		return;
	facts->own_caps = hex_line(status, "CapPrm");
	facts->own_ptrace = hex_line(status, "CapEff") >> CAP_SYS_PTRACE_BIT & 1;
	facts->bounded =
		procfs_line(status, "CapBnd") && !(hex_line(status, "CapBnd") >> CAP_SYS_PTRACE_BIT & 1);
	facts->filtered = hex_line(status, "Seccomp") == SECCOMP_MODE_FILTER;
}

void permission_gather(const char *proc, pid_t pid, struct permission_facts *facts)
{
	char status[4096], path[256];
	struct stat file;
	uid_t *uid = facts->target_uid;
	gid_t *gid = facts->target_gid;
	*facts = (struct permission_facts){.pid = pid};
	gather_own(proc, facts);
	snprintf(path, sizeof path, "%s/%d/status", proc, (int)pid);
	if (procfs_read_path(path, status, sizeof status) <= 0)
		return;
	const char *uids = procfs_line(status, "Uid"), *gids = procfs_line(status, "Gid");
	if (!uids || sscanf(uids, "%u %u %u", &uid[0], &uid[1], &uid[2]) != 3 || !gids ||
	    sscanf(gids, "%u %u %u", &gid[0], &gid[1], &gid[2]) != 3)
		return;
	facts->target_known = true;
	facts->target_caps = hex_line(status, "CapPrm");
	facts->other_users = maps_other_users(proc, pid);
	read_user(uid[0], facts->target_user, sizeof facts->target_user);
	/* proc_pid(5): of a process that is not dumpable they belong to root; its directory does not.
	 */
	facts->undumpable = stat(path, &file) == 0 && file.st_uid != uid[1];
}

/* What lets root do it. In a container root is not enough: the capability must be given from
   outside. */
static void root_remedy(const struct permission_facts *facts, char *to, size_t size)
{
	if (facts->bounded)
		snprintf(to, size, "run schedtop on the host, or this container with --cap-add SYS_PTRACE");
	else
		snprintf(to, size, "run schedtop as root: sudo schedtop -p %d", (int)facts->pid);
}

static enum status explain_identity(const struct permission_facts *facts, const char *subject,
                                    const char *remedy, struct error *error)
{
	char owner[64];
	if (facts->target_uid[0] == facts->own_uid && facts->target_uid[1] == facts->own_uid &&
	    facts->target_uid[2] == facts->own_uid)
		return error_set(error, STATUS_PERMISSION,
		                 "%s runs with the rights of another group (gid %u); %s", subject,
		                 (unsigned)facts->target_gid[1], remedy);
	if (*facts->target_user)
		snprintf(owner, sizeof owner, "%s", facts->target_user);
	else
		snprintf(owner, sizeof owner, "uid %u", (unsigned)facts->target_uid[0]);
	return error_set(error, STATUS_PERMISSION, "%s belongs to another user (%s); %s", subject,
	                 owner, remedy);
}

static enum status explain_yama(const struct permission_facts *facts, const char *subject,
                                const char *remedy, struct error *error)
{
	switch (facts->yama) {
	case 1:
		return error_set(
			error, STATUS_PERMISSION,
			"%s is no child of schedtop, and kernel.yama.ptrace_scope is 1; %s; or start "
			"it with schedtop -- PROG, or import the agent (schedtop/agent), which grants access",
			subject, remedy);
	case 2:
		return error_set(error, STATUS_PERMISSION,
		                 "%s can be read by root alone, for kernel.yama.ptrace_scope is 2; %s",
		                 subject, remedy);
	default:
		return error_set(
			error, STATUS_PERMISSION,
			"%s can't be read by anybody, for kernel.yama.ptrace_scope is 3 until the next "
			"boot; import the agent (schedtop/agent) in the program",
			subject);
	}
}

/* We have the capability, and it did not help. */
static enum status explain_in_spite(const struct permission_facts *facts, const char *subject,
                                    struct error *error)
{
	if (facts->yama == 3)
		return explain_yama(facts, subject, "", error);
	return error_set(
		error, STATUS_PERMISSION,
		"%s can't be read in spite of CAP_SYS_PTRACE: %s; run schedtop on the host, or import the "
		"agent (schedtop/agent) in the program",
		subject,
		facts->other_users ? "it is in another user namespace than schedtop"
		: facts->filtered  ? "a seccomp filter or a security module forbids it"
						   : "a security module or a sandbox forbids it");
}

static bool is_another_identity(const struct permission_facts *facts)
{
	for (int i = 0; i < 3; i++)
		if (facts->target_uid[i] != facts->own_uid || facts->target_gid[i] != facts->own_gid)
			return true;
	return false;
}

/* In the order in which the kernel asks (__ptrace_may_access): identity, dumpable, capabilities,
   yama. But capabilities are what makes a program undumpable too, and say more. */
enum status permission_explain(const struct permission_facts *facts, const char *subject,
                               struct error *error)
{
	char remedy[128];
	root_remedy(facts, remedy, sizeof remedy);
	if (facts->own_ptrace)
		return explain_in_spite(facts, subject, error);
	if (!facts->target_known)
		return error_set(error, STATUS_PERMISSION, "%s is hidden from this user; %s", subject,
		                 remedy);
	if (is_another_identity(facts))
		return explain_identity(facts, subject, remedy, error);
	if (facts->target_caps & ~facts->own_caps)
		return error_set(error, STATUS_PERMISSION, "%s has capabilities that schedtop lacks; %s",
		                 subject, remedy);
	if (facts->undumpable)
		return error_set(error, STATUS_PERMISSION,
		                 "%s forbids it (PR_SET_DUMPABLE 0, or its file is set-user-ID or not "
		                 "readable); %s",
		                 subject, remedy);
	if (facts->yama > 0)
		return explain_yama(facts, subject, remedy, error);
	return error_set(error, STATUS_PERMISSION,
	                 "%s can't be read though it belongs to this user: %s forbids it; %s", subject,
	                 facts->filtered ? "a seccomp filter" : "a security module", remedy);
}

enum status permission_error(pid_t pid, const char *subject, struct error *error)
{
	struct permission_facts facts;
	permission_gather("/proc", pid, &facts);
	return permission_explain(&facts, subject, error);
}
