noinst_LTLIBRARIES += libpolicy.la
libpolicy_la_SOURCES = \
	src/policy/policy.h \
	src/policy/policy_dir.h \
	src/policy/resolve.h \
	src/policy/policy_internal.h \
	src/policy/policy.c \
	src/policy/policy_attr.h src/policy/policy_attr.c \
	src/policy/policy_text.h src/policy/policy_text.c \
	src/policy/parser.h src/policy/parser.c \
	src/policy/duplicates.c \
	src/policy/read_match.c \
	src/policy/read_apply.c \
	src/policy/read_value.h src/policy/read_value.c \
	src/policy/policy_json.c \
	src/policy/policy_read.h src/policy/policy_read.c \
	src/policy/policy_dir.c \
	src/policy/policy_state.c \
	src/policy/match.c \
	src/policy/convert.h src/policy/convert.c \
	src/policy/speak.h src/policy/speak.c \
	src/policy/local.h src/policy/local.c \
	src/policy/resolve.c \
	src/policy/explain.c \
	src/policy/check_host.c
libpolicy_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libpolicy_la_LIBADD = libguest.la $(JANSSON_LIBS)
