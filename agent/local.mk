# The agent's sources, without tests: they travel inside the program, for `schedtop agent`. tests/e2e
# holds this list to the folder.
agent_sources = \
	agent/agent.go \
	agent/auto/auto.go \
	agent/conn_linux.go \
	agent/info_linux.go \
	agent/internal/capture/capture_linux.go \
	agent/internal/capture/flight_linux.go \
	agent/internal/capture/slot_linux.go \
	agent/internal/clock/clock_linux.go \
	agent/internal/flight/engine_linux.go \
	agent/internal/flight/engine_old_linux.go \
	agent/internal/flight/flight_linux.go \
	agent/internal/flight/setting.go \
	agent/internal/jsontext/jsontext.go \
	agent/internal/ptracer/ptracer_linux.go \
	agent/internal/rtmetrics/rtmetrics.go \
	agent/internal/sched/code_linux_amd64.go \
	agent/internal/sched/decode_linux_amd64.go \
	agent/internal/sched/disasm_linux_amd64.go \
	agent/internal/sched/groups.go \
	agent/internal/sched/groups_linux_amd64.go \
	agent/internal/sched/layouts_generated.go \
	agent/internal/sched/memory_linux_amd64.go \
	agent/internal/sched/module_linux_amd64.go \
	agent/internal/sched/open_linux_amd64.go \
	agent/internal/sched/read_linux_amd64.go \
	agent/internal/sched/sched_other.go \
	agent/internal/sched/state.go \
	agent/internal/sched/symbols_linux_amd64.go \
	agent/internal/sched/types_linux_amd64.go \
	agent/internal/sock/sendto_linux.go \
	agent/internal/sock/sendto_linux_386.go \
	agent/internal/sock/sock_linux.go \
	agent/internal/sockdir/sockdir_linux.go \
	agent/internal/stream/stream.go \
	agent/internal/wire/reply.go \
	agent/internal/wire/request.go \
	agent/routes_linux.go \
	agent/server_linux.go \
	agent/server_other.go

BUILT_SOURCES += cli/embedded_agent.c
CLEANFILES += cli/embedded_agent.c
cli/embedded_agent.c: tools/embed $(agent_sources) LICENSE
	$(AM_V_GEN)$(MKDIR_P) cli && \
		$(srcdir)/tools/embed embedded_agent $(srcdir) $(agent_sources) LICENSE >$@.tmp && mv $@.tmp $@
EXTRA_DIST += $(agent_sources) tools/embed
