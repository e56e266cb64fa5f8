noinst_LTLIBRARIES += libagent.la
libagent_la_SOURCES = \
	src/agent/agent.h src/agent/agent.c \
	src/agent/arrival.h src/agent/arrival.c \
	src/agent/core.h src/agent/core.c src/agent/core_internal.h \
	src/agent/core_life.c src/agent/core_outcome.c src/agent/core_turn.c \
	src/agent/entries.h \
	src/agent/facts.c \
	src/agent/fight.h src/agent/fight.c \
	src/agent/folders.h src/agent/folders.c \
	src/agent/helper.h src/agent/helper.c \
	src/agent/inotify.h src/agent/inotify.c \
	src/agent/keep.c \
	src/agent/launch.c \
	src/agent/log.h src/agent/log.c \
	src/agent/loop.c \
	src/agent/metrics.h src/agent/metrics.c \
	src/agent/metrics_file.h src/agent/metrics_file.c \
	src/agent/move.h src/agent/move.c \
	src/agent/notify.c \
	src/agent/parts.h \
	src/agent/pass.c \
	src/agent/policies.h src/agent/policies.c \
	src/agent/queue.h src/agent/queue.c \
	src/agent/store.h src/agent/store.c \
	src/agent/tell.h src/agent/tell.c \
	src/agent/trace.c \
	src/agent/usage.h src/agent/usage.c \
	src/agent/watch.h src/agent/watch.c \
	src/agent/work.c \
	src/agent/writers.h src/agent/writers.c
libagent_la_CFLAGS = $(AM_CFLAGS) $(LIBSYSTEMD_CFLAGS)
libagent_la_LIBADD = libreconcile.la $(LIBSYSTEMD_LIBS)

systemdsystemunit_DATA = src/agent/vmpin.service
src/agent/vmpin.service: src/agent/vmpin.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's|@bindir[@]|$(bindir)|g' $(srcdir)/src/agent/vmpin.service.in > $@.new && mv $@.new $@
CLEANFILES += src/agent/vmpin.service
EXTRA_DIST += src/agent/vmpin.service.in
dist_sysusers_DATA = src/agent/vmpin.conf
dist_catalog_DATA = src/agent/vmpin.catalog
# pkg-config's answers are the host's own folders, whatever the prefix is.
AM_DISTCHECK_CONFIGURE_FLAGS = \
	--with-systemdsystemunitdir='$${prefix}/lib/systemd/system' \
	--with-sysusersdir='$${prefix}/lib/sysusers.d' \
	--with-catalogdir='$${prefix}/lib/systemd/catalog'
