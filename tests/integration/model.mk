# The model of the kernel against the kernel: a host has one of the two versions, so test_model.py
# chooses the program, here and in the lab.
check_LTLIBRARIES += libmodelcompare.la
libmodelcompare_la_SOURCES = \
	tests/integration/model_compare.h \
	tests/integration/model_compare.c \
	tests/integration/model_child.c \
	tests/integration/model_program.c \
	tests/integration/model_random.c \
	tests/integration/model_values.c
libmodelcompare_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
libmodelcompare_la_LIBADD = libtestmodel.la libhost.la

check_PROGRAMS += test_model_v1 test_model_v2
test_model_v1_SOURCES = tests/integration/test_model_v1.c
test_model_v1_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_model_v1_LDADD = libmodelcompare.la
test_model_v2_SOURCES = tests/integration/test_model_v2.c
test_model_v2_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
test_model_v2_LDADD = libmodelcompare.la
TESTS += tests/integration/test_model.py
EXTRA_DIST += tests/integration/test_model.py
