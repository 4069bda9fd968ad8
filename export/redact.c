#include "export/redact.h"

#include <stdio.h>
#include <string.h>

#include "util/secrets.h"

#define HIDDEN "[redacted]"
enum { NAME_MOST = 1024 /* bytes of a name that are looked at: the runtime cuts texts there */ };

/* --- of a text ------------------------------------------------------------------------------- */

static size_t append(char *to, size_t size, size_t used, const char *text, size_t n)
{
	if (n > size - used)
		n = size - used;
	memcpy(to + used, text, n);
	return used + n;
}

size_t redact_secrets(char *to, size_t size, const char *from, size_t length)
{
	size_t used = 0, at = 0;
	struct secret found;
	while (secret_find(from, at, length, &found)) {
		used = append(to, size, used, from + at, found.at - at);
		used = append(to, size, used, HIDDEN, sizeof HIDDEN - 1);
		at = found.at + found.n;
	}
	return append(to, size, used, from + at, length - at);
}

/* Of the last word nobody can say what it was to become: "postgres://app:S3cr" has no @ yet. */
static size_t redact_cut_secrets(char *to, size_t size, const char *from, size_t length)
{
	size_t whole = length;
	while (whole > 0 && from[whole - 1] != ' ' && from[whole - 1] != '\t' &&
	       from[whole - 1] != '\n' && from[whole - 1] != '\r' && from[whole - 1] != '"' &&
	       from[whole - 1] != '\'')
		whole--;
	size_t used = redact_secrets(to, size, from, whole);
	return append(to, size, used, HIDDEN, whole < length ? sizeof HIDDEN - 1 : 0);
}

/* --- by the level ---------------------------------------------------------------------------- */

void redactor_finish(struct redactor *r)
{
	idmap_finish(&r->known);
	*r = (struct redactor){.level = r->level};
}

size_t redactor_text(const struct redactor *r, char *to, size_t size, const char *from,
                     size_t length, size_t most)
{
	switch (r->level) {
	case REDACT_SECRETS:
		return length < most && length < NAME_MOST ? redact_secrets(to, size, from, length)
		                                           : redact_cut_secrets(to, size, from, length);
	case REDACT_ALL:
		return append(to, size, 0, HIDDEN, length ? sizeof HIDDEN - 1 : 0);
	default:
		return append(to, size, 0, from, length);
	}
}

static uint32_t replace(struct redactor *r, struct names *names, uint32_t name)
{
	char text[NAME_MOST + 64 * sizeof HIDDEN];
	const struct name *was = names_get(names, name);
	size_t n = was->length < NAME_MOST ? was->length : NAME_MOST;
	if (r->level == REDACT_ALL)
		n = (size_t)snprintf(text, sizeof text, "[redacted %u]", ++r->hidden);
	else
		n = redactor_text(r, text, sizeof text, was->text, n, NAME_MOST);
	return names_intern(names, text, n);
}

uint32_t redactor_name(struct redactor *r, struct names *names, uint32_t name)
{
	if (r->level == REDACT_NONE || name == NAME_NONE)
		return name;
	uint32_t other = idmap_get(&r->known, name);
	if (other != IDMAP_NONE)
		return other;
	other = replace(r, names, name);
	return other != NAME_ERROR && idmap_put(&r->known, name, other) ? other : NAME_ERROR;
}
