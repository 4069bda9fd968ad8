/* The agent in programs that don't have it: `agent add` writes it into a Go module, `agent overlay`
   has go build see it there. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/agent_pack.h"
#include "cli/agent_plan.h"
#include "cli/commands.h"
#include "util/atomic_file.h"
#include "util/hash.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xdg.h"

/* What go build can't open: in place of a path that is not known, lest it build without the agent.
 */
#define NO_OVERLAY "/dev/null/schedtop-agent-overlay-failed"

/* --- add ------------------------------------------------------------------------------------- */

static enum status refuse_to_overwrite(const struct agent_plan *plan, struct error *error)
{
	size_t others = 0;
	const char *first = NULL;
	for (size_t i = 0; i < plan->n; i++) {
		const struct planned_file *f = &plan->file[i];
		if (agent_plan_look(f->path, f->text, f->size) != PLACE_OTHER)
			continue;
		first = first ? first : f->path;
		others++;
	}
	if (others == 0)
		return STATUS_OK;
	char shown[200], more[48] = "";
	text_clean(shown, sizeof shown, first, strlen(first));
	if (others > 1)
		snprintf(more, sizeof more, " and %zu other files are", others - 1);
	return error_set(
		error, STATUS_FAILED,
		"%s%s not what would be written, and nothing is overwritten: remove what another "
		"schedtop wrote there, then add it again",
		shown, others > 1 ? more : " is");
}

static enum status add(const char *directory, struct error *error)
{
	static const char *const everything[] = {"./..."};
	struct agent_plan plan;
	enum status status = agent_plan_make(&plan, directory, everything, 1, false, error);
	if (status == STATUS_OK)
		status = refuse_to_overwrite(&plan, error);
	size_t written = 0;
	for (size_t i = 0; i < plan.n && status == STATUS_OK; i++) {
		const struct planned_file *f = &plan.file[i];
		if (agent_plan_look(f->path, f->text, f->size) == PLACE_SAME)
			continue;
		status = agent_plan_write(f->path, f->text, f->size, true, error);
		if (status == STATUS_OK)
			puts(f->path);
		written += status == STATUS_OK;
	}
	if (status == STATUS_OK)
		fprintf(stderr, "%zu program%s %s the agent%s\n", plan.programs,
		        plan.programs == 1 ? "" : "s", plan.programs == 1 ? "has" : "have",
		        written ? "; review, build and start them as always" : " already: nothing to do");
	agent_plan_finish(&plan);
	return status;
}

/* --- overlay --------------------------------------------------------------------------------- */

static uint64_t mix_text(uint64_t hash, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = hash_mix(hash, (unsigned char)text[i]);
	return hash;
}

/* Into the cache, under a name that goes by what it holds. */
static enum status keep(const char *name, const char *text, size_t size, char *path, size_t room,
                        struct error *error)
{
	char below[256];
	snprintf(below, sizeof below, "schedtop/agent/%016" PRIx64 "/%s", mix_text(1, text, size),
	         name);
	enum status status = xdg_path(XDG_CACHE, below, path, room, error);
	if (status != STATUS_OK || agent_plan_look(path, text, size) == PLACE_SAME)
		return status;
	return agent_plan_write(path, text, size, false, error);
}

static enum status add_replacement(json_t **replace, const struct planned_file *f,
                                   struct error *error)
{
	char path[PATH_MAX];
	enum status status =
		keep(atomic_file_name(f->name), f->text, f->size, path, sizeof path, error);
	if (status != STATUS_OK)
		return status;
	errno = 0;
	json_put(replace, f->path, json_string(path));
	if (*replace)
		return STATUS_OK;
	return errno == ENOMEM
	           ? error_no_memory(error)
	           : error_set(
					 error, STATUS_FAILED,
					 "the module's path is no UTF-8, and go build takes no other in an overlay");
}

static enum status write_overlay(const struct agent_plan *plan, char *path, size_t room,
                                 struct error *error)
{
	json_t *root = json_object(), *replace = json_object();
	enum status status = root && replace ? STATUS_OK : error_no_memory(error);
	for (size_t i = 0; i < plan->n && status == STATUS_OK; i++) {
		const char *dot = strrchr(plan->file[i].name, '.');
		if (dot && strcmp(dot, ".go") == 0)
			status = add_replacement(&replace, &plan->file[i], error);
	}
	json_put(&root, "Replace", replace);
	char *text = status == STATUS_OK ? json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
	if (status == STATUS_OK && !text)
		status = error_no_memory(error);
	if (status == STATUS_OK)
		status = keep("overlay.json", text, strlen(text), path, room, error);
	free(text);
	json_decref(root);
	return status;
}

static enum status overlay(const char *const *pattern, size_t patterns, struct error *error)
{
	struct agent_plan plan = {.n = 0};
	char path[PATH_MAX];
	enum status status = STATUS_OK;
	for (size_t i = 0; i < patterns && status == STATUS_OK; i++) {
		size_t length = strlen(pattern[i]);
		if (length > 3 && strcmp(pattern[i] + length - 3, ".go") == 0)
			status =
				error_set(error, STATUS_USAGE,
			              "name the package, not its files, here and to go build: of files that "
			              "it is given, go build drops what an overlay adds");
	}
	if (status == STATUS_OK)
		status = agent_plan_make(&plan, NULL, pattern, patterns, true, error);
	if (status == STATUS_OK)
		status = write_overlay(&plan, path, sizeof path, error);
	agent_plan_finish(&plan);
	if (status == STATUS_OK)
		puts(path);
	else if (!isatty(STDOUT_FILENO))
		puts(NO_OVERLAY);
	return status;
}

/* --- the command ----------------------------------------------------------------------------- */

enum status command_agent(const struct options *o, struct error *error)
{
	const char *what = o->paths > 0 ? o->path[0] : "";
	if (strcmp(what, "add") == 0 && o->paths == 2)
		return add(o->path[1], error);
	if (strcmp(what, "overlay") == 0 && o->paths >= 2)
		return overlay(o->path + 1, o->paths - 1, error);
	return error_set(error, STATUS_USAGE,
	                 "it is schedtop agent add DIR or schedtop agent overlay PACKAGE...; schedtop "
	                 "agent --help says what they do");
}

void agent_print_help(FILE *out)
{
	fputs("The agent in programs that are not written with it.\n"
	      "\n"
	      "  schedtop agent add DIR\n"
	      "      Writes the agent's sources into the Go module at DIR, as " AGENT_PACK_FOLDER ",\n"
	      "      and beside the files of each program below DIR one that imports it,\n"
	      "      " AGENT_PACK_IMPORT ". It prints what it has written, and overwrites nothing.\n"
	      "      go.mod stays as it is, so vendored modules and workspaces build as before.\n"
	      "\n"
	      "  go build -overlay \"$(schedtop agent overlay ./cmd/api)\" ./cmd/api\n"
	      "      The same for one build, without touching a file of the tree: overlay\n"
	      "      writes them into $XDG_CACHE_HOME/schedtop and prints the path of a file\n"
	      "      that says where go build shall see them.\n"
	      "\n"
	      "      Name packages, never files: go build ./cmd/api/main.go takes that file\n"
	      "      alone, silently drops what an overlay adds, and builds a program without\n"
	      "      the agent. Where overlay fails, what it prints is no file, so that go\n"
	      "      build fails as well.\n"
	      "\n"
	      "Both need the go command, 1.21 or newer; go.mod may name an older Go. For other\n"
	      "systems than Linux the program is built without the agent.\n"
	      " SCHEDTOP_FLIGHT=10s,16MiB in the environment of the program has it keep\n"
	      "a flight recorder, for capture --flight (Go 1.25 or newer).\n",
	      out);
}
