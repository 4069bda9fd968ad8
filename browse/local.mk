noinst_LIBRARIES += browse/libbrowse.a
browse_libbrowse_a_CFLAGS = $(AM_CFLAGS)
browse_libbrowse_a_SOURCES = \
	browse/assists.c browse/assists.h \
	browse/bars.c browse/bars.h \
	browse/browser.c browse/browser.h browse/browser_command.c browse/browser_take.c browse/browser_state.h \
	browse/extra.c browse/extra.h \
	browse/goroutine_pass.c browse/goroutine_pass.h \
	browse/goroutines.h browse/goroutines_group.c browse/goroutines_groups.c browse/goroutines_list.c \
	browse/goroutines_one.c \
	browse/header.c browse/header.h \
	browse/leaders.c browse/leaders.h \
	browse/load.c browse/load.h \
	browse/table.c browse/table.h \
	browse/task_pass.c browse/task_pass.h \
	browse/tasks.h browse/tasks_task.c browse/tasks_type.c browse/tasks_types.c \
	browse/timeline_source.c browse/timeline_source.h \
	browse/timeline_worker.c browse/timeline_worker.h \
	browse/timeline_window.c browse/timeline_window.h \
	browse/tree.c browse/tree.h \
	browse/view.h \
	browse/view_blocking.c \
	browse/view_findings.c \
	browse/view_gc.c \
	browse/view_goroutines.c \
	browse/view_latency.c \
	browse/summary.h browse/summary_findings.c browse/summary_procs.c \
	browse/view_summary.c \
	browse/view_tasks.c \
	browse/view_timeline.c browse/view_timeline.h \
	browse/view_timeline_act.c browse/view_timeline_details.c browse/view_timeline_lanes.c \
	browse/words.c browse/words.h
