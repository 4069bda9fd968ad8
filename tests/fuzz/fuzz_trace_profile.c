/* Whatever a trace may hold, as a profile of each kind and as folded stacks: the last bytes choose
   what is asked for. What is written can be read back, and both say the same. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "export/folded.h"
#include "export/pass.h"
#include "export/pprof.h"
#include "export/pprof.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICES = 4 };

static void demand(bool promise)
{
	if (!promise)
		abort();
}

static struct profile choose(const uint8_t choice[static CHOICES])
{
	struct profile p = {
		.kind = choice[0] % PROFILE_KINDS,
		.still_blocked = choice[1] & 1,
		.goroutine = choice[1] & 2 ? choice[2] : 0,
		.of_tasks = choice[1] & 4,
		.filter = {.id = choice[1] & 8 ? choice[2] : 0},
		.to_ns = INT64_MAX,
	};
	if (choice[1] & 16) {
		p.from_ns = (int64_t)choice[2] << 10;
		p.to_ns = p.from_ns + ((int64_t)choice[3] << 10) + 1;
	}
	return p;
}

/* All that was written to the sink, which is finished; the caller frees it. */
static char *take(struct sink *sink, int fd, size_t *size)
{
	demand(sink_commit(sink, NULL) == STATUS_OK);
	sink_finish(sink);
	off_t end = lseek(fd, 0, SEEK_END);
	char *text = malloc((size_t)end + 1);
	demand(end >= 0 && text && pread(fd, text, (size_t)end, 0) == end);
	text[end] = '\0';
	*size = (size_t)end;
	close(fd);
	return text;
}

static int open_sink(struct sink *sink)
{
	int fd = memfd_create("profile", MFD_CLOEXEC);
	demand(fd >= 0 && sink_open_fd(sink, fd, false, NULL) == STATUS_OK);
	return fd;
}

static void look(const char *text)
{
	for (; *text; text++)
		demand((unsigned char)*text >= ' ' || *text == '\n');
}

/* The sum of the last values, as numbers that wrap. */
static uint64_t sum_of_profile(const struct profile *profile, const struct names *names)
{
	struct sink sink;
	size_t size;
	uint64_t sum = 0;
	int fd = open_sink(&sink);
	demand(pprof_write(&sink, profile, names, (struct pprof_times){0}));
	char *data = take(&sink, fd, &size);
	Pprof__Profile *p = pprof__profile__unpack(NULL, size, (const uint8_t *)data);
	demand(p && p->n_string_table > 0 && !*p->string_table[0]);
	for (size_t i = 0; i < p->n_string_table; i++)
		look(p->string_table[i]);
	for (size_t i = 0; i < p->n_location; i++)
		demand(p->location[i]->id == i + 1 && p->location[i]->line[0]->function_id > 0 &&
		       p->location[i]->line[0]->function_id <= p->n_function);
	for (size_t i = 0; i < p->n_function; i++)
		demand(p->function[i]->id == i + 1 && (uint64_t)p->function[i]->name < p->n_string_table &&
		       (uint64_t)p->function[i]->filename < p->n_string_table);
	for (size_t i = 0; i < p->n_sample; i++) {
		const Pprof__Sample *s = p->sample[i];
		demand(s->n_value == p->n_sample_type);
		for (size_t k = 0; k < s->n_location_id; k++)
			demand(s->location_id[k] > 0 && s->location_id[k] <= p->n_location);
		demand(s->value[s->n_value - 1] > 0);
		sum += (uint64_t)s->value[s->n_value - 1];
	}
	pprof__profile__free_unpacked(p, NULL);
	free(data);
	return sum;
}

static uint64_t sum_of_folded(const struct profile *profile, const struct names *names)
{
	struct sink sink;
	size_t size;
	uint64_t sum = 0;
	int fd = open_sink(&sink);
	folded_write(&sink, profile, names);
	char *text = take(&sink, fd, &size);
	demand(strlen(text) == size);
	look(text);
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		const char *value = strrchr(line, ' ');
		demand(value != NULL);
		sum += strtoull(value, NULL, 10);
	}
	free(text);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;
	struct export_pass pass;
	struct error error = {0};
	if (size < CHOICES)
		return 0;
	struct profile profile = choose(data + size - CHOICES);
	const struct pass_options options = {.path = "-",
	                                     .as_reference = data[size - 3] & 32,
	                                     .one_thread = true};
	const struct trace_visitor visitor = profile_visitor(&profile);
	input_open_memory(&in, data, size - CHOICES);
	enum status status = export_pass_read_input(&pass, &in, &options, &visitor, &error);
	demand(status == STATUS_OK || status == STATUS_DAMAGED);
	if (status == STATUS_OK)
		demand(sum_of_profile(&profile, &pass.names) == sum_of_folded(&profile, &pass.names));
	profile_finish(&profile);
	export_pass_finish(&pass);
	input_finish(&in);
	return 0;
}
