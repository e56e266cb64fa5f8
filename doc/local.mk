# The reference of libcgtree in doc/html: `make doc`.
EXTRA_DIST += doc/Doxyfile
doc:
	@command -v doxygen >/dev/null || { echo "make doc needs doxygen" >&2; exit 1; }
	$(AM_V_GEN)$(MKDIR_P) doc && VERSION='$(PACKAGE_VERSION)' OUTPUT=doc \
		HEADER_DIRECTORY='$(top_srcdir)/src/cgroup' HEADER='$(top_srcdir)/src/cgroup/cgtree.h' \
		doxygen '$(top_srcdir)/doc/Doxyfile'
.PHONY: doc
