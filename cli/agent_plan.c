#include "cli/agent_plan.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/agent_pack.h"
#include "cli/go_tool.h"
#include "util/atomic_file.h"
#include "util/text.h"

#define SOURCE_MAX (1 << 20) /* looked at of a program's file, which has its imports first */

/* --- files ----------------------------------------------------------------------------------- */

/* As much of it as that; NULL: it can't be read. For the caller to free; ends in a NUL. */
static char *read_file(const char *path, size_t max, size_t *size)
{
	FILE *in = fopen(path, "re");
	char *text = in ? malloc(max + 1) : NULL;
	*size = text ? fread(text, 1, max, in) : 0;
	bool good = text && !ferror(in);
	if (in)
		fclose(in);
	if (!good) {
		free(text);
		return NULL;
	}
	text[*size] = '\0';
	return text;
}

enum agent_place agent_plan_look(const char *path, const char *text, size_t size)
{
	struct stat st;
	size_t there;
	if (lstat(path, &st) != 0)
		return errno == ENOENT ? PLACE_FREE : PLACE_OTHER;
	char *old = S_ISREG(st.st_mode) ? read_file(path, size + 1, &there) : NULL;
	bool same = old && there == size && memcmp(old, text, size) == 0;
	free(old);
	return same ? PLACE_SAME : PLACE_OTHER;
}

static enum status make_directories(const char *path, mode_t mode, struct error *error)
{
	char part[PATH_MAX];
	snprintf(part, sizeof part, "%s", path);
	for (char *at = part + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		struct stat st;
		int why = mkdir(part, mode) == 0 ? 0 : errno;
		if (why && stat(part, &st) != 0) {
			char shown[200];
			text_clean(shown, sizeof shown, part, strlen(part));
			return error_set(error, STATUS_FAILED, "the directory %s can't be made: %s", shown,
			                 strerror(why));
		}
		*at = '/';
	}
	return STATUS_OK;
}

enum status agent_plan_write(const char *path, const char *text, size_t size, bool shared,
                             struct error *error)
{
	struct atomic_file f = {.dir_fd = -1, .fd = -1};
	char *real = NULL;
	enum status status = make_directories(path, shared ? 0777 : 0700, error);
	if (status != STATUS_OK)
		return status;
	status = atomic_file_open_path(&f, path, shared ? 0666 : 0600, &real, error);
	if (status == STATUS_OK)
		status = atomic_file_write(&f, text, size, error);
	if (status == STATUS_OK)
		status = atomic_file_commit(&f, atomic_file_name(real), true, NULL, error);
	atomic_file_finish(&f);
	free(real);
	return status;
}

/* --- who has it ------------------------------------------------------------------------------ */

/* Where the imports end: at the first declaration of anything else, which gofmt puts at the
   beginning of a line. */
static void cut_declarations(char *text)
{
	static const char *const words[] = {"\nfunc ", "\nvar ", "\nconst ", "\ntype "};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char *found = strstr(text, words[i]);
		if (found)
			*found = '\0';
	}
}

/* Is there a string with that path, or one that ends in it? */
static bool has_import(const char *text, const char *path)
{
	size_t n = strlen(path);
	for (const char *at = text; (at = strstr(at, path)) != NULL; at++)
		if (at > text && (path[0] == '/' || strchr("\"`", at[-1])) && strchr("\"`", at[n]) && at[n])
			return true;
	return false;
}

/* The file by which a program has an agent; NULL: none. What the packages that it imports
   import is not looked at: they need not even be there. */
static const char *find_agent(const struct go_package *p)
{
	static const char *const imports[] = {"schedtop/agent", "schedtop/agent/auto",
	                                      ("/" AGENT_PACK_FOLDER "/auto"), ("/" AGENT_PACK_FOLDER)};
	const char *found = NULL;
	for (size_t f = 0; f < p->files && !found; f++) {
		char path[PATH_MAX];
		size_t size;
		snprintf(path, sizeof path, "%s/%s", p->directory, p->file[f]);
		char *text = read_file(path, SOURCE_MAX, &size);
		if (text)
			cut_declarations(text);
		for (size_t i = 0; text && !found && i < sizeof imports / sizeof imports[0]; i++)
			if (has_import(text, imports[i]))
				found = p->file[f];
		free(text);
	}
	return found;
}

/* --- the plan -------------------------------------------------------------------------------- */

/* Takes the text over, also when it fails. */
static enum status add_file(struct agent_plan *plan, const char *directory, const char *name,
                            char *text, size_t size, struct error *error)
{
	struct planned_file *grown = realloc(plan->file, (plan->n + 1) * sizeof *grown);
	size_t length = strlen(directory) + 1 + strlen(name);
	char *path = malloc(length + 1);
	if (grown)
		plan->file = grown;
	if (!grown || !path) {
		free(path);
		free(text);
		return error_no_memory(error);
	}
	snprintf(path, length + 1, "%s/%s", directory, name);
	plan->file[plan->n++] = (struct planned_file){.path = path,
	                                              .name = path + length - strlen(name),
	                                              .text = text,
	                                              .size = size};
	return STATUS_OK;
}

static enum status add_program(struct agent_plan *plan, const struct go_package *p,
                               struct error *error)
{
	char *text = NULL;
	size_t size;
	enum status status = agent_pack_import(p->module, &text, &size, error);
	if (status == STATUS_OK)
		status = add_file(plan, p->directory, AGENT_PACK_IMPORT, text, size, error);
	plan->programs += status == STATUS_OK;
	return status;
}

static enum status add_sources(struct agent_plan *plan, const struct go_package *p,
                               struct error *error)
{
	struct agent_pack pack;
	char directory[PATH_MAX];
	enum status status = agent_pack_open(&pack, p->module, error);
	if (status != STATUS_OK)
		return status;
	snprintf(directory, sizeof directory, "%s/" AGENT_PACK_FOLDER, p->module_directory);
	for (size_t i = 0; i < pack.n && status == STATUS_OK; i++) {
		struct agent_file *f = &pack.file[i];
		status = add_file(plan, directory, f->path, f->text, f->size, error);
		f->text = NULL;
	}
	agent_pack_finish(&pack);
	return status;
}

/* Modules come together in what go list says, as long as the patterns do. */
static bool is_new_module(const struct go_packages *all, size_t i, const bool *wanted)
{
	for (size_t k = 0; k < i; k++)
		if (wanted[k] &&
		    strcmp(all->package[k].module_directory, all->package[i].module_directory) == 0)
			return false;
	return true;
}

/* Which of them get the agent; the error says of the last that does not, why. */
static enum status choose(const struct go_packages *all, bool *wanted, bool fresh,
                          struct error *error)
{
	size_t programs = 0, chosen = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct go_package *p = &all->package[i];
		char path[PATH_MAX];
		struct stat st;
		if (strcmp(p->name, "main") != 0)
			continue;
		programs++;
		if (!p->main_module || !p->module || !p->module_directory) {
			error_set(
				error, STATUS_FAILED,
				"%s is not of a module that is worked on here: the agent can become a part of "
				"those only",
				p->import_path);
			continue;
		}
		const char *has = find_agent(p);
		snprintf(path, sizeof path, "%s/" AGENT_PACK_FOLDER, p->module_directory);
		if (has && (fresh || strcmp(has, AGENT_PACK_IMPORT) != 0))
			error_set(error, STATUS_FAILED, "%s has the agent already (%s): build it as it is",
			          p->import_path, has);
		else if (fresh && stat(path, &st) == 0)
			error_set(error, STATUS_FAILED,
			          "%s is there already: schedtop agent add has %s import it", path,
			          p->import_path);
		else
			wanted[i] = ++chosen;
	}
	if (chosen > 0)
		return STATUS_OK;
	if (programs > 0)
		return STATUS_FAILED;
	return error_set(error, STATUS_NO_TARGET,
	                 "there is no main package among them: name a program's, such as ./cmd/api");
}

static enum status plan_all(struct agent_plan *plan, const struct go_packages *all, bool fresh,
                            struct error *error)
{
	bool *wanted = calloc(all->n + 1, sizeof *wanted);
	if (!wanted)
		return error_no_memory(error);
	enum status status = choose(all, wanted, fresh, error);
	for (size_t i = 0; i < all->n && status == STATUS_OK; i++) {
		if (!wanted[i])
			continue;
		if (is_new_module(all, i, wanted))
			status = add_sources(plan, &all->package[i], error);
		if (status == STATUS_OK)
			status = add_program(plan, &all->package[i], error);
	}
	free(wanted);
	return status;
}

enum status agent_plan_make(struct agent_plan *plan, const char *directory,
                            const char *const *pattern, size_t patterns, bool fresh,
                            struct error *error)
{
	struct go_packages all = {.n = 0};
	*plan = (struct agent_plan){.n = 0};
	enum status status = go_check(directory, error);
	if (status == STATUS_OK)
		status = go_list(&all, directory, pattern, patterns, error);
	if (status == STATUS_OK)
		status = plan_all(plan, &all, fresh, error);
	go_packages_finish(&all);
	if (status != STATUS_OK)
		agent_plan_finish(plan);
	return status;
}

void agent_plan_finish(struct agent_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		free(plan->file[i].path);
		free(plan->file[i].text);
	}
	free(plan->file);
	*plan = (struct agent_plan){.n = 0};
}
