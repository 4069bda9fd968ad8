# What desktops and service managers look for. Packages carry what `make install` installs.
desktopdir = $(datadir)/applications
dist_desktop_DATA = packaging/schedtop.desktop
metainfodir = $(datadir)/metainfo
dist_metainfo_DATA = packaging/schedtop.metainfo.xml
icondir = $(datadir)/icons/hicolor/scalable/apps
dist_icon_DATA = packaging/schedtop.svg
if INSTALL_UNIT
nodist_systemdsystemunit_DATA = packaging/schedtop-watch@.service
endif
EXTRA_DIST += packaging/schedtop-watch@.service

# The documents that README.md leads to, laid out as they are here.
dist_doc_DATA = NEWS.md README.md SECURITY.md
docpagesdir = $(docdir)/doc
dist_docpages_DATA = \
	doc/agent.md \
	doc/commands.md \
	doc/diff.md \
	doc/doctor.md \
	doc/export.md \
	doc/findings.svg \
	doc/fleet.md \
	doc/goroutines.svg \
	doc/latency.svg \
	doc/metrics.md \
	doc/overview.svg \
	doc/performance.md \
	doc/schedtrace.md \
	doc/schema.md \
	doc/screen.md \
	doc/sentinel.md \
	doc/sources.md \
	doc/terminal.md \
	doc/timeline.svg \
	doc/tutorial.md \
	doc/url.md
grafanadir = $(docpagesdir)/grafana
dist_grafana_DATA = doc/grafana/schedtop.json

dist_check_SCRIPTS += tests/packaging
