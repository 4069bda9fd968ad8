# Theme files, for --theme NAME.
themesdir = $(pkgdatadir)/themes
dist_themes_DATA = \
	themes/colour-blind-safe.theme \
	themes/dark.theme \
	themes/high-contrast.theme \
	themes/light.theme \
	themes/mono.theme
