#include "collect/pprof_figures.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/procfs.h"
#include "util/text.h"

#define VDSO           "[vdso]"
#define CMDLINE_MAX    4096  /* that are compared */
#define GOMAXPROCS_MAX 65536 /* that is believed */

/* --- the place ------------------------------------------------------------------------------- */

static bool ends_in(const char *text, size_t n, const char *with)
{
	size_t length = strlen(with);
	return n >= length && memcmp(text + n - length, with, length) == 0;
}

enum status pprof_place_of(const char *url, struct pprof_place *to, struct error *error)
{
	static const char usual[] = "/debug/pprof";
	size_t n = strlen(url);
	while (n > 0 && url[n - 1] == '/')
		n--;
	bool whole = ends_in(url, n, usual), own = !whole && ends_in(url, n, "/pprof");
	if (whole)
		n -= sizeof usual - 1;
	/* unix:///run/x.sock:/debug/pprof */
	if (whole && n > 0 && url[n - 1] == ':')
		n--;
	if (n >= sizeof to->base)
		return error_set(error, STATUS_USAGE, "the URL is too long");
	memcpy(to->base, url, n);
	to->base[n] = '\0';
	to->prefix = own ? "" : usual;
	to->vars = !own;
	return STATUS_OK;
}

/* --- runtime.MemStats ------------------------------------------------------------------------ */

/* Those that are what runtime/metrics tells under our names. Mallocs is not: it counts tiny objects
   one by one. */
static const struct {
	const char *name;
	int field;
} figures[] = {
	{"TotalAlloc", RUNTIME_ALLOC_BYTES}, {"HeapAlloc", RUNTIME_HEAP_OBJECTS_BYTES},
	{"NextGC", RUNTIME_HEAP_GOAL_BYTES}, {"Sys", RUNTIME_MEMORY_TOTAL_BYTES},
	{"NumGC", RUNTIME_GC_CYCLES},        {"NumForcedGC", RUNTIME_GC_CYCLES_FORCED},
};
#define FIGURES (sizeof figures / sizeof *figures)

/* "# NumGC = 12" */
static void read_line(const char *line, size_t n, struct fields *to)
{
	for (size_t i = 0; i < FIGURES; i++) {
		char head[32], digits[24];
		size_t length = (size_t)snprintf(head, sizeof head, "# %s = ", figures[i].name);
		if (n <= length || n - length >= sizeof digits || memcmp(line, head, length) != 0)
			continue;
		memcpy(digits, line + length, n - length);
		digits[n - length] = '\0';
		long value;
		if (text_parse_integer(digits, 0, INT64_MAX, &value))
			fields_set(to, figures[i].field, value);
		return;
	}
}

bool pprof_read_memstats(const char *text, size_t size, struct fields *to)
{
	static const char title[] = "# runtime.MemStats";
	*to = (struct fields){0};
	if (size == 0)
		return false; /* and there may be no text to point at */
	const char *end = text + size;
	const char *at = memmem(text, size, title, sizeof title - 1);
	while (at && at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		if (!line_end)
			break; /* cut off in the middle of a number, maybe */
		read_line(at, (size_t)(line_end - at), to);
		at = line_end + 1;
	}
	return to->valid != 0;
}

bool pprof_read_vars(const char *json, size_t size, struct fields *to)
{
	json_t *root = size ? json_loadb(json, size, 0, NULL) : NULL;
	const json_t *memstats = json_object_get(root, "memstats");
	*to = (struct fields){0};
	for (size_t i = 0; i < FIGURES; i++) {
		const json_t *value = json_object_get(memstats, figures[i].name);
		if (json_is_integer(value) && json_integer_value(value) >= 0)
			fields_set(to, figures[i].field, json_integer_value(value));
	}
	json_decref(root);
	return to->valid != 0;
}

/* --- /metrics -------------------------------------------------------------------------------- */

/* go_info{version="go1.26.8"} 1 */
static void read_version(const char *line, size_t n, struct pprof_build *to)
{
	static const char head[] = "go_info{", label[] = "version=\"go1.";
	const char *end = line + n;
	if (n < sizeof head || memcmp(line, head, sizeof head - 1) != 0)
		return;
	const char *at = memmem(line, n, label, sizeof label - 1);
	if (!at)
		return;
	at += strlen("version=\"");
	const char *quote = memchr(at, '"', (size_t)(end - at));
	if (quote && (size_t)(quote - at) < sizeof to->go_version)
		text_clean(to->go_version, sizeof to->go_version, at, (size_t)(quote - at));
}

/* go_sched_gomaxprocs_threads 8 */
static void read_gomaxprocs(const char *line, size_t n, struct pprof_build *to)
{
	static const char head[] = "go_sched_gomaxprocs_threads ";
	char digits[8];
	long value;
	size_t length = sizeof head - 1;
	if (n <= length || n - length >= sizeof digits || memcmp(line, head, length) != 0)
		return;
	memcpy(digits, line + length, n - length);
	digits[n - length] = '\0';
	if (text_parse_integer(digits, 1, GOMAXPROCS_MAX, &value))
		to->gomaxprocs = value;
}

bool pprof_read_metrics(const char *text, size_t size, struct pprof_build *to)
{
	*to = (struct pprof_build){.gomaxprocs = 0};
	while (size > 0) {
		const char *newline = memchr(text, '\n', size);
		size_t n = newline ? (size_t)(newline - text) : size, taken = n + (newline != NULL);
		read_version(text, n, to);
		read_gomaxprocs(text, n, to);
		text += taken;
		size -= taken;
	}
	return to->go_version[0] || to->gomaxprocs > 0;
}

/* --- the command line ------------------------------------------------------------------------ */

/* Of a path that ends at `n`. */
static void base_name(const char *path, size_t n, char *to, size_t room)
{
	size_t from = n;
	while (from > 0 && path[from - 1] != '/')
		from--;
	text_clean(to, room, path + from, n - from);
}

bool pprof_read_program(const char *cmdline, size_t size, char *to, size_t room)
{
	size_t n = size ? strnlen(cmdline, size) : 0;
	to[0] = '\0';
	/* A page is none, whoever sends it, nor is a profile. */
	if (n == 0 || n > CMDLINE_MAX || cmdline[0] == '<' || iscntrl((unsigned char)cmdline[0]) ||
	    memchr(cmdline, '\n', n))
		return false;
	base_name(cmdline, n, to, room);
	return to[0] != '\0';
}

bool pprof_has_cmdline(pid_t pid, const char *cmdline, size_t size)
{
	char ours[CMDLINE_MAX + 1];
	ssize_t n = procfs_read(pid, "cmdline", ours, sizeof ours);
	/* os.Args has no NUL at its end, /proc has one. */
	while (n > 0 && ours[n - 1] == '\0')
		n--;
	while (size > 0 && cmdline[size - 1] == '\0')
		size--;
	if (n <= 0 || (size_t)n >= CMDLINE_MAX || size >= CMDLINE_MAX)
		return true;
	return (size_t)n == size && memcmp(ours, cmdline, size) == 0;
}

/* --- the mappings ---------------------------------------------------------------------------- */

static uint64_t find_vdso(const struct pprof_profile *p)
{
	for (size_t i = 0; i < p->mappings; i++)
		if (strcmp(p->mapping[i].file, VDSO) == 0)
			return p->mapping[i].start;
	return 0;
}

/* 0: not known; we may not look, or there is none. */
static uint64_t vdso_of(pid_t pid)
{
	char path[32], line[512];
	uint64_t start = 0, at;
	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	FILE *file = fopen(path, "re");
	while (file && start == 0 && fgets(line, sizeof line, file)) {
		size_t n = strcspn(line, "\n");
		size_t tail = sizeof VDSO - 1;
		if (n > tail && memcmp(line + n - tail, VDSO, tail) == 0 &&
		    sscanf(line, "%" SCNx64 "-", &at) == 1)
			start = at;
	}
	if (file)
		fclose(file);
	return start;
}

enum pprof_kinship pprof_compare(const struct pprof_profile *p, pid_t pid)
{
	uint64_t told = find_vdso(p), found = vdso_of(pid);
	if (told == 0 || found == 0)
		return PPROF_UNKNOWN;
	return told == found ? PPROF_SAME : PPROF_OTHER;
}

uint64_t pprof_identity(const struct pprof_profile *p)
{
	return find_vdso(p);
}

void pprof_binary(const struct pprof_profile *p, char *to, size_t room)
{
	const char *path = p->mappings ? p->mapping[0].file : "";
	base_name(path, strlen(path), to, room);
}
