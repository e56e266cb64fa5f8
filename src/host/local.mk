noinst_LTLIBRARIES += libhost.la
libhost_la_SOURCES = src/host/host.h src/host/host.c src/host/topology.h src/host/topology.c \
	src/host/uevent.h src/host/uevent.c
libhost_la_LIBADD = libcgroup.la
