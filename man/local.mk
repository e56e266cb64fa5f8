# Manual pages, made by scdoc from SOURCE.scd. A release tarball carries the pages, so that it builds
# without scdoc. A new page is a line here.
man_pages = \
	man/cgtree.1 \
	man/vmpin.1 \
	man/vmpin-policy.5 \
	man/vmpin.service.8
man_sources = $(man_pages:=.scd)

EXTRA_DIST += $(man_sources)
if HAVE_MAN_PAGES
dist_man_MANS += $(man_pages)
endif
MAINTAINERCLEANFILES += $(man_pages)

if HAVE_SCDOC
SUFFIXES = .scd
# The first line, which scdoc does not write, tells man to run tbl: there are tables.
.scd:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
		{ printf '%s\n' "'\\\" t"; $(SCDOC) < $<; } > $@.tmp && mv $@.tmp $@
endif
