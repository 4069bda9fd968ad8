/* Secrets and addresses of people in what the program says of itself: whoever gets the file can
   read them. What is found is never told, only where it is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/certain.h"
#include "doctor/evidence.h"
#include "doctor/rules.h"
#include "doctor/trace_doctor.h"
#include "trace/slots.h"
#include "util/text.h"

enum {
	PLACES = 64,          /* where secrets are; what is found elsewhere is counted alone */
	ALL_BYTES = 1 << 20,  /* of logs that are looked at, every one; afterwards ... */
	ONE_OF = 64,          /* ... one of so many, ... */
	MOST_BYTES = 4 << 20, /* ... and of a trace no more than this */
	NAME_SHOWN = 80
};

/* They cost no time: findings that do come first. */
#define SECRETS_IMPACT 0.1

enum where { IN_TASK, IN_REGION, IN_CATEGORY, IN_LOG, WHERES };

static const char *const where_names[WHERES] = {
	[IN_TASK] = "names of tasks",
	[IN_REGION] = "names of regions",
	[IN_CATEGORY] = "categories of logs",
	[IN_LOG] = "logs",
};

/* Secrets of one kind in one sort of text. */
struct place {
	enum where where;
	enum secret_kind kind;
	uint32_t category; /* of logs: name */
	uint64_t n;
	uint64_t goroutine, task; /* of the first */
	int64_t at_ns;
	char hint[SECRET_HINT];
};

struct secrets {
	const struct doctor *doctor;
	struct place place[PLACES];
	size_t places;
	uint64_t all, logs, looked_at, bytes;
	bool grave; /* some are more than addresses of mail */
	uint8_t *
		of_name; /* 0: not known yet, NAME_CLEAN, or 1 + the place of the first, or NAME_NO_PLACE */
	size_t names;
};

enum { NAME_CLEAN = 254, NAME_NO_PLACE = 255 };

static void *create(const struct doctor *doctor)
{
	struct secrets *s = calloc(1, sizeof *s);
	if (s)
		s->doctor = doctor;
	return s;
}

static void destroy(void *self)
{
	struct secrets *s = self;
	free(s->of_name);
	free(s);
}

/* The first one; rather one that is no address of mail. */
static bool find_certain(const char *text, size_t n, struct secret *found)
{
	struct secret secret;
	bool any = false;
	for (size_t at = 0; secret_find(text, at, n, &secret); at = secret.at + secret.n) {
		bool is_mail = secret.kind == SECRET_MAIL;
		if ((any && is_mail) || !secret_is_certain(text, n, &secret))
			continue;
		*found = secret;
		any = true;
		if (!is_mail)
			break;
	}
	return any;
}

/* NULL: there is no room. */
static struct place *place_of(struct secrets *s, enum where where, enum secret_kind kind,
                              uint32_t category)
{
	for (size_t i = 0; i < s->places; i++) {
		struct place *p = &s->place[i];
		if (p->where == where && p->kind == kind && p->category == category)
			return p;
	}
	if (s->places == PLACES)
		return NULL;
	s->place[s->places] = (struct place){.where = where, .kind = kind, .category = category};
	return &s->place[s->places++];
}

static void count(struct secrets *s, struct place *p, const struct witness *w,
                  const struct trace_event *e)
{
	s->all++;
	if (!p || p->n++)
		return;
	p->goroutine = e->g == TRACE_NONE ? 0 : w->slot[e->g].id;
	p->task = e->arg[0];
	p->at_ns = e->at_ns;
}

static struct place *look_at(struct secrets *s, enum where where, uint32_t category,
                             const char *text, size_t n, bool *found)
{
	struct secret secret;
	*found = find_certain(text, n, &secret);
	s->grave |= *found && secret.kind != SECRET_MAIL;
	struct place *p = *found ? place_of(s, where, secret.kind, category) : NULL;
	if (p && p->n == 0)
		secret_hint(p->hint, text, &secret);
	return p;
}

/* Each name is looked at once. */
static bool note_name(struct secrets *s, const struct witness *w, const struct trace_event *e,
                      enum where where)
{
	if (!SLOTS_FIT(s->of_name, s->names, (size_t)e->name + 1, NULL))
		return false;
	uint8_t *known = &s->of_name[e->name];
	if (*known == NAME_CLEAN)
		return true;
	if (*known == 0) {
		bool found;
		const struct name *name = names_get(w->names, e->name);
		struct place *p = look_at(s, where, NAME_NONE, name->text, name->length, &found);
		*known = !found ? NAME_CLEAN : !p ? NAME_NO_PLACE : (uint8_t)(p - s->place + 1);
		if (!found)
			return true;
	}
	count(s, *known == NAME_NO_PLACE ? NULL : &s->place[*known - 1], w, e);
	return true;
}

static void note_log(struct secrets *s, const struct witness *w, const struct trace_block *block,
                     const struct trace_event *e)
{
	const char *text;
	size_t n;
	bool found;
	if (s->bytes > MOST_BYTES || (s->bytes > ALL_BYTES && s->logs % ONE_OF) || !block->generation ||
	    !generation_string(block->generation, e->arg[1], &text, &n))
		return;
	s->bytes += n;
	s->looked_at++;
	struct place *p = look_at(s, IN_LOG, e->name, text, n, &found);
	if (found)
		count(s, p, w, e);
}

static bool on_event(void *self, const struct witness *w, const struct trace_block *block,
                     const struct trace_event *e)
{
	struct secrets *s = self;
	switch (e->type) {
	case EV_USER_TASK_BEGIN:
		return note_name(s, w, e, IN_TASK);
	case EV_USER_REGION_BEGIN:
		return note_name(s, w, e, IN_REGION);
	default:
		s->logs++;
		note_log(s, w, block, e);
		return note_name(s, w, e, IN_CATEGORY);
	}
}

static void on_restart(void *self, int64_t time_ns)
{
	struct secrets *s = self;
	(void)time_ns;
	s->places = 0;
	s->grave = false;
	s->all = s->logs = s->looked_at = s->bytes = 0;
	if (s->names)
		memset(s->of_name, 0, s->names);
}

/* --- what is told ---------------------------------------------------------------------------- */

static int by_count(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return (x->n < y->n) - (x->n > y->n);
}

/* In quotes, unless it would tell what it is about. */
static const char *show_category(char to[NAME_SHOWN], const struct names *names, uint32_t category)
{
	const struct name *name = names_get(names, category);
	struct secret secret;
	if (secret_find(name->text, 0, name->length, &secret))
		snprintf(to, NAME_SHOWN, " of a category that holds secrets itself");
	else if (name->length)
		snprintf(to, NAME_SHOWN, " of category \"%.*s\"", NAME_SHOWN - 20, name->text);
	else
		to[0] = '\0';
	return to;
}

static void show_place(struct finding *f, const struct secrets *s, const struct place *p)
{
	const struct witness *w = s->doctor->witness;
	char n[32], category[NAME_SHOWN] = "";
	text_count(n, sizeof n, (int64_t)p->n);
	if (p->where == IN_LOG)
		show_category(category, w->names, p->category);
	struct evidence *e = finding_show(f, EVIDENCE_LOG, "%s in %s%s: %s, %s %s; the first here",
	                                  secret_names[p->kind], where_names[p->where], category,
	                                  p->hint, n, p->n == 1 ? "time" : "times");
	int64_t at_ns = witness_since_begin(w, p->at_ns);
	evidence_span(e, at_ns, at_ns);
	evidence_goroutine(e, p->goroutine);
	evidence_task(e, p->task);
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	struct secrets *s = self;
	(void)doctor;
	if (!s->all)
		return true;
	char all[32], logs[32], sampled[64] = "";
	qsort(s->place, s->places, sizeof *s->place, by_count);
	/* Many programs name people by their address, and mean to. */
	struct finding *f =
		findings_add(findings, SLUG_SECRETS_IN_TRACE, s->grave ? SEVERITY_WARNING : SEVERITY_INFO,
	                 s->grave ? SECRETS_IMPACT : 0);
	text_count(all, sizeof all, (int64_t)s->all);
	if (s->looked_at < s->logs) {
		text_count(logs, sizeof logs, (int64_t)s->looked_at);
		snprintf(sampled, sizeof sampled, " (of all logs %s were looked at)", logs);
	}
	finding_say(f,
	            "The trace holds what must not leave the house: %s %s with secrets in them, "
	            "such as %s in %s%s.",
	            all, s->all == 1 ? "text" : "texts", secret_names[s->place[0].kind],
	            where_names[s->place[0].where], sampled);
	finding_measure(f, "texts_with_secrets", UNIT_COUNT, (double)s->all);
	finding_measure(f, "logs", UNIT_COUNT, (double)s->logs);
	finding_measure(f, "logs_looked_at", UNIT_COUNT, (double)s->looked_at);
	for (size_t i = 0; i < s->places; i++)
		show_place(f, s, &s->place[i]);
	return true;
}

const struct trace_family rules_secrets = {
	.name = "secrets",
	.events = EV_BIT(EV_USER_TASK_BEGIN) | EV_BIT(EV_USER_REGION_BEGIN) | EV_BIT(EV_USER_LOG),
	.create = create,
	.event = on_event,
	.restart = on_restart,
	.conclude = conclude,
	.destroy = destroy,
};
