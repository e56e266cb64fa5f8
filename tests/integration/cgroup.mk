# libcgtree and its program against this host's kernel, in control groups that they make themselves.
if HAVE_CMOCKA
check_PROGRAMS += test_cgroup_host test_tree_host test_attributes_host
TESTS += test_cgroup_host test_tree_host test_attributes_host
test_cgroup_host_SOURCES = tests/integration/test_cgroup_host.c
test_cgroup_host_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_cgroup_host_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_cgroup_host_LDADD = libcgroup.la $(CMOCKA_LIBS)
test_tree_host_SOURCES = tests/integration/test_tree_host.c
test_tree_host_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_tree_host_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_tree_host_LDADD = libtestfolder.la libcgroup.la $(CMOCKA_LIBS)
test_attributes_host_SOURCES = tests/integration/test_attributes_host.c
test_attributes_host_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_attributes_host_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
test_attributes_host_LDADD = libtestcoverage.la libcgroup.la $(CMOCKA_LIBS)
endif
