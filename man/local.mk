# Manual pages.
dist_man_MANS += man/schedtop.1 man/schedtop-findings.7 man/schedtop.conf.5
