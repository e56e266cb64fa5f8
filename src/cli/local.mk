noinst_LTLIBRARIES += libcli.la
libcli_la_SOURCES = \
	src/cli/exit.h src/cli/exit.c \
	src/cli/options.h src/cli/options.c \
	src/cli/output.h src/cli/output.c \
	src/cli/session.h src/cli/session.c \
	src/cli/sweep.h src/cli/sweep.c \
	src/cli/compete.h src/cli/compete.c \
	src/cli/json.h src/cli/json.c \
	src/cli/show.h src/cli/show.c \
	src/cli/explain.h src/cli/explain_show.c \
	src/cli/command.h \
	src/cli/agent.c \
	src/cli/check.c \
	src/cli/explain.c \
	src/cli/hold.c \
	src/cli/plan.c \
	src/cli/reconcile.c \
	src/cli/revert.c \
	src/cli/status.c \
	src/cli/watch.h src/cli/watch.c
libcli_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SMARTCOLS_CFLAGS)
libcli_la_LIBADD = libagent.la $(JANSSON_LIBS) $(SMARTCOLS_LIBS)

bin_PROGRAMS += vmpin
vmpin_SOURCES = src/cli/main.c
vmpin_LDADD = libcli.la
