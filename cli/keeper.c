#include "cli/keeper.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/recorder.h"
#include "collect/text_log.h"

enum status keeper_open(struct keeper *k, const struct options *o, struct error *error)
{
	enum status status = STATUS_OK;
	if (o->record && !k->recorder)
		status = recorder_create(&k->recorder, o->record, &o->keep, error);
	if (status == STATUS_OK && o->log && !k->log)
		status = text_log_create(&k->log, o->log, o->detail, &o->keep, error);
	return status;
}

void keeper_add(struct keeper *k, const struct snapshot *s, scribe_tell_fn *tell, void *arg)
{
	struct error why = {0};
	if (k->recorder && recorder_add(k->recorder, s, &why) != STATUS_OK)
		tell(why.text, arg);
	if (k->log && text_log_add(k->log, s, &why) != STATUS_OK)
		tell(why.text, arg);
	if (k->prints)
		trouble_log_snapshot(&k->trouble, s, k->attach_ns);
}

enum status keeper_close(struct keeper *k, struct error *error)
{
	enum status recorded = recorder_destroy(k->recorder, error);
	enum status logged = text_log_destroy(k->log, recorded == STATUS_OK ? error : NULL);
	*k = (struct keeper){0};
	return recorded == STATUS_OK ? logged : recorded;
}

/* --- on a thread of its own ------------------------------------------------------------------ */

static void keep(const struct snapshot *s, scribe_tell_fn *tell, void *tell_arg, void *arg)
{
	keeper_add(arg, s, tell, tell_arg);
}

static enum status close_and_free(void *arg, struct error *error)
{
	enum status status = keeper_close(arg, error);
	free(arg);
	return status;
}

/* The screen is gone, and the prompt does not come. */
static void tell_waiting(size_t snapshots)
{
	fprintf(stderr, "schedtop: %zu snapshots wait for their disk; Ctrl-C ends without them\n",
	        snapshots);
}

enum status keeper_start(struct scribe **out, const struct options *o, bool prints,
                         int64_t attach_ns, struct error *error)
{
	*out = NULL;
	if (!o->record && !o->log && !prints)
		return STATUS_OK;
	struct keeper *k = calloc(1, sizeof *k);
	if (!k)
		return error_no_memory(error);
	k->prints = prints;
	k->attach_ns = attach_ns;
	const struct scribe_options options = {keep, close_and_free, k, tell_waiting, 0, 0, 0};
	enum status status = keeper_open(k, o, error);
	if (status == STATUS_OK)
		status = scribe_start(out, &options, error);
	if (status != STATUS_OK)
		close_and_free(k, NULL);
	return status;
}
