#include "tui/command.h"

#include <string.h>

#define LIVE  COMMAND_LIVE
#define TRACE COMMAND_TRACE
#define BOTH  (COMMAND_LIVE | COMMAND_TRACE)
#define ALL   (BOTH | COMMAND_FLEET)

const struct command_info command_info[COMMAND_COUNT] = {
	[COMMAND_QUIT] = {"quit", NULL, "Leave; a process that is watched goes on as before.", ALL},
	[COMMAND_REDRAW] = {"redraw", NULL, "Draw the whole screen again.", ALL},
	[COMMAND_HELP] = {"help", NULL, "Show the keys that work here, and the commands.", ALL},
	[COMMAND_THEME] = {"theme", "NAME",
                       "Take the colours of this theme; Tab names those there are.", LIVE},
	[COMMAND_SETUP] = {"setup", NULL, "Change settings, and see the file before it is written.",
                       ALL},
	[COMMAND_RESET] = {"default", NULL, "Take the setting out of the file.", 0},
	[COMMAND_WRITE] = {"write", NULL, "Show the file as it would become; there: write it.", 0},
	[COMMAND_COPY] = {"copy", NULL, "Copy what is selected, with its stack, to the clipboard.",
                      ALL},
	[COMMAND_SAVE] = {"save", "FILE", "Save this as .txt, .csv or .json; save! replaces the file.",
                      ALL},
	[COMMAND_LINE] = {"command", NULL,
                      "Type a command; Tab completes it, Up brings back older ones.", 0},
	[COMMAND_CLOSE] = {"close", NULL, "Close what is open, else show all rows again, else go back.",
                       0},
	[COMMAND_UP] = {"up", NULL, "Move up by one row.", 0},
	[COMMAND_DOWN] = {"down", NULL, "Move down by one row.", 0},
	[COMMAND_PAGE_UP] = {"page-up", NULL, "Move up by one screen.", 0},
	[COMMAND_PAGE_DOWN] = {"page-down", NULL, "Move down by one screen.", 0},
	[COMMAND_HALF_UP] = {"half-up", NULL, "Move up by half a screen.", 0},
	[COMMAND_HALF_DOWN] = {"half-down", NULL, "Move down by half a screen.", 0},
	[COMMAND_FIRST] = {"first", NULL, "Go to the first row.", ALL},
	[COMMAND_LAST] = {"last", NULL, "Go to the last row.", ALL},
	[COMMAND_CHOOSE] = {"choose", NULL, "Watch the selected process.", 0},
	[COMMAND_COMPACT] = {"compact", NULL,
                         "Let Ps share rows, so that all are seen; again: one each.", LIVE},
	[COMMAND_FILTER] = {"filter", "[TEXT]",
                        "Show only rows that have this text or regex; !TEXT: others.", ALL},
	[COMMAND_SORT] = {"sort", "[COLUMN]", "Sort by this column, or by the next one.", ALL},
	[COMMAND_SORT_PREVIOUS] = {"sort-previous", NULL, "Sort by the column before.", 0},
	[COMMAND_REVERSE] = {"reverse", NULL, "Turn the order of the rows around.", ALL},
	[COMMAND_EXPAND] = {"expand", NULL,
                        "Open what is selected, a group one by one; again: close it.", BOTH},
	[COMMAND_GROUP] = {"group", "[WHAT]", "Group the rows by this, or by the next thing there is.",
                       BOTH},
	[COMMAND_SYSTEM] = {"system", NULL, "Show the runtime's own goroutines, too; again: hide them.",
                        LIVE},
	[COMMAND_VIEW] = {"view", "NAME", "Show this view.", BOTH},
	[COMMAND_VIEW_NEXT] = {"next-view", NULL, "Show the next view.", 0},
	[COMMAND_VIEW_PREVIOUS] = {"previous-view", NULL, "Show the view before this one.", 0},
	[COMMAND_PAUSE] = {"pause", NULL,
                       "Freeze what is shown, while collecting goes on; again: live.", LIVE},
	[COMMAND_EARLIER] = {"back", "[TIME]", "Go back in time, by a step or by this much.", BOTH},
	[COMMAND_LATER] = {"forward", "[TIME]", "Go forward in time, by a step or by this much.", BOTH},
	[COMMAND_OLDEST] = {"oldest", NULL, "Go to the oldest moment that is kept.", LIVE},
	[COMMAND_NEWEST] = {"live", NULL, "Go to the present, and stay there.", LIVE},
	[COMMAND_SEEK] = {"seek", "TIME",
                      "Of a recording: go to 03:12:30, \"2026-11-21 03:12\" or -10m.", LIVE},
	[COMMAND_SPEED] = {"speed", "N", "Of a recording: play at 0.1 to 100 times its pace, or max.",
                       LIVE},
	[COMMAND_SPAN] = {"span", "TIME", "Let time axes cover this much; live: 15s to 10m.", BOTH},
	[COMMAND_ZOOM_IN] = {"zoom-in", NULL, "Let time axes cover less, down to 15 s.", 0},
	[COMMAND_ZOOM_OUT] = {"zoom-out", NULL, "Let time axes cover more, up to 10 minutes.", 0},
	[COMMAND_WHOLE] = {"whole", NULL, "Let the timeline show the whole trace.", TRACE},
	[COMMAND_AT] = {"at", "TIME", "Go to this time since the trace began.", TRACE},
	[COMMAND_SPAN_PREVIOUS] = {"previous-span", NULL, "Select the span before.", 0},
	[COMMAND_SPAN_NEXT] = {"next-span", NULL, "Select the span behind.", 0},
	[COMMAND_WAKER] = {"waker", NULL, "Go to who woke the goroutine, or ended its wait.", TRACE},
	[COMMAND_WOKEN] = {"woken", NULL, "Go to whom the goroutine wakes next.", TRACE},
	[COMMAND_GOROUTINE] = {"goroutine", NULL, "Show the selected goroutine with its totals.",
                           TRACE},
	[COMMAND_JUMP_BACK] = {"return", NULL, "Go back to where the last jump began.", TRACE},
	[COMMAND_MARK] = {"mark", NULL, "Set a mark here, or take it away; two tell the time between.",
                      TRACE},
	[COMMAND_SEARCH] = {"search", "TEXT",
                        "Go to the next row, or span, that has this text or regex.", ALL},
	[COMMAND_SEARCH_NEXT] = {"search-next", NULL,
                             "Go to the next one that has what was searched for.", 0},
	[COMMAND_SEARCH_PREVIOUS] = {"search-previous", NULL, "Go to the one before.", 0},
	[COMMAND_INTERVAL] = {"interval", "TIME", "Take a snapshot this often, 50ms to 1h.", LIVE},
	[COMMAND_SLOWER] = {"slower", NULL, "Take snapshots less often.", 0},
	[COMMAND_FASTER] = {"faster", NULL, "Take snapshots more often.", 0},
	[COMMAND_FOLLOW] = {"follow", "[PID]", "Watch this process instead, or the one that took over.",
                        LIVE},
	[COMMAND_CAPTURE] = {"trace", "[TIME]",
                         "Record what comes, a trace of 1s to 30s; again: cancel it.", LIVE},
	[COMMAND_FLIGHT] = {"flight", NULL, "Write down what the program's flight recorder has seen.",
                        LIVE},
	[COMMAND_OPEN] = {"open", "[FILE]", "Browse this trace, or the last one that was taken.", LIVE},
};

static const char *const spans[] = {"15s", "30s", "1m", "2m", "5m", "10m", NULL};
static const char *const intervals[] = {"50ms", "100ms", "200ms", "500ms", "1s", "2s",
                                        "5s",   "10s",   "30s",   "1m",    NULL};
static const char *const lengths[] = {"1s", "3s", "5s", "10s", "30s", NULL};
static const char *const steps[] = {"1s", "10s", "1m", "5m", NULL};
static const char *const speeds[] = {"0.1", "0.5", "1", "2", "5", "10", "100", "max", NULL};
static const char *const forms[] = {"view.txt", "view.csv", "view.json", NULL};

static const char *const *const values[COMMAND_COUNT] = {
	[COMMAND_SPAN] = spans,    [COMMAND_INTERVAL] = intervals, [COMMAND_CAPTURE] = lengths,
	[COMMAND_EARLIER] = steps, [COMMAND_LATER] = steps,        [COMMAND_SPEED] = speeds,
	[COMMAND_SAVE] = forms,
};

const char *command_value(enum command command, size_t i)
{
	for (const char *const *word = values[command]; word && *word; word++)
		if (i-- == 0)
			return *word;
	return NULL;
}

enum command command_find(const char *name, size_t length, enum command_screen screen)
{
	enum command found = COMMAND_NONE;
	for (int i = COMMAND_NONE + 1; length > 0 && i < COMMAND_COUNT; i++) {
		const char *full = command_info[i].name;
		if (!(command_info[i].screens & screen) || strncmp(full, name, length) != 0)
			continue;
		if (!full[length])
			return (enum command)i;
		if (found)
			return COMMAND_NONE;
		found = (enum command)i;
	}
	return found;
}

enum command command_named(const char *name, size_t length)
{
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
		if (strlen(command_info[i].name) == length &&
		    memcmp(command_info[i].name, name, length) == 0)
			return (enum command)i;
	return COMMAND_NONE;
}
