# The ports that tests run on: a model of the kernel, and one that fails when it is told to.
check_LTLIBRARIES += libtestmodel.la
libtestmodel_la_SOURCES = \
	tests/model/kernel_model.h tests/model/kernel_model.c \
	tests/model/kernel_fail.h tests/model/kernel_fail.c \
	tests/model/model_internal.h \
	tests/model/model_cpuset.c \
	tests/model/model_guest.c \
	tests/model/model_host.c \
	tests/model/model_limits.c \
	tests/model/model_port.c \
	tests/model/model_tasks.c \
	tests/model/model_text.c \
	tests/model/model_unified.c \
	tests/model/model_util.c
libtestmodel_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
libtestmodel_la_LIBADD = libcgroup.la
