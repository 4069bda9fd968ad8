# Manual pages.
dist_man_MANS += man/schedtop.1
