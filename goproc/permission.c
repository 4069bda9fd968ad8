#include "goproc/permission.h"

#include <errno.h>
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
static int read_yama(void)
{
	char text[16];
	long level;
	ssize_t n = procfs_read_path("/proc/sys/kernel/yama/ptrace_scope", text, sizeof text);
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

void permission_gather(pid_t pid, struct permission_facts *facts)
{
	char status[4096], path[32];
	struct stat directory;
	*facts = (struct permission_facts){.own_uid = geteuid(), .yama = read_yama()};
	if (procfs_read_path("/proc/self/status", status, sizeof status) > 0) {
		facts->own_caps = hex_line(status, "CapPrm");
		facts->own_ptrace = hex_line(status, "CapEff") >> CAP_SYS_PTRACE_BIT & 1;
	}
	if (procfs_read(pid, "status", status, sizeof status) <= 0)
		return;
	const char *uids = procfs_line(status, "Uid");
	unsigned real, effective, saved;
	if (!uids || sscanf(uids, "%u %u %u", &real, &effective, &saved) != 3)
		return;
	facts->target_known = true;
	facts->target_uid[0] = real;
	facts->target_uid[1] = effective;
	facts->target_uid[2] = saved;
	facts->target_caps = hex_line(status, "CapPrm");
	read_user(real, facts->target_user, sizeof facts->target_user);
	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	facts->undumpable = stat(path, &directory) == 0 && directory.st_uid != effective;
}

/* In the order in which the kernel asks (ptrace_may_access): identity, capabilities, dumpable,
 * yama. */
enum status permission_explain(const struct permission_facts *facts, const char *subject,
                               struct error *error)
{
	const uid_t *uid = facts->target_uid;
	uid_t own = facts->own_uid;
	char owner[64];
	if (*facts->target_user)
		snprintf(owner, sizeof owner, "%s", facts->target_user);
	else
		snprintf(owner, sizeof owner, "uid %u", (unsigned)uid[0]);
	if (facts->own_ptrace)
		return error_set(
			error, STATUS_PERMISSION,
			"%s can't be read in spite of CAP_SYS_PTRACE: it is in another user "
			"namespace, or a security module forbids it; run schedtop where the process "
			"runs, or import the agent (schedtop/agent) in the program",
			subject);
	if (!facts->target_known)
		return error_set(error, STATUS_PERMISSION,
		                 "%s is hidden from this user; run schedtop as its owner or as root",
		                 subject);
	if (uid[0] != own || uid[1] != own || uid[2] != own)
		return error_set(error, STATUS_PERMISSION,
		                 "%s belongs to another user (%s); run schedtop as that user or as root",
		                 subject, owner);
	if (facts->target_caps & ~facts->own_caps)
		return error_set(error, STATUS_PERMISSION,
		                 "%s has capabilities that schedtop lacks; run schedtop as root or give it "
		                 "CAP_SYS_PTRACE",
		                 subject);
	if (facts->undumpable)
		return error_set(
			error, STATUS_PERMISSION,
			"%s forbids it (a set-user-ID program, or PR_SET_DUMPABLE 0); run schedtop as "
			"root",
			subject);
	switch (facts->yama) {
	case 1:
		return error_set(
			error, STATUS_PERMISSION,
			"%s is no child of schedtop, and kernel.yama.ptrace_scope is 1; run schedtop as "
			"root, set it to 0, or import the agent (schedtop/agent), which grants access",
			subject);
	case 2:
		return error_set(
			error, STATUS_PERMISSION,
			"%s can be read by root alone, for kernel.yama.ptrace_scope is 2; run schedtop "
			"as root",
			subject);
	case 3:
		return error_set(
			error, STATUS_PERMISSION,
			"%s can't be read by anybody, for kernel.yama.ptrace_scope is 3; import the "
			"agent (schedtop/agent) in the program",
			subject);
	default:
		return error_set(
			error, STATUS_PERMISSION,
			"%s can't be read though it belongs to this user: a security module, seccomp or "
			"a container without CAP_SYS_PTRACE forbids it; run schedtop outside of it or "
			"as root",
			subject);
	}
}

enum status permission_error(pid_t pid, const char *subject, struct error *error)
{
	struct permission_facts facts;
	permission_gather(pid, &facts);
	return permission_explain(&facts, subject, error);
}
