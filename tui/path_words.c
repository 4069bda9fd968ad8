#include "tui/path_words.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/text.h"

#define ENTRIES_MAX 10000 /* of a directory: who asks waits for it */

/* "~/x" as a shell has it, and as the commands do that take a path. */
static bool directory_of(char *to, size_t size, const char *typed, size_t length)
{
	const char *home = length > 1 && typed[0] == '~' && typed[1] == '/' ? getenv("HOME") : NULL;
	int written = length == 0 ? snprintf(to, size, ".")
	              : home      ? snprintf(to, size, "%s%.*s", home, (int)length - 1, typed + 1)
	                          : snprintf(to, size, "%.*s", (int)length, typed);
	return written > 0 && (size_t)written < size;
}

static bool is_directory(int directory, const struct dirent *e)
{
	struct stat info;
	if (e->d_type != DT_LNK && e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(directory, e->d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

/* Is it typed as it is drawn? */
static bool is_plain(const char *name)
{
	char clean[PROMPT_TEXT_MAX];
	text_clean(clean, sizeof clean, name, strlen(name));
	return strcmp(clean, name) == 0;
}

/* Cuts `common` to what the word begins with as well. */
static void share(char *common, const char *word)
{
	size_t same = 0;
	while (common[same] && common[same] == word[same])
		same++;
	while (same > 0 && ((unsigned char)common[same] & 0xc0) == 0x80) /* inside a character */
		same--;
	common[same] = '\0';
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

void path_words_read(struct path_words *words, const char *typed)
{
	const char *slash = strrchr(typed, '/'), *base = slash ? slash + 1 : typed;
	size_t lead = (size_t)(base - typed), length = strlen(base), found = 0;
	char directory[4096], common[PROMPT_TEXT_MAX];
	words->n = 0;
	DIR *dir = directory_of(directory, sizeof directory, typed, lead) ? opendir(directory) : NULL;
	if (!dir)
		return;
	struct dirent *e;
	for (int entries = 0; entries < ENTRIES_MAX && (e = readdir(dir)) != NULL; entries++) {
		char word[PROMPT_TEXT_MAX];
		const char *name = e->d_name;
		if (strncmp(name, base, length) != 0 || (name[0] == '.' && base[0] != '.') ||
		    strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !is_plain(name))
			continue;
		int written = snprintf(word, sizeof word, "%.*s%s%s", (int)lead, typed, name,
		                       is_directory(dirfd(dir), e) ? "/" : "");
		if (written < 0 || (size_t)written >= sizeof word)
			continue;
		if (found++ == 0)
			snprintf(common, sizeof common, "%s", word);
		share(common, word);
		if (found <= PATH_WORDS_MAX)
			snprintf(words->word[words->n++], sizeof word, "%s", word);
	}
	closedir(dir);
	qsort(words->word, words->n, sizeof words->word[0], by_name);
	if (found <= PATH_WORDS_MAX)
		return;
	words->n = 1;
	snprintf(words->word[0], sizeof words->word[0], "%s", common);
}
