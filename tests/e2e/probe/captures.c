/*
 * captures PID DIR COUNT KEEP traces|goroutines|paced: takes so many captures one after the other
 * in one process, as a screen does in weeks, and tells how they ended. It fails when the process
 * holds another number of descriptors or threads afterwards, or when DIR holds a file that is not
 * whole. Paced are traces with the pause between them that an agent asks for.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/capture.h"
#include "util/clock.h"

/* What stands in a directory, without the two that always do. */
static int count_entries(const char *path, const char *suffix)
{
	int n = 0;
	DIR *dir = opendir(path);
	for (struct dirent *e; dir && (e = readdir(dir));) {
		size_t length = strlen(e->d_name), tail = strlen(suffix);
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && length >= tail &&
		    strcmp(e->d_name + length - tail, suffix) == 0)
			n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

static enum capture_phase take(const struct capture_options *options)
{
	struct capture *c;
	struct capture_state state;
	struct error error = {0};
	const char *path;
	if (capture_start(&c, options, &error) != STATUS_OK) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	if (capture_wait(c, &state, &path, &error) != STATUS_OK)
		fprintf(stderr, "%s\n", error.text);
	capture_destroy(c);
	return state.phase;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	int ends[CAPTURE_CANCELLED + 1] = {0}, threads = 0, descriptors = 0;
	struct error error = {0};
	bool paced = strcmp(argv[5], "paced") == 0;
	struct capture_options options = {
		.kind = strcmp(argv[5], "goroutines") == 0 ? CAPTURE_KIND_GOROUTINES : CAPTURE_KIND_TRACE,
		.duration_ns = NS_PER_S,
		.fd = -1,
		.directory = argv[2],
		.keep_files = atol(argv[4]),
		.keep_bytes = INT64_MAX,
	};
	if (target_find((pid_t)atoi(argv[1]), &options.target, &error) != STATUS_OK) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	for (int i = 0; i < atoi(argv[3]); i++) {
		ends[take(&options)]++;
		/* What is made once is there after the first. */
		if (i == 0) {
			threads = count_entries("/proc/self/task", "");
			descriptors = count_entries("/proc/self/fd", "");
		}
		if (paced)
			nanosleep(&(struct timespec){.tv_sec = 3}, NULL);
	}
	printf("%d done, %d failed\n", ends[CAPTURE_DONE], ends[CAPTURE_FAILED]);
	int more_threads = count_entries("/proc/self/task", "") - threads;
	int more_descriptors = count_entries("/proc/self/fd", "") - descriptors;
	int temporaries = count_entries(argv[2], ".tmp");
	printf("%d descriptors, %d threads, %d temporaries left\n", more_descriptors, more_threads,
	       temporaries);
	return more_threads || more_descriptors || temporaries;
}
