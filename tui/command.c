#include "tui/command.h"

#include <string.h>

const struct command_info command_info[COMMAND_COUNT] = {
	[COMMAND_QUIT] = {"quit", NULL, "Leave; the process goes on as before."},
	[COMMAND_REDRAW] = {"redraw", NULL, "Draw the whole screen again."},
	[COMMAND_HELP] = {"help", NULL, "Show the keys that work here, and the commands."},
	[COMMAND_THEME] = {"theme", "NAME",
                       "Take the colours of this theme; Tab names those there are."},
	[COMMAND_LINE] = {NULL, NULL, "Type a command; Tab completes it, Up brings back older ones."},
	[COMMAND_CLOSE] = {NULL, NULL, "Show all rows again."},
	[COMMAND_UP] = {NULL, NULL, "Move up by one row."},
	[COMMAND_DOWN] = {NULL, NULL, "Move down by one row."},
	[COMMAND_PAGE_UP] = {NULL, NULL, "Move up by one screen."},
	[COMMAND_PAGE_DOWN] = {NULL, NULL, "Move down by one screen."},
	[COMMAND_FIRST] = {"first", NULL, "Go to the first row."},
	[COMMAND_LAST] = {"last", NULL, "Go to the last row."},
	[COMMAND_CHOOSE] = {NULL, NULL, "Watch the selected process."},
	[COMMAND_COMPACT] = {"compact", NULL,
                         "Let Ps share rows, so that all are seen; again: one each."},
	[COMMAND_FILTER] = {"filter", "[TEXT]",
                        "Show only rows that have this text or regex; !TEXT: others."},
	[COMMAND_SORT] = {"sort", "[COLUMN]", "Sort by this column, or by the next one."},
	[COMMAND_REVERSE] = {"reverse", NULL, "Turn the order of the rows around."},
	[COMMAND_EXPAND] = {"expand", NULL, "Show the group one by one, with stacks; again: close it."},
	[COMMAND_GROUP] = {"group", "[WHAT]",
                       "Group goroutines by creator, or by where they stand (top)."},
	[COMMAND_SYSTEM] = {"system", NULL,
                        "Show the runtime's own goroutines, too; again: hide them."},
	[COMMAND_VIEW] = {"view", "NAME", "Show this view."},
	[COMMAND_VIEW_NEXT] = {NULL, NULL, "Show the next view."},
	[COMMAND_VIEW_PREVIOUS] = {NULL, NULL, "Show the view before this one."},
	[COMMAND_PAUSE] = {"pause", NULL,
                       "Freeze what is shown, while collecting goes on; again: live."},
	[COMMAND_EARLIER] = {"back", "[TIME]", "Go back in time, by one snapshot or by this much."},
	[COMMAND_LATER] = {"forward", "[TIME]", "Go forward in time, by one snapshot or by this much."},
	[COMMAND_OLDEST] = {"oldest", NULL, "Go to the oldest moment that is kept."},
	[COMMAND_NEWEST] = {"live", NULL, "Go to the present, and stay there."},
	[COMMAND_SPAN] = {"span", "TIME", "Let time axes cover this much, 15s to 10m."},
	[COMMAND_ZOOM_IN] = {NULL, NULL, "Let time axes cover less, down to 15 s."},
	[COMMAND_ZOOM_OUT] = {NULL, NULL, "Let time axes cover more, up to 10 minutes."},
	[COMMAND_INTERVAL] = {"interval", "TIME", "Take a snapshot this often, 50ms to 1h."},
	[COMMAND_SLOWER] = {NULL, NULL, "Take snapshots less often."},
	[COMMAND_FASTER] = {NULL, NULL, "Take snapshots more often."},
	[COMMAND_FOLLOW] = {"follow", "[PID]",
                        "Watch this process instead, or the one that took over."},
	[COMMAND_CAPTURE] = {"trace", "[TIME]",
                         "Take an execution trace, of 1s to 30s; again: cancel it."},
};

enum command command_find(const char *name, size_t length)
{
	enum command found = COMMAND_NONE;
	for (int i = COMMAND_NONE + 1; length > 0 && i < COMMAND_COUNT; i++) {
		const char *full = command_info[i].name;
		if (!full || strncmp(full, name, length) != 0)
			continue;
		if (!full[length])
			return (enum command)i;
		if (found)
			return COMMAND_NONE;
		found = (enum command)i;
	}
	return found;
}
