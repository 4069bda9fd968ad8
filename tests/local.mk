# Unit tests: one program per module, run by `make check` and by ./check, which counts their TAP lines.
# Each folder's tests are listed by that folder's fragment below tests/unit.
if HAVE_CMOCKA
include tests/unit/util.mk
include tests/unit/metrics.mk
include tests/unit/goproc.mk
include tests/unit/trace.mk
include tests/unit/collect.mk
include tests/unit/tui.mk
include tests/unit/report.mk
include tests/unit/compare.mk
include tests/unit/doctor.mk
include tests/unit/watch.mk
include tests/unit/browse_panels.mk
include tests/unit/browser.mk
include tests/unit/timeline.mk
include tests/unit/export.mk
include tests/unit/cli.mk
endif
if FUZZ
include tests/fuzz/local.mk
endif
include tests/trace/local.mk
include tests/e2e/local.mk
include tests/bench/local.mk
dist_check_SCRIPTS += tests/layering tests/catalogue tests/tally
