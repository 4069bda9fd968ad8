/*
 * Writes small inputs for the fuzz targets that read bytes and not text: executables as the linker
 * writes them, their DWARF, a recording in frames, and pokes at a memory. `seeds DIR` makes
 * DIR/TARGET/NAME; the same bytes every time.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/frame_writer.h"
#include "tests/unit/goproc_dwarf.h"
#include "tests/unit/goproc_elf.h"
#include "util/clock.h"

#define FIRST_MINOR 18 /* the oldest release that is supported */

static const char *directory;

static void give_up(const char *what)
{
	fprintf(stderr, "seeds: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(const char *target, const char *name, const void *data, size_t size)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", directory, target);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		give_up(path);
	snprintf(path, sizeof path, "%s/%s/%s", directory, target, name);
	FILE *file = fopen(path, "w");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		give_up(path);
}

/* The target has its release from the last byte. */
static void put_elf(const char *name, const struct go_elf *elf, int minor)
{
	uint8_t *bytes = malloc(elf->n + 1);
	if (!bytes)
		give_up(name);
	memcpy(bytes, elf->bytes, elf->n);
	bytes[elf->n] = (uint8_t)(minor - FIRST_MINOR);
	put("elf", name, bytes, elf->n + 1);
	free(bytes);
}

static void make_executables(void)
{
	for (int minor = FIRST_MINOR; minor <= layout_newest(); minor += 2) {
		char version[16], name[32];
		snprintf(version, sizeof version, "go1.%d", minor);
		struct go_elf elf = go_elf_create(minor, version,
		                                  "path\texample.com/tiny\n"
		                                  "mod\texample.com/tiny\t(devel)\t\n");
		put_elf(version, &elf, minor);
		go_elf_drop_sections(&elf);
		snprintf(name, sizeof name, "%s-stripped", version);
		put_elf(name, &elf, minor);
		go_elf_finish(&elf);
	}
}

static void make_dwarf(void)
{
	for (int minor = FIRST_MINOR; minor <= layout_newest(); minor++) {
		uint8_t bytes[DWARF_MAX];
		char name[16];
		snprintf(name, sizeof name, "go1.%d", minor);
		put("dwarf", name, bytes, dwarf_write(bytes, layout_find(minor)));
	}
}

/* Two frames and their index. */
static void make_frames(void)
{
	struct frame_writer *w;
	static unsigned char bytes[1 << 16];
	int fd = memfd_create("frames", MFD_CLOEXEC);
	if (fd < 0 || frame_writer_create(&w, fd, NULL) != STATUS_OK)
		give_up("frames");
	for (int64_t i = 1; i <= 4; i++) {
		char line[200];
		int64_t at_ns = i * FRAME_SPAN_NS / 2;
		int n = snprintf(line, sizeof line,
		                 "{\"schema\":1,\"monotonic_ns\":%jd,\"wall_ns\":%jd,"
		                 "\"interval_ns\":1000000000,\"pid\":7,\"state\":\"live\"}\n",
		                 (intmax_t)at_ns, (intmax_t)(at_ns + 1760000000 * NS_PER_S));
		if (frame_writer_add(w, line, (size_t)n, at_ns, at_ns, NULL) != STATUS_OK)
			give_up("frames");
	}
	frame_writer_finish(w, NULL);
	frame_writer_destroy(w);
	ssize_t n = pread(fd, bytes, sizeof bytes, 0);
	if (n <= 0)
		give_up("frames");
	put("recording", "frames", bytes, (size_t)n);
	close(fd);
}

/* Every kind of poke with every value, as fuzz_goroutines.c reads them: a release, then when, what,
   which, and the number of a value. */
static void make_pokes(void)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		uint8_t bytes[1 + 4 * 64];
		char name[16];
		bytes[0] = 26 - FIRST_MINOR;
		for (unsigned i = 0; i < 64; i++) {
			uint8_t *poke = bytes + 1 + 4 * i;
			poke[0] = (uint8_t)(i % 8 == 7);
			poke[1] = (uint8_t)(i % 16 * 4 + kind);
			poke[2] = (uint8_t)i;
			poke[3] = (uint8_t)(4 * i);
		}
		snprintf(name, sizeof name, "pokes-%u", kind);
		put("goroutines", name, bytes, sizeof bytes);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: seeds DIR\n", stderr);
		return 2;
	}
	directory = argv[1];
	make_executables();
	make_dwarf();
	make_frames();
	make_pokes();
	return 0;
}
