#include "cli/go_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/agent_pack.h"
#include "util/text.h"

#define OUTPUT_MAX ((size_t)64 << 20)
#define SAID_MAX   300 /* bytes of its own words in a sentence of ours */

/* --- running it ------------------------------------------------------------------------------ */

struct output {
	char *text; /* ends in a NUL that doesn't count */
	size_t size, room;
};

/* false: it is at its end, or more than it may be. */
static bool take(struct output *o, int fd)
{
	if (o->room - o->size < 4096) {
		size_t room = o->room ? 2 * o->room : 16384;
		char *grown = room <= OUTPUT_MAX ? realloc(o->text, room) : NULL;
		if (!grown)
			return false;
		o->text = grown;
		o->room = room;
	}
	ssize_t n = read(fd, o->text + o->size, o->room - o->size - 1);
	if (n < 0 && errno == EINTR)
		return true;
	o->size += n > 0 ? (size_t)n : 0;
	o->text[o->size] = '\0';
	return n > 0;
}

static void take_all(struct output to[2], const int from[2])
{
	struct pollfd fds[2] = {{.fd = from[0], .events = POLLIN}, {.fd = from[1], .events = POLLIN}};
	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2; i++)
			if (fds[i].fd >= 0 && fds[i].revents && !take(&to[i], fds[i].fd))
				fds[i].fd = -1;
	}
}

__attribute__((noreturn)) static void become_go(const char *directory, const char *const *argv,
                                                int pipes[2][2])
{
	dup2(pipes[0][1], STDOUT_FILENO);
	dup2(pipes[1][1], STDERR_FILENO);
	if (directory && chdir(directory) != 0) {
		dprintf(STDERR_FILENO, "%s: %s", directory, strerror(errno));
		_exit(126);
	}
	/* execvp promises not to change what it is given. */
	union {
		const char *const *in;
		char *const *out;
	} words = {argv};
	execvp(words.out[0], words.out);
	_exit(127);
}

static void close_pipes(int pipes[2][2], int end)
{
	for (int i = 0; i < 2; i++) {
		if (pipes[i][end] >= 0)
			close(pipes[i][end]);
		pipes[i][end] = -1;
	}
}

/* Its own first line, which is the one that matters; printable. */
static void first_line(const struct output *o, char *to, size_t size)
{
	const char *text = o->text ? o->text : "";
	if (strncmp(text, "go: ", 4) == 0)
		text += 4;
	size_t length = strcspn(text, "\n");
	text_clean(to, size, text, length < SAID_MAX ? length : SAID_MAX);
}

static enum status run_go(const char *directory, const char *const *argv, struct output *out,
                          struct error *error)
{
	int pipes[2][2] = {{-1, -1}, {-1, -1}}, how = 0;
	struct output said[2] = {{.size = 0}, {.size = 0}};
	pid_t pid = -1;
	if (pipe2(pipes[0], O_CLOEXEC) == 0 && pipe2(pipes[1], O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		become_go(directory, argv, pipes);
	int why = errno;
	close_pipes(pipes, 1);
	if (pid > 0)
		take_all(said, (const int[2]){pipes[0][0], pipes[1][0]});
	close_pipes(pipes, 0);
	while (pid > 0 && waitpid(pid, &how, 0) < 0 && errno == EINTR)
		;
	enum status status = STATUS_OK;
	char words[SAID_MAX + 1];
	first_line(&said[1], words, sizeof words);
	if (pid < 0)
		status = error_set(error, STATUS_FAILED, "go can't be run: %s", strerror(why));
	else if (WIFEXITED(how) && WEXITSTATUS(how) == 127 && !said[1].size)
		status =
			error_set(error, STATUS_NO_TARGET,
		              "there is no go command in PATH, and it is asked for what is to be built");
	else if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
		status = error_set(error, STATUS_FAILED, "go %s: %s", argv[1],
		                   words[0] ? words : "it failed and says nothing");
	else if (!said[0].text)
		status = error_no_memory(error);
	free(said[1].text);
	if (status == STATUS_OK)
		*out = said[0];
	else
		free(said[0].text);
	return status;
}

/* --- is it fit? ------------------------------------------------------------------------------ */

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

/* "go1.26.8" -> 26; what is no release ("devel ...") is as good as new. */
static int minor_of(const char *version)
{
	int minor;
	return sscanf(version, "go1.%d", &minor) == 1 ? minor : 1000;
}

/* -overlay or --overlay among the words of GOFLAGS. */
static bool has_overlay(const char *flags)
{
	for (const char *at = flags; (at = strstr(at, "-overlay")) != NULL; at++) {
		const char *word = at > flags && at[-1] == '-' ? at - 1 : at;
		if (word == flags || strchr(" '\"", word[-1]))
			return true;
	}
	return false;
}

enum status go_check(const char *directory, struct error *error)
{
	static const char *const argv[] = {"go",    "env",    "-json",       "GOVERSION", "GOFLAGS",
	                                   "GOMOD", "GOWORK", "GO111MODULE", NULL};
	struct output out;
	enum status status = run_go(directory, argv, &out, error);
	if (status != STATUS_OK)
		return status;
	json_t *env = json_loadb(out.text, out.size, 0, NULL);
	free(out.text);
	const char *module = member(env, "GOMOD"), *version = member(env, "GOVERSION");
	bool inside = (module[0] && strcmp(module, "/dev/null") != 0) || member(env, "GOWORK")[0];
	char where[300];
	text_clean(where, sizeof where, directory ? directory : "this folder",
	           strlen(directory ? directory : "this folder"));
	if (minor_of(version) < AGENT_PACK_FLOOR)
		status =
			error_set(error, STATUS_FAILED, "the agent needs Go 1.%d or newer, and this is %.40s",
		              AGENT_PACK_FLOOR, version);
	else if (strcmp(member(env, "GO111MODULE"), "off") == 0)
		status = error_set(error, STATUS_FAILED,
		                   "GO111MODULE=off: the agent becomes a part of a module, so there has to "
		                   "be one");
	else if (!inside)
		status = error_set(error, STATUS_NO_TARGET,
		                   "there is no go.mod in %s or above it: the agent becomes a part of a Go "
		                   "module (go mod init makes one)",
		                   where);
	else if (has_overlay(member(env, "GOFLAGS")))
		status =
			error_set(error, STATUS_FAILED,
		              "GOFLAGS has an -overlay already, and go build takes one: leave it out, or "
		              "use schedtop agent add");
	json_decref(env);
	return status;
}

/* --- packages -------------------------------------------------------------------------------- */

static bool copy(char **to, const json_t *from)
{
	const char *text = json_string_value(from);
	*to = text ? strdup(text) : NULL;
	return *to || !text;
}

static bool read_package(struct go_package *p, const json_t *o)
{
	const json_t *module = json_object_get(o, "Module");
	/* Who imports "C" is listed apart. */
	const json_t *files = json_object_get(o, "GoFiles"), *c_files = json_object_get(o, "CgoFiles");
	size_t n = json_array_size(files), all = n + json_array_size(c_files);
	p->main_module = json_is_true(json_object_get(module, "Main"));
	p->file = calloc(all + 1, sizeof *p->file);
	bool good = p->file && copy(&p->name, json_object_get(o, "Name")) &&
	            copy(&p->import_path, json_object_get(o, "ImportPath")) &&
	            copy(&p->directory, json_object_get(o, "Dir")) &&
	            copy(&p->module, json_object_get(module, "Path")) &&
	            copy(&p->module_directory, json_object_get(module, "Dir"));
	for (size_t i = 0; good && i < all; i++) {
		const json_t *name = i < n ? json_array_get(files, i) : json_array_get(c_files, i - n);
		if (!json_is_string(name))
			continue;
		good = copy(&p->file[p->files], name);
		p->files += good;
	}
	return good;
}

static enum status add_package(struct go_packages *all, const json_t *o, struct error *error)
{
	struct go_package *grown = realloc(all->package, (all->n + 1) * sizeof *grown);
	if (!grown)
		return error_no_memory(error);
	all->package = grown;
	grown[all->n] = (struct go_package){.files = 0};
	if (!read_package(&grown[all->n++], o))
		return error_no_memory(error);
	if (!grown[all->n - 1].name || !grown[all->n - 1].import_path || !grown[all->n - 1].directory)
		return error_set(error, STATUS_FAILED,
		                 "go list tells of a package without its name or folder");
	return STATUS_OK;
}

enum status go_list(struct go_packages *out, const char *directory, const char *const *pattern,
                    size_t patterns, struct error *error)
{
	/* What they import is of no interest, and may not even be there. */
	static const char *const head[] = {"go", "list", "-find",
	                                   "-json=Name,ImportPath,Dir,GoFiles,CgoFiles,Module", "--"};
	enum { HEAD = sizeof head / sizeof head[0] };
	*out = (struct go_packages){.n = 0};
	const char **argv = calloc(HEAD + patterns + 1, sizeof *argv);
	if (!argv)
		return error_no_memory(error);
	memcpy(argv, head, sizeof head);
	memcpy(argv + HEAD, pattern, patterns * sizeof *argv);
	struct output text;
	enum status status = run_go(directory, argv, &text, error);
	free(argv);
	if (status != STATUS_OK)
		return status;
	/* One object after the other. */
	for (size_t at = 0; text.text && status == STATUS_OK;) {
		at += strspn(text.text + at, " \t\r\n");
		if (at >= text.size)
			break;
		json_error_t why;
		json_t *o = json_loadb(text.text + at, text.size - at, JSON_DISABLE_EOF_CHECK, &why);
		status =
			o ? add_package(out, o, error)
			  : error_set(error, STATUS_FAILED, "go list says what is no JSON: %.100s", why.text);
		at += o && why.position > 0 ? (size_t)why.position : text.size;
		json_decref(o);
	}
	free(text.text);
	if (status != STATUS_OK)
		go_packages_finish(out);
	return status;
}

void go_packages_finish(struct go_packages *packages)
{
	for (size_t i = 0; i < packages->n; i++) {
		struct go_package *p = &packages->package[i];
		for (size_t f = 0; f < p->files; f++)
			free(p->file[f]);
		free(p->file);
		free(p->name);
		free(p->import_path);
		free(p->directory);
		free(p->module);
		free(p->module_directory);
	}
	free(packages->package);
	*packages = (struct go_packages){.n = 0};
}
