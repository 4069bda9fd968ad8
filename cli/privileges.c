#include "cli/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What each capability is for here, and which commands use it. */
static const struct {
	int capability;
	unsigned with; /* enum command_bit */
} needed[] = {
	/* The memory of another user's program, its executable, its environment: /proc/PID. */
	{CAP_SYS_PTRACE, WITH_ALL},
	/* The socket of another user's agent; traces and recordings in his directories. */
	{CAP_DAC_OVERRIDE, WITH_ALL},
	{CAP_DAC_READ_SEARCH, WITH_ALL},
	/* To replace another user's file where a directory is sticky, as with -o in /tmp. */
	{CAP_FOWNER, WITH_ALL},
	/* A port below 1024. */
	{CAP_NET_BIND_SERVICE, WITH_METRICS},
};

void privileges_begin(void)
{
	static const char *const leads[] = {"TERMINFO",     "TERMINFO_DIRS",  "TERMCAP",
	                                    "TERMPATH",     "SSLKEYLOGFILE",  "DEBUGINFOD_URLS",
	                                    "OPENSSL_CONF", "OPENSSL_MODULES"};
	if (getauxval(AT_SECURE))
		for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
			unsetenv(leads[i]);
}

static uint64_t kept(const struct options *o)
{
	uint64_t all = 0;
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (needed[i].with & (unsigned)o->command->bit)
			all |= UINT64_C(1) << needed[i].capability;
	/* To pass signals on to what was started, whoever that has become. */
	if (o->program)
		all |= UINT64_C(1) << CAP_KILL;
	for (int i = 0; i < 64; i++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
			all |= UINT64_C(1) << i;
	return all;
}

/* A program, the user's commands, or go. */
static bool starts_children(const struct options *o)
{
	if (o->program || o->command->bit == WITH_AGENT)
		return true;
	for (size_t i = 0; i < o->plan.n; i++)
		if (o->plan.rule[i].words > 0)
			return true;
	return false;
}

enum status privileges_drop(const struct options *o, struct error *error)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	memset(data, 0, sizeof data);
	/* Some sandboxes know no capabilities: then there are none to be given up. */
	if (syscall(SYS_capget, &header, data) != 0)
		return STATUS_OK;
	uint64_t keep = kept(o);
	bool surplus = false;
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		uint32_t part = (uint32_t)(keep >> 32 * i);
		surplus = surplus || ((data[i].permitted | data[i].effective) & ~part) != 0;
		data[i].effective &= part;
		/* A child that execve gives more than we have loses the signal by which it dies with us. */
		if (!o->program)
			data[i].permitted &= part;
	}
	if (surplus && syscall(SYS_capset, &header, data) != 0)
		return error_set(error, STATUS_FAILED, "the rights of root can't be given up: %s",
		                 strerror(errno));
	if (!starts_children(o))
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return STATUS_OK;
}
