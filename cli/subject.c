/* What the options say is to be watched. */
#include <stdio.h>

#include "cli/commands.h"
#include "collect/target.h"

void subject_of(const struct options *o, char *to, size_t size)
{
	struct target elsewhere = {0};
	if (o->url)
		target_of_url(&elsewhere, o->url);
	else if (o->text)
		target_of_text(&elsewhere, o->text);
	if (o->pid)
		snprintf(to, size, "process %ld", (long)o->pid);
	else
		snprintf(to, size, "%s", elsewhere.where);
}

struct collector_options collector_options_of(const struct options *o, struct feed *feed)
{
	return (struct collector_options){
		.pid = o->pid,
		.url = o->url,
		.web = o->web,
		.text = o->text,
		.choice = o->source,
		.interval_ns = o->delay_ns,
		.lanes = true,
		.feed = feed,
	};
}
