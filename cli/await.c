#include "cli/await.h"

#include <stdbool.h>
#include <time.h>

#include "collect/agent_socket.h"
#include "collect/target.h"
#include "goproc/goproc.h"
#include "goproc/process.h"
#include "util/clock.h"
#include "util/procfs.h"

#define BECOMES_GO_NS (5 * NS_PER_S) /* so long may scripts and wrappers take */
#define COMES_UP_NS   (2 * NS_PER_S) /* and so long its runtime or agent after that */
#define PAUSE_MIN_NS  (1 * NS_PER_MS)
#define PAUSE_MAX_NS  (20 * NS_PER_MS)

static bool has_ended(pid_t pid)
{
	struct procfs_stat stat;
	return !procfs_stat(pid, &stat) || stat.state == 'Z' || stat.state == 'X';
}

/* Is its scheduler, or its agent, there? What it prints will come. */
static bool is_up(pid_t pid, enum source_choice choice)
{
	if (choice == SOURCE_SCHEDTRACE)
		return true;
	struct goproc *g;
	struct target target;
	struct agent_socket socket;
	if (choice != SOURCE_AGENT) {
		if (goproc_attach(pid, &g, NULL) != STATUS_OK)
			return false;
		goproc_detach(g);
		return true;
	}
	if (target_find(pid, &target, NULL) != STATUS_OK ||
	    agent_socket_find(&target, &socket, NULL) != STATUS_OK)
		return false;
	bool answers = agent_socket_answers(&socket);
	agent_socket_finish(&socket);
	return answers;
}

enum status await_program(pid_t pid, enum source_choice choice, struct error *error)
{
	int64_t start_ns = clock_monotonic_ns(), go_ns = 0, pause_ns = PAUSE_MIN_NS;
	for (;;) {
		struct goproc_info info;
		char subject[96];
		process_name(pid, subject, sizeof subject);
		enum status status = goproc_identify(pid, &info, error);
		if (has_ended(pid))
			return error_set(error, STATUS_EXITED, "%s has exited", subject);
		if (status == STATUS_PERMISSION || (status == STATUS_OK && is_up(pid, choice)))
			return status;
		int64_t now_ns = clock_monotonic_ns();
		go_ns = status == STATUS_NO_TARGET ? 0 : go_ns ? go_ns : now_ns;
		if (go_ns && now_ns - go_ns > COMES_UP_NS)
			return STATUS_OK; /* whoever wants to watch it will tell what is missing */
		if (!go_ns && now_ns - start_ns > BECOMES_GO_NS)
			return error_set(
				error, STATUS_NO_TARGET,
				"%s is not a Go program, nor has it become one in %d seconds; a script "
				"has to start the program with exec",
				subject, (int)(BECOMES_GO_NS / NS_PER_S));
		nanosleep(&(struct timespec){.tv_nsec = pause_ns}, NULL);
		if (pause_ns < PAUSE_MAX_NS)
			pause_ns *= 2;
	}
}
