#include "cli/keeper.h"

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

void keeper_add(struct keeper *k, const struct snapshot *s,
                void (*tell)(const char *sentence, void *arg), void *arg)
{
	struct error why = {0};
	if (k->recorder && recorder_add(k->recorder, s, &why) != STATUS_OK)
		tell(why.text, arg);
	if (k->log && text_log_add(k->log, s, &why) != STATUS_OK)
		tell(why.text, arg);
}

enum status keeper_close(struct keeper *k, struct error *error)
{
	enum status recorded = recorder_destroy(k->recorder, error);
	enum status logged = text_log_destroy(k->log, recorded == STATUS_OK ? error : NULL);
	*k = (struct keeper){0};
	return recorded == STATUS_OK ? logged : recorded;
}
