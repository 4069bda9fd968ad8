/*
 * A tree of small files of its own for each test, as /proc or cgroups would be: setup and teardown
 * of cmocka, which leave the path of the root in *state.
 */
#ifndef SCHEDTOP_TESTS_FILE_TREE_H
#define SCHEDTOP_TESTS_FILE_TREE_H

int file_tree_make(void **state);
int file_tree_remove(void **state);

/* Deletes the file, or the directory with all that is in it, and follows no link; 0 when it is
 * gone. */
int file_tree_delete(const char *path);

/* Writes the file, and makes the directories that it lies in; `path` begins with a slash. */
void file_tree_put(const char *root, const char *path, const char *text);

#endif
