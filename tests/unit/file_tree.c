#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/file_tree.h"

int file_tree_make(void **state)
{
	char *root = strdup("/tmp/schedtop-tree-XXXXXX");
	*state = root;
	return root && mkdtemp(root) ? 0 : -1;
}

int file_tree_remove(void **state)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	int failed = system(command); /* NOLINT(cert-env33-c): a path of our own making */
	free(*state);
	return failed;
}

void file_tree_put(const char *root, const char *path, const char *text)
{
	char full[512];
	snprintf(full, sizeof full, "%s%s", root, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	FILE *f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}
