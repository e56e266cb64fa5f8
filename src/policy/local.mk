noinst_LTLIBRARIES += libpolicy.la
libpolicy_la_SOURCES = \
	src/policy/policy.h \
	src/policy/policy_dir.h \
	src/policy/resolve.h
libpolicy_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libpolicy_la_LIBADD = libguest.la $(JANSSON_LIBS)
