#include "tui/style.h"

const char *const style_name[STYLE_COUNT] = {
	[STYLE_TEXT] = "text",
	[STYLE_RUNNING] = "running",
	[STYLE_RUNNABLE] = "runnable",
	[STYLE_SYSCALL] = "syscall",
	[STYLE_BLOCKED] = "blocked",
	[STYLE_GC] = "gc",
	[STYLE_IDLE] = "idle",
	[STYLE_SCHEDULER] = "scheduler",
	[STYLE_SYSCALL_FILL] = "syscall-fill",
	[STYLE_GC_FILL] = "gc-fill",
	[STYLE_STRONG] = "strong",
	[STYLE_LABEL] = "label",
	[STYLE_DIM] = "dim",
	[STYLE_SELECTED] = "selected",
	[STYLE_KEY] = "key",
	[STYLE_WARNING] = "warning",
	[STYLE_ALARM] = "alarm",
};
