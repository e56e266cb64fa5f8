noinst_LTLIBRARIES += libhost.la
libhost_la_SOURCES = src/host/host.h src/host/host.c
libhost_la_LIBADD = libcgroup.la
