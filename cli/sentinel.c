#include "cli/sentinel.h"

enum status sentinel_open(struct sentinel_kit *kit, const struct options *o,
                          const struct target *target, int log_fd, const char *prefix,
                          void (*tell)(const struct sentinel_state *state, void *arg), void *arg,
                          struct error *error)
{
	const char *path = o->plan.log[0] ? o->plan.log : NULL;
	*kit = (struct sentinel_kit){0};
	if (o->plan.n == 0)
		return STATUS_OK;
	enum status status = watch_log_create(&kit->log, path, log_fd, prefix, error);
	if (status != STATUS_OK)
		return status;
	const struct watcher_options options = {
		.plan = &o->plan,
		.limits = &o->limits,
		.target = *target,
		.url = o->url,
		.directory = o->trace_dir,
		.keep_files = o->trace_keep,
		.keep_bytes = o->trace_bytes,
		.trace_ns = o->trace_ns,
		.capture_bytes = o->capture_bytes,
		.cooldown_ns = o->cooldown_ns,
		.log = kit->log,
		.tell = tell,
		.arg = arg,
	};
	return watcher_create(&kit->watcher, &options, error);
}

void sentinel_close(struct sentinel_kit *kit)
{
	watcher_destroy(kit->watcher);
	watch_log_destroy(kit->log);
	*kit = (struct sentinel_kit){0};
}
