noinst_LTLIBRARIES += libhost.la
libhost_la_SOURCES = src/host/host.h
libhost_la_LIBADD = libcgroup.la
