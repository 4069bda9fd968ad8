#include "tui/command.h"

const struct command_info command_info[COMMAND_COUNT] = {
	[COMMAND_QUIT] = {"quit", NULL, "Leave. The process goes on as before."},
	[COMMAND_REDRAW] = {"redraw", NULL, "Draw the whole screen again."},
	[COMMAND_UP] = {NULL, NULL, "Move up by one row."},
	[COMMAND_DOWN] = {NULL, NULL, "Move down by one row."},
	[COMMAND_PAGE_UP] = {NULL, NULL, "Move up by one screen."},
	[COMMAND_PAGE_DOWN] = {NULL, NULL, "Move down by one screen."},
	[COMMAND_FIRST] = {NULL, NULL, "Go to the first row."},
	[COMMAND_LAST] = {NULL, NULL, "Go to the last row."},
	[COMMAND_CHOOSE] = {NULL, NULL, "Watch the selected process."},
	[COMMAND_VIEW] = {"view", "NAME", "Show this view."},
	[COMMAND_VIEW_NEXT] = {NULL, NULL, "Show the next view."},
	[COMMAND_VIEW_PREVIOUS] = {NULL, NULL, "Show the view before this one."},
};
