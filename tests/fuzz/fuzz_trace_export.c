/* Whatever a trace may hold, told to a narrator that distrusts the story, and in every format: the
   last bytes choose what is asked for. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "export/chrome.h"
#include "export/csv.h"
#include "export/perfetto.h"
#include "export/story.h"
#include "trace/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICES = 5, TRACKS = 64 /* of each kind that are looked at */ };

static void demand(bool promise)
{
	if (!promise)
		abort();
}

/* --- a narrator ------------------------------------------------------------------------------ */

/* How many slices are open of each category, and when anything was last told of a track. */
struct listener {
	struct story_narrator next;
	long open[STORY_CATEGORIES];
	int64_t last_ns[TRACK_KINDS][TRACKS];
	uint64_t begun, ended;
};

static void note_time(struct listener *l, const struct story_track *track, int64_t at_ns)
{
	demand(at_ns >= 0 && (unsigned)track->kind < TRACK_KINDS);
	/* A goroutine may come back under its ID, of which the story keeps what is likely to. */
	if (track->number >= TRACKS || track->kind == TRACK_GOROUTINE || track->kind == TRACK_REGIONS)
		return;
	demand(at_ns >= l->last_ns[track->kind][track->number]);
	l->last_ns[track->kind][track->number] = at_ns;
}

static bool on_clock(void *self, int64_t at_ns, int64_t wall_ns)
{
	const struct listener *l = self;
	demand(at_ns >= 0 && wall_ns >= 0);
	return !l->next.clock || l->next.clock(l->next.self, at_ns, wall_ns);
}

static bool on_track(void *self, const struct story_track *track)
{
	const struct listener *l = self;
	return l->next.track(l->next.self, track);
}

static bool on_begin(void *self, const struct story_slice *slice)
{
	struct listener *l = self;
	note_time(l, &slice->track, slice->begin_ns);
	l->open[slice->category]++;
	return !l->next.begin || l->next.begin(l->next.self, slice);
}

static bool on_end(void *self, const struct story_slice *slice)
{
	struct listener *l = self;
	demand(slice->end_ns >= slice->begin_ns);
	note_time(l, &slice->track, slice->end_ns);
	demand(--l->open[slice->category] >= 0);
	return l->next.end(l->next.self, slice);
}

static bool on_instant(void *self, const struct story_instant *instant)
{
	const struct listener *l = self;
	demand(instant->at_ns >= 0);
	return l->next.instant(l->next.self, instant);
}

static bool on_counter(void *self, enum story_counter counter, int64_t at_ns, uint64_t value)
{
	const struct listener *l = self;
	demand(at_ns >= 0);
	return l->next.counter(l->next.self, counter, at_ns, value);
}

/* --- one pass -------------------------------------------------------------------------------- */

static bool (*const formats[])(struct sink *sink, const struct story *story,
                               struct story_narrator *narrator) = {perfetto_open, chrome_open,
                                                                   csv_open};

static struct story_options choose(const uint8_t choice[static CHOICES])
{
	struct story_options options = {
		.goroutine = choice[0] & 2 ? choice[1] : 0,
		.part = choice[0] & 4,
		.redact = (enum redact_level)(choice[4] % REDACT_LEVELS),
	};
	if (choice[0] & 8)
		options.task.id = choice[1];
	if (choice[0] & 16)
		options.task.type = "a";
	return options;
}

static void tell(const uint8_t *data, size_t size, const uint8_t choice[static CHOICES],
                 struct sink *sink)
{
	struct input in;
	struct names names = {0};
	struct trace_summary summary;
	struct error error = {0};
	struct listener listener = {0};
	struct story story = {.options = choose(choice)};
	demand(formats[choice[4] / 4 % 3](sink, &story, &listener.next));
	story.narrator = (struct story_narrator){.self = &listener,
	                                         .clock = on_clock,
	                                         .track = on_track,
	                                         .begin = on_begin,
	                                         .end = on_end,
	                                         .instant = on_instant,
	                                         .counter = on_counter};
	const struct window_member member = {story_visitor(&story), story_restart};
	struct window window = {.member = &member, .members = 1, .to_ns = INT64_MAX};
	if (story.options.part) {
		window.from_ns = ((int64_t)choice[2] << 10) + 1;
		window.to_ns = window.from_ns + ((int64_t)choice[3] << 10) + 1;
	}
	const struct trace_visitor visitor = window_visitor(&window);
	const struct trace_options options = {.strict = choice[0] & 1,
	                                      .one_thread = true,
	                                      .names = &names};
	input_open_memory(&in, data, size);
	enum status status = trace_read(&in, &options, &visitor, 1, &summary, &error);
	demand(status != STATUS_FAILED); /* there is memory enough */
	window_finish(&window);
	story.names = &names;
	if (listener.next.finish)
		listener.next.finish(listener.next.self);
	for (size_t i = 0; i < STORY_CATEGORIES; i++)
		demand(listener.open[i] == 0);
	listener.next.destroy(listener.next.self);
	story_finish(&story);
	names_finish(&names);
	input_finish(&in);
}

/* What came out of Chrome's format is JSON. */
static void read_back(int fd)
{
	json_error_t why;
	lseek(fd, 0, SEEK_SET);
	json_t *object = json_loadfd(fd, 0, &why);
	demand(object != NULL);
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct sink sink;
	struct error error;
	if (size < CHOICES)
		return 0;
	if (fd < 0)
		fd = memfd_create("export", 0);
	demand(fd >= 0 && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	const uint8_t *choice = data + size - CHOICES;
	demand(sink_open_fd(&sink, fd, false, &error) == STATUS_OK);
	tell(data, size - CHOICES, choice, &sink);
	demand(sink_commit(&sink, &error) == STATUS_OK);
	sink_finish(&sink);
	if (choice[4] / 4 % 3 == 1)
		read_back(fd);
	return 0;
}
