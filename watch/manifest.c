#include "watch/manifest.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "util/bundle.h"
#include "util/clock.h"
#include "util/json.h"

static void put_text(json_t **object, const char *key, const char *text)
{
	if (text && *text)
		json_put(object, key, watch_log_text(text));
}

json_t *manifest_of_capture(const struct manifest_capture *c)
{
	json_t *object = json_object();
	put_text(&object, "kind", c->kind);
	if (!c->ok) {
		put_text(&object, "why", c->why);
		return object;
	}
	put_text(&object, "member", c->member);
	put_text(&object, "means", c->state.means);
	json_put(&object, "bytes", json_integer((json_int_t)c->state.bytes));
	put_text(&object, "go_version", c->state.go_version);
	if (c->state.duration_ns > 0 && c->state.kind != CAPTURE_KIND_GOROUTINES &&
	    c->state.kind != CAPTURE_KIND_FLIGHT)
		json_put(&object, "duration_ns", json_integer(c->state.duration_ns));
	if (c->state.reach_ns > 0)
		json_put(&object, "reach_ns", json_integer(c->state.reach_ns));
	if (c->state.shortened)
		json_put(&object, "shortened", json_true());
	put_text(&object, "note", c->state.note);
	return object;
}

static json_t *reason(const struct job_reason *r)
{
	char actions[256], time[40];
	json_t *object = json_object();
	watch_log_time(time, sizeof time, r->wall_ns);
	rule_show_actions(&r->rule, actions, sizeof actions);
	put_text(&object, "rule", r->rule.text);
	put_text(&object, "value", r->value);
	json_put(&object, "broken_ns", json_integer(r->broken_ns));
	put_text(&object, "then", actions);
	put_text(&object, "time", time);
	json_put(&object, "monotonic_ns", json_integer(r->at_ns));
	return object;
}

static json_t *target(const struct manifest *m)
{
	struct utsname host;
	json_t *object = json_object();
	put_text(&object, "program", m->reason->program);
	if (m->target->pid > 0)
		json_put(&object, "pid", json_integer(m->target->pid));
	put_text(&object, "where", m->target->where);
	put_text(&object, "go_version", m->reason->go_version);
	put_text(&object, "module", m->reason->module);
	if (m->target->place == TARGET_PROCESS && uname(&host) == 0) {
		put_text(&object, "host", host.nodename);
		put_text(&object, "kernel", host.release);
	}
	return object;
}

/* "build\tvcs.revision=abc" and the like as members; the rest is in the text beside. */
static json_t *build(const char *text)
{
	json_t *object = json_object(), *settings = json_object();
	static const char *const keys[][2] = {{"go", "go_version"}, {"path", "path"}};
	for (const char *at = text; *at;) {
		char line[512], *rest = line;
		size_t n = strcspn(at, "\n");
		snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), at);
		char *word = strsep(&rest, "\t"), *value = strsep(&rest, "\t");
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
			if (strcmp(word, keys[i][0]) == 0)
				put_text(&object, keys[i][1], value);
		if (strcmp(word, "mod") == 0) {
			put_text(&object, "module", value);
			put_text(&object, "module_version", strsep(&rest, "\t"));
		}
		char *equals = strcmp(word, "build") == 0 && value ? strchr(value, '=') : NULL;
		if (equals) {
			*equals = '\0';
			json_put(&settings, value, watch_log_text(equals + 1));
		}
		at += n + (at[n] == '\n');
	}
	json_put(&object, "settings", settings);
	return object;
}

static json_t *snapshots(const struct recent_copy *r)
{
	json_t *object = json_object();
	if (r->n > 0)
		put_text(&object, "member", BUNDLE_SNAPSHOTS);
	json_put(&object, "count", json_integer((json_int_t)r->n));
	if (r->n > 0) {
		json_put(&object, "first_ns", json_integer(r->first_ns));
		json_put(&object, "last_ns", json_integer(r->last_ns));
	}
	return object;
}

char *manifest_encode(const struct manifest *m)
{
	json_t *root = json_object(), *captures = json_array();
	json_put(&root, "schema", json_integer(MANIFEST_SCHEMA));
	put_text(&root, "made_by", PACKAGE_STRING);
	json_put(&root, "reason", reason(m->reason));
	json_put(&root, "target", target(m));
	if (m->build)
		json_put(&root, "build", build(m->build));
	json_put(&root, "snapshots", snapshots(m->recent));
	for (size_t i = 0; i < m->n; i++)
		json_push(&captures, manifest_of_capture(&m->taken[i]));
	json_put(&root, "captures", captures);
	char *text = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	json_decref(root);
	if (!text)
		return NULL;
	size_t size = strlen(text);
	char *line = realloc(text, size + 2);
	if (!line) {
		free(text);
		return NULL;
	}
	line[size] = '\n';
	line[size + 1] = '\0';
	return line;
}
