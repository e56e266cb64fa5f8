noinst_LTLIBRARIES += libcgroup.la
libcgroup_la_SOURCES = \
	src/cgroup/cgtree.h \
	src/cgroup/kernel.h src/cgroup/kernel.c \
	src/cgroup/text.h src/cgroup/text.c \
	src/cgroup/set.h src/cgroup/set.c \
	src/cgroup/attr.h src/cgroup/attr.c src/cgroup/attr_tables.h \
	src/cgroup/attr_core.c src/cgroup/attr_cpu.c src/cgroup/attr_cpuacct.c src/cgroup/attr_cpuset.c \
	src/cgroup/attr_memory.c src/cgroup/attr_count.c src/cgroup/attr_io.c src/cgroup/attr_devices.c \
	src/cgroup/attr_freezer.c src/cgroup/attr_hugetlb.c src/cgroup/attr_net.c \
	src/cgroup/value.h src/cgroup/value.c src/cgroup/value_parse.c src/cgroup/value_table.c \
	src/cgroup/value_device.c \
	src/cgroup/mounts.h src/cgroup/mounts.c \
	src/cgroup/access.h src/cgroup/access.c \
	src/cgroup/access_error.h src/cgroup/access_error.c \
	src/cgroup/guest_path.h src/cgroup/guest_path.c src/cgroup/role.c \
	src/cgroup/guest.c src/cgroup/find.c \
	src/cgroup/partition.h src/cgroup/partition.c \
	src/cgroup/node.h src/cgroup/node.c src/cgroup/node_access.c src/cgroup/node_change.c \
	src/cgroup/node_tasks.c \
	src/cgroup/tree.c src/cgroup/tree_attr.c src/cgroup/walk.c
libcgroup_la_LIBADD = libbase.la

# The library for others is the same objects; it shows cgtree.h's functions alone.
lib_LTLIBRARIES += libcgtree.la
libcgtree_la_SOURCES =
libcgtree_la_LIBADD = libcgroup.la
libcgtree_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(srcdir)/src/cgroup/libcgtree.sym
EXTRA_libcgtree_la_DEPENDENCIES = src/cgroup/libcgtree.sym
include_HEADERS += src/cgroup/cgtree.h
pkgconfig_DATA = src/cgroup/libcgtree.pc
EXTRA_DIST += src/cgroup/libcgtree.sym src/cgroup/libcgtree.symbols
