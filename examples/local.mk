# Programs for users of libcgtree. They are built by `make check` against what is installed, cgtree.h
# and the library alone, and run by tests/integration/test_examples.py.
library_examples = examples/tree.c examples/guest.c
check_PROGRAMS += example_tree example_guest
libexamplesdir = $(docdir)/examples/libcgtree
dist_libexamples_DATA = $(library_examples)

# No $(AM_CPPFLAGS): src/ is not to be found.
example_cppflags = -I$(top_srcdir)/src/cgroup
example_tree_SOURCES = examples/tree.c
example_tree_CPPFLAGS = $(example_cppflags)
example_tree_LDADD = libcgtree.la
example_guest_SOURCES = examples/guest.c
example_guest_CPPFLAGS = $(example_cppflags)
example_guest_LDADD = libcgtree.la
