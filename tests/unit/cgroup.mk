check_LTLIBRARIES += libtestfolder.la
libtestfolder_la_SOURCES = tests/unit/folder.h tests/unit/folder.c tests/unit/test.h
libtestfolder_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

# Shared with tests/integration.
check_LTLIBRARIES += libtestcoverage.la
libtestcoverage_la_SOURCES = tests/unit/coverage.h tests/unit/coverage.c
libtestcoverage_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

cgroup_unit_tests = test_set test_value test_value_kinds test_attr test_mounts test_guest_path \
	test_partition test_access test_kernel test_host test_tree test_tree_attr test_tree_change \
	test_tree_guests test_tree_threads test_abi_layout test_uevent test_attributes_recorded
check_PROGRAMS += $(cgroup_unit_tests)
TESTS += $(cgroup_unit_tests)
cgroup_unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

test_set_SOURCES = tests/unit/test_set.c
test_set_CFLAGS = $(cgroup_unit_cflags)
test_set_LDADD = libcgroup.la $(CMOCKA_LIBS)
test_value_SOURCES = tests/unit/test_value.c
test_value_CFLAGS = $(cgroup_unit_cflags)
test_value_LDADD = libcgroup.la $(CMOCKA_LIBS)
test_value_kinds_SOURCES = tests/unit/test_value_kinds.c
test_value_kinds_CFLAGS = $(cgroup_unit_cflags)
test_value_kinds_LDADD = libcgroup.la $(CMOCKA_LIBS)
test_attr_SOURCES = tests/unit/test_attr.c
test_attr_CFLAGS = $(cgroup_unit_cflags)
test_attr_LDADD = libcgroup.la $(CMOCKA_LIBS)
test_mounts_SOURCES = tests/unit/test_mounts.c
test_mounts_CFLAGS = $(cgroup_unit_cflags)
test_mounts_LDADD = libcgroup.la $(CMOCKA_LIBS)
test_guest_path_SOURCES = tests/unit/test_guest_path.c
test_guest_path_CFLAGS = $(cgroup_unit_cflags)
test_guest_path_LDADD = libcgroup.la $(CMOCKA_LIBS)
test_partition_SOURCES = tests/unit/test_partition.c
test_partition_CFLAGS = $(cgroup_unit_cflags)
test_partition_LDADD = libcgroup.la $(CMOCKA_LIBS)
test_access_SOURCES = tests/unit/test_access.c
test_access_CFLAGS = $(cgroup_unit_cflags)
test_access_LDADD = libcgroup.la $(CMOCKA_LIBS)
test_kernel_SOURCES = tests/unit/test_kernel.c
test_kernel_CFLAGS = $(cgroup_unit_cflags)
test_kernel_LDADD = libtestfolder.la libcgroup.la $(CMOCKA_LIBS)
test_host_SOURCES = tests/unit/test_host.c
test_host_CFLAGS = $(cgroup_unit_cflags)
test_host_LDADD = libtestfolder.la libhost.la $(CMOCKA_LIBS)
test_uevent_SOURCES = tests/unit/test_uevent.c
test_uevent_CFLAGS = $(cgroup_unit_cflags)
test_uevent_LDADD = libhost.la $(CMOCKA_LIBS)

check_LTLIBRARIES += libtesttree.la
libtesttree_la_SOURCES = tests/unit/tree_folder.h tests/unit/tree_folder.c
libtesttree_la_CFLAGS = $(cgroup_unit_cflags)
libtesttree_la_LIBADD = libtestfolder.la libcgroup.la
test_tree_SOURCES = tests/unit/test_tree.c
test_tree_CFLAGS = $(cgroup_unit_cflags)
test_tree_LDADD = libtesttree.la $(CMOCKA_LIBS)
test_tree_change_SOURCES = tests/unit/test_tree_change.c
test_tree_change_CFLAGS = $(cgroup_unit_cflags)
test_tree_change_LDADD = libtesttree.la $(CMOCKA_LIBS)
test_tree_guests_SOURCES = tests/unit/test_tree_guests.c
test_tree_guests_CFLAGS = $(cgroup_unit_cflags)
test_tree_guests_LDADD = libtesttree.la $(CMOCKA_LIBS)
test_tree_threads_SOURCES = tests/unit/test_tree_threads.c
test_tree_threads_CFLAGS = $(cgroup_unit_cflags)
test_tree_threads_LDADD = libtesttree.la $(CMOCKA_LIBS) -lpthread
test_abi_layout_SOURCES = tests/unit/test_abi_layout.c
test_abi_layout_CFLAGS = $(cgroup_unit_cflags)
test_abi_layout_LDADD = libcgroup.la $(CMOCKA_LIBS)
test_tree_attr_SOURCES = tests/unit/test_tree_attr.c
test_tree_attr_CFLAGS = $(cgroup_unit_cflags)
test_tree_attr_LDADD = libtestfolder.la libcgroup.la $(CMOCKA_LIBS)
test_attributes_recorded_SOURCES = tests/unit/test_attributes_recorded.c
test_attributes_recorded_CFLAGS = $(cgroup_unit_cflags)
test_attributes_recorded_LDADD = libtestcoverage.la libtestfolder.la libcgroup.la $(CMOCKA_LIBS)
EXTRA_DIST += tests/fixtures/attributes
