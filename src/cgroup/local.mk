noinst_LTLIBRARIES += libcgroup.la
libcgroup_la_SOURCES = \
	src/cgroup/cgtree.h src/cgroup/kernel.h src/cgroup/attr.h src/cgroup/mounts.h \
	src/cgroup/access.h src/cgroup/guest_path.h
libcgroup_la_LIBADD = libbase.la
