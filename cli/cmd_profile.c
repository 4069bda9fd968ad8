/* A profile of an execution trace, for pprof. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/progress.h"
#include "export/pass.h"
#include "export/pprof.h"
#include "trace/elapsed.h"
#include "util/clock.h"
#include "util/text.h"

/* What is counted begins and ends when the trace does, or where --from and --to say. */
static struct pprof_times times_of(const struct profile *p, const struct trace_summary *s)
{
	struct pprof_times times = {0};
	int64_t end_ns = p->end_ns < s->last_ns ? p->end_ns : s->last_ns;
	if (!p->begun || end_ns <= p->begin_ns)
		return times;
	times.duration_ns = elapsed_ns(p->begin_ns, end_ns);
	/* A clock that nobody can have had is none. */
	if (s->has_clock && s->clock_s < INT64_MAX / NS_PER_S / 2 && s->clock_ns < NS_PER_S)
		times.wall_ns = (int64_t)(s->clock_s * NS_PER_S + s->clock_ns) +
		                (bound_ns(p->begin_ns) - bound_ns(s->clock_at_ns));
	return times;
}

static enum status write_profile(const struct options *o, const struct profile *profile,
                                 const struct export_pass *pass, struct error *error)
{
	struct sink sink;
	enum status status = sink_open(&sink, o->output ? o->output : "-", true, error);
	if (status != STATUS_OK)
		return status;
	if (pprof_write(&sink, profile, &pass->names, times_of(profile, &pass->summary)))
		status = sink_commit(&sink, error);
	else
		status = error_no_memory(error);
	sink_finish(&sink);
	return status;
}

/* An empty profile is no mistake, but seldom what was looked for. */
static void tell_if_empty(const struct options *o, const struct profile *profile)
{
	for (size_t i = 0; i < profile->records; i++)
		if (profile->record[i].count)
			return;
	fputs(
		o->profile == PROFILE_CPU
			? "schedtop: the profile is empty: samples are in a trace when runtime/pprof profiled "
			  "the CPU at the same time\n"
			: "schedtop: the profile is empty: the trace has nothing of this kind\n",
		stderr);
}

static enum status read_trace(const struct options *o, struct profile *profile,
                              struct export_pass *pass, struct idmap *among, struct error *error)
{
	struct progress progress;
	const struct pass_options options = {.path = o->file,
	                                     .as_reference = true,
	                                     .progress = {progress_report, &progress}};
	enum status status = STATUS_OK;
	progress_init(&progress);
	if (o->trace_id) {
		status = export_pass_find_tasks(&options, o->trace_id, among, error);
		profile->filter.among = among;
	}
	if (status == STATUS_OK) {
		const struct trace_visitor visitor = profile_visitor(profile);
		status = export_pass_read(pass, &options, &visitor, error);
	}
	progress_finish(&progress);
	return status;
}

enum status command_profile(const struct options *o, struct error *error)
{
	struct profile profile = {.kind = o->profile,
	                          .still_blocked = o->still_blocked,
	                          .from_ns = o->from_ns,
	                          .to_ns = o->to_ns,
	                          .goroutine = o->goroutine,
	                          .of_tasks = o->task || o->trace_id};
	struct export_pass pass = {0};
	struct idmap among = {0};
	long id;
	if (o->task && text_parse_integer(o->task, 1, LONG_MAX, &id))
		profile.filter.id = (uint64_t)id;
	else
		profile.filter.type = o->task;
	/* A reader that goes away is told as a sentence, like a full disk. */
	signal(SIGPIPE, SIG_IGN);
	enum status status = read_trace(o, &profile, &pass, &among, error);
	if (status == STATUS_OK)
		status = write_profile(o, &profile, &pass, error);
	if (status == STATUS_OK) {
		tell_if_empty(o, &profile);
		status = export_pass_verdict(&pass, error);
	}
	export_pass_finish(&pass);
	profile_finish(&profile);
	idmap_finish(&among);
	return status;
}
